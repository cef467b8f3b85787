// The child process of the local pool: a process of its own, because ONNX Runtime's `run` blocks its thread and cannot be cancelled,
// only killed. Assembles device → engine → renderer on the first call and answers calls, which the pool sends one at a time.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createEngine, createSessions, startDevice } from '../../engine/run.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { createFrameCache } from '../frames/frame-cache.ts'
import type { DeviceNote } from '../pool.ts'
import { createRenderer, type Renderer } from '../render.ts'
import { noteOnUnknownWords } from '../unknown-words.ts'
import { type ChildMessage, type ChildOptions, type ChildResult, failureOf, type ParentMessage } from './protocol.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as ChildOptions

interface Assembled {
  readonly renderer: Renderer
  readonly device: DeviceNote
}

async function assemble(): Promise<Assembled> {
  const { device, cacheDir, budgetBytes, frameCacheBytes, threads, ffmpeg } = options
  const onTrouble = (sentence: string): void => send({ kind: 'trouble', sentence })
  const started = await startDevice(device as Parameters<typeof startDevice>[0], {
    weightDir: join(cacheDir, 'weights'),
    onNote: onTrouble,
    // 0, as nothing, leaves it to the device.
    ...omitUndefined({ threads: threads || undefined }),
  })
  const sessions = createSessions({ budgetBytes, load: started.load })
  const engine = createEngine({ sessions, target: started.target, vaeTarget: started.vaeTarget, cacheDir })
  const renderer = createRenderer({
    engine,
    now: () => performance.now(),
    remark: noteOnUnknownWords,
    ...(frameCacheBytes !== undefined && {
      frameCache: createFrameCache({ dir: join(cacheDir, 'frames'), maxBytes: frameCacheBytes, onTrouble }),
    }),
    ...omitUndefined({ ffmpeg }),
  })
  return { renderer, device: { name: started.device, notes: started.notes } }
}

let assembled: Promise<Assembled> | undefined
/** A device that did not start is asked again at the next call: drivers come back. */
function assembly(): Promise<Assembled> {
  assembled ??= assemble()
  assembled.catch(() => {
    assembled = undefined
  })
  return assembled
}

const aborts = new Map<number, AbortController>()
const send = (answer: ChildMessage): void => void process.send?.(answer)

async function answer(call: Exclude<ParentMessage, { kind: 'abort' }>): Promise<ChildResult> {
  const { renderer, device } = await assembly()
  if (call.kind === 'device') return device
  if (call.kind === 'warm') return void (await renderer.warm(call.recipe))
  const { signal } = aborts.get(call.id)!
  signal.throwIfAborted()
  const render = renderer.render(call.recipe, omitUndefined({ signal, previewEveryMs: call.previewEveryMs }))
  let next = await render.next()
  for (; !next.done; next = await render.next()) {
    send({ kind: 'progress', id: call.id, progress: next.value })
    // Between two steps the channel is read, so that an abort is heard.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return next.value
}

process.on('message', (call: ParentMessage) => {
  if (call.kind === 'abort') return aborts.get(call.id)?.abort()
  aborts.set(call.id, new AbortController())
  answer(call)
    .then(
      (value) => send({ kind: 'done', id: call.id, value }),
      (error: unknown) => send({ kind: 'failed', id: call.id, failure: failureOf(error) }),
    )
    .finally(() => aborts.delete(call.id))
})

// Nobody is left to render for, nor to clear away: what was started goes with this process, by its group.
process.on('disconnect', () => {
  if (options.temporaryFolder !== undefined) rmSync(options.temporaryFolder, { recursive: true, force: true })
  if (process.platform !== 'win32') process.kill(-process.pid, 'SIGKILL')
  process.exit()
})

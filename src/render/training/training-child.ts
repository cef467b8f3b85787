// The process that trains: one training each, because ONNX Runtime's `run` blocks its thread, and because the memory goes back with it. Says
// each step, waits between two while it is told to, and is killed without harm: its state lies on disk.

import { dirname, join } from 'node:path'
import { UserError } from '../../errors.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { runTraining } from '../../trainer/training-run.ts'
import { createFileContents } from '../file-contents.ts'
import { failureOf } from '../local/protocol.ts'
import type { FromTraining, ToTraining, TrainingOrder } from './training-protocol.ts'

const { request, out, device, threads, ffmpeg, version } = JSON.parse(process.argv[2] ?? '{}') as TrainingOrder

/** States kept over one training: a process that dies loses a twentieth of it at most. */
const saves = 20

const waitsSaidMs = 20_000

const stopping = new AbortController()
let pause: PromiseWithResolvers<void> | undefined

process.on('message', ({ kind }: ToTraining) => {
  if (kind === 'pause') pause ??= Promise.withResolvers()
  else {
    pause?.resolve()
    pause = undefined
  }
  if (kind === 'stop') stopping.abort()
})
// Whoever has started it is gone, and begins it again.
process.on('disconnect', () => process.exit())

const said = (message: FromTraining): Promise<void> => new Promise((resolve) => process.send!(message, () => resolve()))

async function train(): Promise<FromTraining> {
  const contents = createFileContents()
  const run = runTraining(request, out, {
    // Latents of people's pictures go with the training.
    cacheDir: join(dirname(out), 'cache'),
    ...{ device, version, restart: false, signal: stopping.signal },
    ...omitUndefined({ threads, ffmpeg }),
    saveEvery: Math.max(1, Math.ceil(request.steps / saves)),
    digestOf: async (path) => (await contents.of(path)).sha256,
    availableBytes: process.availableMemory(),
  })
  let next = await run.next()
  for (; !next.done; next = await run.next()) {
    const { value } = next
    if (value.stage === 'encoding') await said({ kind: 'step', step: 0, of: 0 })
    if (value.stage === 'ready') await said({ kind: 'step', step: value.from, of: request.steps })
    if (value.stage === 'training') await said({ kind: 'step', step: value.step, of: value.of })
    if (value.stage === 'saved') {
      value.write(out)
      await said({ kind: 'saved', step: value.step, of: request.steps })
    }
    // Between two steps the channel is read.
    await new Promise((resolve) => setImmediate(resolve))
    await paused()
  }
  if (next.value) return { kind: 'done' }
  throw new UserError('train-stopped', 'Stopped; it goes on from there.')
}

/** Whoever waits for others says so now and then: it has not hung. */
async function paused(): Promise<void> {
  if (!pause) return
  const saying = setInterval(() => void said({ kind: 'waits' }), waitsSaidMs)
  await pause.promise
  clearInterval(saying)
}

train()
  .catch((error: unknown): FromTraining => ({ kind: 'failed', failure: failureOf(error) }))
  .then(said)
  .finally(() => process.exit())

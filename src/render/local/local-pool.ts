// The local render pool: one slot, which is this machine's device, held by a child process. Starts the child when it is first
// needed, hands it one call after the other, and starts another when it dies.

import { totalmem } from 'node:os'
import { join } from 'node:path'
import { fixedCapacity } from '../../jobs/capacity.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { serial } from '../../serial.ts'
import { unlessAborted } from '../../unless-aborted.ts'
import { ChildDied } from '../failures/child-died.ts'
import { isOutOfMemory, outOfMemory } from '../failures/out-of-memory.ts'
import { processDied, silentFor } from '../failures/process-died.ts'
import { createWatchdog, usualWatchdog, type WatchdogLimits, type Watched } from '../failures/watchdog.ts'
import { type DeviceNote, PoolClosed, type PoolRenderOptions, type RenderPool } from '../pool.ts'
import type { Drawn } from '../render.ts'
import { type RenderProcess, startRenderProcess } from './child-process.ts'
import type { ChildCall, ChildOptions, ChildResult } from './protocol.ts'

export interface LocalPoolOptions extends Omit<ChildOptions, 'budgetBytes' | 'temporaryFolder'> {
  /** Of weights that may stay loaded; half of the machine's memory where absent. */
  readonly budgetBytes?: number
  /** Which of the machine's devices the child is to see. */
  readonly environment?: NodeJS.ProcessEnv
  /** A child that does not stop within this long after an abort is killed: a step of a large model may take a minute. */
  readonly abortGraceMs?: number
  /** How often a render is begun whose process dies; twice where absent. */
  readonly attempts?: 1 | 2
  /** A child that is not heard of for longer has hung, and is killed. */
  readonly watchdog?: WatchdogLimits
  /** Whatever the operator should know: a death, and what it said; computed weights that cannot be kept. */
  readonly onTrouble?: (sentence: string) => void
  readonly onStart?: (pid: number) => void
  /** Of the child; another one in tests. */
  readonly program?: string
}

const childProgram = join(import.meta.dirname, 'child.ts')

export function createLocalPool({
  abortGraceMs = 90_000,
  attempts = 2,
  environment = {},
  watchdog: limits = usualWatchdog,
  onTrouble = () => undefined,
  onStart = () => undefined,
  budgetBytes = Math.floor(totalmem() / 2),
  program = childProgram,
  ...options
}: LocalPoolOptions): RenderPool {
  /** A call ends when the child has answered or is gone: only then may the next one begin. */
  const inTurn = serial()
  const watchdog = createWatchdog(limits, () => performance.now())
  let child: RenderProcess | undefined
  let closed = false

  function start(): RenderProcess {
    return startRenderProcess({
      program,
      child: { ...options, budgetBytes },
      environment,
      abortGraceMs,
      onTrouble,
      onStart,
      onExit({ death, said }, idle) {
        child = undefined
        if (!idle && !closed) onTrouble(`The process that draws ended with ${death.how}${said ? `: ${said}` : ''}`)
      },
    })
  }

  async function call(what: ChildCall, options: PoolRenderOptions = {}): Promise<ChildResult> {
    options.signal?.throwIfAborted()
    const answer = inTurn(() => begin(what, options))
    return options.signal ? unlessAborted(answer, options.signal) : answer
  }

  /** @param attempt the first death may have been the machine's; a second is this render's */
  async function begin(what: ChildCall, options: PoolRenderOptions, attempt = 1): Promise<ChildResult> {
    if (closed) throw new PoolClosed()
    options.signal?.throwIfAborted()
    const own = child ?? start()
    child = own
    const watch = watchdog.watch(watchedOf(what), (silentMs) => void own.kill(silentFor(silentMs)))
    let well = false
    try {
      const result = await own.call(what, {
        ...options,
        onProgress(progress) {
          watch.heard(progress)
          options.onProgress?.(progress)
        },
      })
      well = true
      return result
    } catch (error) {
      if (!(error instanceof ChildDied)) throw error
      if (closed) throw new PoolClosed()
      if (attempt < attempts) return begin(what, options, attempt + 1)
      if (isOutOfMemory(error.said)) throw outOfMemory(error.said)
      throw processDied('draws', error.death)
    } finally {
      watch.end(well)
    }
  }

  return {
    ...fixedCapacity(1),
    render: (recipe, options = {}) =>
      call({ kind: 'render', recipe, ...omitUndefined({ previewEveryMs: options.previewEveryMs }) }, options) as Promise<Drawn>,
    warm: async (recipe) => void (await call({ kind: 'warm', recipe })),
    device: () => call({ kind: 'device' }) as Promise<DeviceNote>,
    async close() {
      closed = true
      await child?.kill()
    },
  }
}

function watchedOf(what: ChildCall): Watched {
  if (what.kind === 'device') return { model: 'device', request: { width: 0, height: 0, frames: 0 } }
  const { request, model } = what.recipe
  return { model: `${what.kind} ${model.checkpoint} ${model.motion}`, request }
}

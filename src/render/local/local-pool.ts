// The local render pool: one slot, which is this machine's device, held by a child process. Starts the child when it is first
// needed, hands it one call after the other, and starts another when it dies.

import { totalmem } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../../errors.ts'
import { fixedCapacity } from '../../jobs/capacity.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { serial } from '../../serial.ts'
import { type DeviceNote, PoolClosed, type PoolRenderOptions, type RenderPool } from '../pool.ts'
import type { Drawn } from '../render.ts'
import { ChildDied, type RenderProcess, startRenderProcess } from './child-process.ts'
import type { ChildCall, ChildOptions, ChildResult } from './protocol.ts'

export interface LocalPoolOptions extends Omit<ChildOptions, 'budgetBytes'> {
  /** Of weights that may stay loaded; half of the machine's memory where absent. */
  readonly budgetBytes?: number
  /** A child that does not stop within this long after an abort is killed: a step of a large model may take a minute. */
  readonly abortGraceMs?: number
  /** Whatever the operator should know: a death, and what it said; computed weights that cannot be kept. */
  readonly onTrouble?: (sentence: string) => void
  readonly onStart?: (pid: number) => void
}

const program = join(import.meta.dirname, 'child.ts')

export function createLocalPool({
  abortGraceMs = 90_000,
  onTrouble = () => undefined,
  onStart = () => undefined,
  budgetBytes = Math.floor(totalmem() / 2),
  ...options
}: LocalPoolOptions): RenderPool {
  /** A call ends when the child has answered or is gone: only then may the next one begin. */
  const inTurn = serial()
  let child: RenderProcess | undefined
  let closed = false

  function start(): RenderProcess {
    return startRenderProcess({
      program,
      child: { ...options, budgetBytes },
      abortGraceMs,
      onTrouble,
      onStart,
      onExit({ how, said }, idle) {
        child = undefined
        if (!idle && !closed) onTrouble(`The process that draws ended with ${how}${said ? `: ${said}` : ''}`)
      },
    })
  }

  async function call(what: ChildCall, options: PoolRenderOptions = {}): Promise<ChildResult> {
    options.signal?.throwIfAborted()
    const answer = inTurn(() => attempt(what, options))
    return options.signal ? unlessAborted(answer, options.signal) : answer
  }

  /** @param deaths the first may have been the machine's; a second is this render's */
  async function attempt(what: ChildCall, options: PoolRenderOptions, deaths = 0): Promise<ChildResult> {
    if (closed) throw new PoolClosed()
    options.signal?.throwIfAborted()
    child ??= start()
    try {
      return await child.call(what, options)
    } catch (error) {
      if (!(error instanceof ChildDied)) throw error
      if (closed) throw new PoolClosed()
      if (deaths === 0) return attempt(what, options, 1)
      const sentence = 'The process that draws ended twice on this, perhaps for want of memory: try a smaller size or fewer frames.'
      throw new UserError('worker-died', sentence, { how: error.how })
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

/** Whoever aborts does not wait for the step that is being computed. */
function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

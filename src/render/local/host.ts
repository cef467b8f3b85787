// The parent's side of the worker: starts the child, hands it calls, and starts another when it dies. Stays responsive whatever the
// child is doing, because all that is shared is a channel.

import { type ChildProcess, fork } from 'node:child_process'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../../errors.ts'
import { childEnvironment } from './child-environment.ts'
import { type ChildMessage, type ChildOptions, errorOf, type HostMessage } from './protocol.ts'
import type { DeviceNote, Drawn, DrawOptions, DrawProgress, Worker } from './worker.ts'

export interface WorkerOptions extends Omit<ChildOptions, 'budgetBytes'> {
  /** Of weights that may stay loaded; half of the machine's memory where absent. */
  readonly budgetBytes?: number
  /** The child's program; another one in tests of what happens when it dies. */
  readonly program?: string
  /** A child that does not stop within this long after an abort is killed: a step of a large model may take a minute. */
  readonly abortGraceMs?: number
  /** Whatever the operator should know: a death, and what it said; computed weights that cannot be kept. */
  readonly onTrouble?: (sentence: string) => void
  readonly onStart?: (pid: number) => void
}

/** A call without its number. */
type Ask = { [K in HostMessage['kind']]: Omit<Extract<HostMessage, { kind: K }>, 'id'> }[Exclude<HostMessage['kind'], 'abort'>]

type Value = Extract<ChildMessage, { kind: 'done' }>['value']

interface Pending {
  readonly resolve: (value: Value) => void
  readonly reject: (error: unknown) => void
  readonly onProgress: (progress: DrawProgress) => void
}

interface Child {
  readonly process: ChildProcess
  readonly pending: Map<number, Pending>
}

export function createWorker({
  program = join(import.meta.dirname, 'child.ts'),
  abortGraceMs = 90_000,
  onTrouble = () => undefined,
  onStart = () => undefined,
  budgetBytes = Math.floor(totalmem() / 2),
  ...options
}: WorkerOptions): Worker {
  let child: Child | undefined
  let calls = 0
  let closed = false

  function start(): Child {
    const process = fork(program, [JSON.stringify({ ...options, budgetBytes } satisfies ChildOptions)], {
      env: childEnvironment(globalThis.process.env),
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const started: Child = { process, pending: new Map() }
    if (process.pid !== undefined) onStart(process.pid)
    let said = ''
    process.stderr?.on('data', (text: Buffer) => {
      said = (said + text).slice(-2000)
    })
    process.on('message', (answer: ChildMessage) => hear(started, answer))
    const died = (how: string): void => {
      if (child === started) child = undefined
      if (started.pending.size > 0 && !closed) onTrouble(`The worker ended with ${how}${said ? `: ${said.trim()}` : ''}`)
      for (const { reject } of started.pending.values()) reject(closed ? new WorkerClosed() : new Died(how))
      started.pending.clear()
    }
    process.on('error', (error) => died(error.message))
    process.on('exit', (code, signal) => died(signal ?? `code ${code}`))
    return started
  }

  function hear({ pending }: Child, answer: ChildMessage): void {
    if (answer.kind === 'trouble') {
      onTrouble(answer.sentence)
      return
    }
    const call = pending.get(answer.id)
    if (answer.kind === 'progress') {
      call?.onProgress(answer.progress)
      return
    }
    pending.delete(answer.id)
    if (answer.kind === 'done') call?.resolve(answer.value)
    else call?.reject(errorOf(answer.failure))
  }

  /** Settles when the child has answered or is gone: only then may the next call begin. */
  let last: Promise<unknown> = Promise.resolve()

  function ask(what: Ask, options: DrawOptions = {}): Promise<Value> {
    const { signal } = options
    const answer = last.then(() => attempt(what, options))
    last = answer.catch(() => undefined)
    if (!signal) return answer
    // Whoever aborts does not wait for the step that is being computed.
    const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
    return Promise.race([answer, aborted])
  }

  async function attempt(what: Ask, options: DrawOptions): Promise<Value> {
    try {
      return await once(what, options)
    } catch (error) {
      if (!(error instanceof Died) || options.signal?.aborted) throw error
      return await once(what, options) // the first death may have been the machine's; a second is this drawing's
    }
  }

  function once(what: Ask, { signal, onProgress }: DrawOptions): Promise<Value> {
    signal?.throwIfAborted()
    if (closed) throw new WorkerClosed()
    child ??= start()
    const { process, pending } = child
    const id = ++calls
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined
      const abort = (): void => {
        if (process.connected) process.send({ kind: 'abort', id } satisfies HostMessage)
        timer = setTimeout(() => process.kill('SIGKILL'), abortGraceMs)
      }
      signal?.addEventListener('abort', abort, { once: true })
      const over = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
      }
      pending.set(id, {
        resolve: (value) => [over(), resolve(value)],
        reject: (error) => [over(), reject(error)],
        onProgress: (progress) => signal?.aborted || onProgress?.(progress),
      })
      process.send({ ...what, id } as HostMessage)
    })
  }

  const told = (error: unknown): never => {
    if (!(error instanceof Died)) throw error
    const sentence = 'The process that draws ended twice on this, perhaps for want of memory: try a smaller size or fewer frames.'
    throw new UserError('worker-died', sentence, { how: error.how })
  }

  return {
    draw: (recipe, options = {}) => {
      const { previewEveryMs } = options
      return ask({ kind: 'draw', recipe, ...(previewEveryMs !== undefined && { previewEveryMs }) }, options).catch(told) as Promise<Drawn>
    },
    warm: async (recipe) => void (await ask({ kind: 'warm', recipe }).catch(told)),
    device: () => ask({ kind: 'device' }).catch(told) as Promise<DeviceNote>,
    async close() {
      closed = true
      const running = child?.process
      if (!running || running.exitCode !== null || running.signalCode !== null) return
      const gone = new Promise((resolve) => running.once('exit', resolve))
      running.kill('SIGKILL') // a step cannot be cancelled; what it was writing has not been renamed into place and counts for nothing
      await gone
    },
  }
}

/** What was asked of it when it was closed is not done. */
export class WorkerClosed extends Error {
  override readonly message = 'the worker is closed'
}

class Died extends Error {
  readonly how: string

  constructor(how: string) {
    super(`the worker ended with ${how}`)
    this.how = how
  }
}

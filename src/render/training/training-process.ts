// A training process: what the bot holds of training-child.ts. Lets it run, wait and stop; told of its steps.

import { fork } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { filesOfModel } from '../../engine/index.ts'
import { ChildDied, killGroup, saidChars } from '../failures/child-died.ts'
import { type Death, deathOf, silentFor } from '../failures/process-died.ts'
import { createWatchdog, type WatchdogLimits } from '../failures/watchdog.ts'
import { childEnvironment } from '../local/child-environment.ts'
import { errorOf } from '../local/protocol.ts'
import type { FromTraining, ToTraining, TrainingOrder } from './training-protocol.ts'

export interface TrainingProcessOptions {
  /** Aborted: it is killed at once; or, where it comes again, ends after its step and keeps its state. */
  readonly signal: AbortSignal
  /** Whether what is aborted for this reason comes again. */
  readonly comesAgain: (reason: unknown) => boolean
  /** Of every step, and of every state that was kept, with `order.out` being there. */
  readonly onStep: (message: Extract<FromTraining, { kind: 'step' | 'saved' }>) => void
  /** May call at once; returns what takes it away. @param change whether it is to wait from then on */
  readonly onPause: (change: (waits: boolean) => void) => () => void
  readonly onStart?: (pid: number) => void
  /** One that says nothing for longer has hung, and is killed; as suits the size of the model where absent. */
  readonly watchdog?: WatchdogLimits
  /** Which of the machine's devices it is to see. */
  readonly environment?: NodeJS.ProcessEnv
}

/** A process that does not end within this long after it was told to is killed: a step of a large model may take a minute. */
const stopGraceMs = 30_000

const program = join(import.meta.dirname, 'training-child.ts')

/**
 * Resolves when all steps are done.
 * @throws UserError those of runTraining; `train-stopped` where it keeps its state; ChildDied; the signal's reason
 */
export function runTrainingProcess(order: TrainingOrder, options: TrainingProcessOptions): Promise<void> {
  const { signal, comesAgain, onStep, onPause, onStart, environment, watchdog = limitsFor(order) } = options
  signal.throwIfAborted()
  const child = fork(program, [JSON.stringify(order)], {
    env: childEnvironment(process.env, environment),
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Whatever it starts dies with it. Windows has no groups.
    detached: process.platform !== 'win32',
  })
  if (child.pid !== undefined) onStart?.(child.pid)
  let said = ''
  child.stderr!.on('data', (text: Buffer) => {
    said = (said + text).slice(-saidChars)
  })
  const tell = (message: ToTraining): void => {
    if (child.connected) child.send(message)
  }

  return new Promise<void>((resolve, reject) => {
    let end: Extract<FromTraining, { kind: 'done' | 'failed' }> | undefined
    let timer: NodeJS.Timeout | undefined
    let hung: Death | undefined
    const kill = (): void => killGroup(child)
    const watch = createWatchdog(watchdog, () => performance.now()).watch({ model: 'training', request: order.request }, (silentMs) => {
      hung = silentFor(silentMs)
      kill()
    })
    const stop = (): void => {
      tell({ kind: 'stop' })
      timer = setTimeout(kill, stopGraceMs)
    }
    const unpause = onPause((waits) => tell({ kind: waits ? 'pause' : 'go' }))
    const cancelled = (): boolean => signal.aborted && !comesAgain(signal.reason)
    const abort = (): void => (cancelled() ? kill() : stop())
    signal.addEventListener('abort', abort, { once: true })
    child.on('message', (message: FromTraining) => {
      watch.heard({ stage: 'training' })
      if (message.kind === 'done' || message.kind === 'failed') end = message
      else if (message.kind !== 'waits' && !cancelled()) onStep(message)
    })
    const over = (death: Death): void => {
      clearTimeout(timer)
      watch.end(end?.kind === 'done')
      unpause()
      signal.removeEventListener('abort', abort)
      kill()
      if (cancelled()) reject(signal.reason)
      else if (end?.kind === 'done') resolve()
      else if (end) reject(errorOf(end.failure))
      else reject(new ChildDied('the process that trains', death, said.trim()))
    }
    child.on('error', ({ message: how }) => over({ cause: 'ended', how }))
    child.on('exit', (code, by) => over(hung ?? deathOf(code, by)))
  })
}

const minute = 60_000

/**
 * Reading, building and optimizing a graph is silent, and longer for a larger model. Stable Diffusion of 4 GB is given what an unknown render is;
 * the small model begins within seconds.
 */
export function limitsFor({ request: { model } }: Pick<TrainingOrder, 'request'>): WatchdogLimits {
  const bytes = filesOfModel(model.checkpoint).reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0)
  const ms = Math.min(30 * minute, Math.max(5 * minute, (30 * minute * bytes) / 4e9))
  return { factor: 10, leastMs: ms, unmeasuredMs: ms }
}

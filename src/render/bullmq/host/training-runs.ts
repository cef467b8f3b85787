// Training runs: what a GPU host does with an order to train: gets the pictures and the base model, goes on from what was learned elsewhere,
// and hands over what it has come to again and again, so that nothing is lost with it. What people have sent does not stay.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { cp, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { omitUndefined } from '../../../omit-undefined.ts'
import type { TrainingRequest } from '../../../trainer/training-request.ts'
import type { ContentStore } from '../../content-store/content-store.ts'
import { ChildDied } from '../../failures/child-died.ts'
import { isOutOfMemory, outOfMemory } from '../../failures/out-of-memory.ts'
import type { PoolActivity } from '../../training/pool-activity.ts'
import { contentsOfTraining, toLocalTraining } from '../../training/portable-training.ts'
import { runTrainingProcess } from '../../training/training-process.ts'
import type { TrainingPlace } from '../../training/training-recipe.ts'
import { putSnapshot, type TrainingSnapshot, takeSnapshot } from '../../training/training-snapshot.ts'
import type { TrainOrder } from '../protocol/messages/order.ts'
import type { RunOutcome } from '../protocol/messages/outcome.ts'
import type { WireProgress } from '../protocol/messages/progress.ts'
import { hostFailure } from './host-failure.ts'
import { type HeldFiles, type HostFiles, MissingFiles } from './host-files.ts'
import type { HostEvent, OrderRun } from './order-runs.ts'

export interface TrainingDevice {
  readonly name: string
  readonly place: TrainingPlace
  /** Which of the machine's devices the process that trains is to see. */
  readonly environment?: NodeJS.ProcessEnv
  /** Of what is drawn on it; absent: nothing is. */
  readonly activity?: PoolActivity
}

export interface TrainingRunsParts {
  readonly store: Pick<ContentStore, 'put' | 'get'>
  readonly files: Pick<HostFiles, 'hold' | 'forget'>
  readonly devices: readonly TrainingDevice[]
  /** Ours alone: of trainings that run. */
  readonly workFolder: string
  /** Folders that are not to be told. */
  readonly folders: readonly string[]
  readonly say: (progress: Omit<WireProgress, 'host'>) => Promise<void>
  /** Called once the run holds a device: the host announces itself anew. */
  readonly onDevice: () => void
  readonly onEvent: (event: HostEvent) => void
  readonly onError: (error: unknown) => void
  readonly onStart?: (pid: number) => void
}

/** Why a run is aborted that another host goes on with. */
export class HostStops extends Error {
  override readonly name = 'HostStops'
  override readonly message = 'the host stops'
}

/** The bot takes them out as they come; the last one may lie until it is back. */
const snapshotMs = 24 * 3_600_000
const leastBetweenSaidMs = 500
/** Whoever waits for others is not believed to have hung. */
const pausingSaidMs = 20_000

/** @returns what carries an order out, and tells what became of it */
export function createTrainingRuns(parts: TrainingRunsParts): (order: TrainOrder, run: OrderRun) => Promise<RunOutcome> {
  const { store, files, workFolder, folders, say, onDevice, onEvent, onError, onStart } = parts
  const free = [...parts.devices]
  rmSync(workFolder, { recursive: true, force: true })

  return async (order, own) => {
    const { run } = order
    const { signal } = own.abort
    const device = free.shift()
    // BullMQ hands out as many as there are devices.
    if (!device) throw new Error('no device is free')
    own.device = device
    onDevice()
    onEvent({ kind: 'taken', order, device: device.name })
    let held: HeldFiles | undefined
    let out: string | undefined
    try {
      held = await files.hold(contentsOfTraining(order.training), signal)
      out = await workPlace(order)
      const { pathOf } = held
      const local = await toLocalTraining(order.training, async (content) => pathOf(content))
      // Its name goes into the file that is made, and that of the cache says nothing.
      const request = { ...local, data: join(dirname(out), 'pictures') }
      await cp(local.data, request.data, { recursive: true })
      const outcome = await outcomeOf(order, request, out, device, signal)
      onEvent({ kind: 'ended', order, device: device.name, outcome })
      return outcome
    } catch (error) {
      const outcome = endOf(run, error, signal, held)
      onEvent({ kind: 'ended', order, device: device.name, outcome })
      return outcome
    } finally {
      free.push(device)
      held?.release()
      files.forget(order.training.data).catch(onError)
      if (out !== undefined) await rm(dirname(out), { recursive: true, force: true, maxRetries: 3 }).catch(onError)
    }
  }

  /** With what was learned elsewhere; where that has gone, it begins anew. */
  async function workPlace({ outName, snapshot }: TrainOrder): Promise<string> {
    mkdirSync(workFolder, { recursive: true })
    const out = join(mkdtempSync(join(workFolder, 'training-')), outName)
    if (snapshot) await takeSnapshot(store, snapshot, out)
    return out
  }

  async function outcomeOf(
    { run }: TrainOrder,
    request: TrainingRequest,
    out: string,
    { place, environment, activity }: TrainingDevice,
    signal: AbortSignal,
  ): Promise<RunOutcome> {
    // Another host goes on with it.
    const comesAgain = (reason: unknown): boolean => reason instanceof HostStops
    const telling = tellOf(run, out)
    try {
      await runTrainingProcess(
        { request, out, ...place },
        {
          ...{ signal, comesAgain, onStep: telling.step, ...omitUndefined({ environment, onStart }) },
          onPause(change) {
            if (!activity) return () => undefined
            return activity.onCount((count) => {
              change(count > 0)
              telling.pause(count > 0)
            })
          },
        },
      )
      await telling.ended()
      return { kind: 'learned', run, snapshot: (await putSnapshot(store, out, snapshotMs))! }
    } catch (error) {
      await telling.ended()
      if (!comesAgain(signal.reason)) throw error
      return { kind: 'stopped', run, ...omitUndefined({ snapshot: await putSnapshot(store, out, snapshotMs) }) }
    }
  }

  function endOf(run: string, error: unknown, signal: AbortSignal, held: HeldFiles | undefined): RunOutcome {
    if (signal.aborted) return { kind: 'stopped', run }
    if (error instanceof MissingFiles) {
      onError(error)
      return { kind: 'missing', run, sha256: [...error.sha256], why: error.message }
    }
    if (error instanceof ChildDied && !isOutOfMemory(error.said)) {
      onError(error)
      return { kind: 'died', run, ...error.death }
    }
    const told = error instanceof ChildDied ? outOfMemory(error.said) : error
    const failure = hostFailure(told, held?.names ?? new Map(), [workFolder, ...folders])
    if (failure.kind === 'bug') onError(error)
    return { kind: 'failed', run, failure }
  }

  /** What is said of a training that runs. */
  function tellOf(run: string, out: string) {
    let seq = 0
    let shown = { step: 0, of: 0 }
    let saidMs = Number.NEGATIVE_INFINITY
    let pausing: NodeJS.Timeout | undefined
    let putting: Promise<void> | undefined

    function tell(more: { readonly snapshot?: TrainingSnapshot } = {}): void {
      saidMs = performance.now()
      say({ run, seq: seq++, stage: 'training', ...shown, ...(pausing && { pausing: true }), ...more }).catch(() => undefined)
    }

    async function put(): Promise<void> {
      const snapshot = await putSnapshot(store, out, snapshotMs)
      if (snapshot) tell({ snapshot })
    }

    return {
      step({ kind, step, of }: { readonly kind: 'step' | 'saved'; readonly step: number; readonly of: number }) {
        const begins = of !== shown.of
        shown = { step, of }
        // One at a time: what is left out comes with the next. The last one is the outcome.
        if (kind === 'saved' && step < of) {
          putting ??= put()
            .catch(onError)
            .finally(() => {
              putting = undefined
            })
        } else if (begins || performance.now() - saidMs >= leastBetweenSaidMs) tell()
      },
      pause(waits: boolean) {
        if (waits === (pausing !== undefined)) return
        clearInterval(pausing)
        pausing = waits ? setInterval(() => tell(), pausingSaidMs) : undefined
        tell()
      },
      async ended() {
        clearInterval(pausing)
        await putting
      },
    }
  }
}

// A trainer: where a training runs. A GPU host that takes trainings, where one is there, and this machine otherwise, where it may.

import { UserError } from '../../errors.ts'
import type { Capacity } from '../../jobs/capacity.ts'
import { serial } from '../../serial.ts'
import type { TrainingRequest } from '../../trainer/training-request.ts'
import { unlessAborted } from '../../unless-aborted.ts'
import type { FromTraining } from './training-protocol.ts'

export interface TrainingToRun {
  /** Of the job. */
  readonly id: string
  readonly request: TrainingRequest
  /** Where what is learned goes; what a training needs to go on lies beside it. */
  readonly out: string
  /** An earlier process of the bot may have begun it. */
  readonly begunBefore: boolean
  /** W3C Trace Context. */
  readonly traceparent?: string
}

export interface TrainingRunnerOptions {
  /** Aborted with SchedulerStops: the same comes again, and goes on where it was. Otherwise nobody wants it. */
  readonly signal: AbortSignal
  /** Of every step, and of every state that was kept, with `out` being there. */
  readonly onStep: (message: Extract<FromTraining, { kind: 'step' | 'saved' }>) => void
  /** Whether it lets others draw. */
  readonly onPausing: (pausing: boolean) => void
  /** What is drawn of it meanwhile, for which it would not wait. */
  readonly preview: { drawing(): boolean; abandon(): void }
}

/** Goes on from what lies beside `out`. */
export interface TrainingRunner {
  /**
   * Resolves when all steps are done and `out` holds what was learned.
   * @throws UserError of what cannot be learned; `trainer-died`; the signal's reason
   */
  train(what: TrainingToRun, options: TrainingRunnerOptions): Promise<void>
}

export interface HostTrainer extends Capacity {
  /** Nothing where none is there that could say. @throws UserError where none of those that are there could ever */
  check(request: TrainingRequest): Promise<void>
  /** Whether a host has it, or what became of it. */
  isPlaced(id: string): Promise<boolean>
  /** @param impatient told soon where none is there @throws UserError besides: `no-host-trains`, `host-lost`, `hosts-unreachable` */
  train(what: TrainingToRun, options: TrainingRunnerOptions, impatient: boolean): Promise<void>
}

export interface TrainerChoice extends TrainingRunner, Capacity {
  check(request: TrainingRequest): Promise<void>
}

/** @param local absent: this machine trains nothing */
export function chooseTrainer({ hosts, local }: { readonly hosts?: HostTrainer; readonly local?: TrainingRunner }): TrainerChoice {
  const here = local ? 1 : 0
  const oneByOne = serial()

  /**
   * Hosts that go may leave several trainings behind, which run here one at a time. Whoever waits goes back to hosts that come, or leaves once
   * nobody wants it; what has begun is waited for, because it keeps its state.
   * @returns false where hosts came first
   */
  async function trainHere({ train }: TrainingRunner, what: TrainingToRun, options: TrainingRunnerOptions): Promise<boolean> {
    const { signal } = options
    const decided = Promise.withResolvers<boolean>()
    const stopListening = hosts?.onCapacity(() => hosts.capacity() > 0 && decided.resolve(false))
    const end = oneByOne(async () => {
      decided.resolve(true)
      if ((await decided.promise) && !signal.aborted) await train(what, options)
    })
    end.catch(() => undefined)
    try {
      if (!(await unlessAborted(decided.promise, signal))) return false
    } finally {
      stopListening?.()
    }
    await end
    return true
  }

  /** Whether a host has it: also where none was heard of yet, just after a start. One that cannot be asked has nothing to say. */
  async function isAtHost({ id }: TrainingToRun, { isPlaced }: HostTrainer): Promise<boolean> {
    return isPlaced(id).catch(() => false)
  }

  return {
    capacity: () => hosts?.capacity() || here,
    onCapacity: (listener) => hosts?.onCapacity(listener) ?? (() => undefined),
    async check(request) {
      if (!local) await hosts?.check(request)
    },
    async train(what, options) {
      do {
        if (hosts && (!local || hosts.capacity() > 0 || (await isAtHost(what, hosts)))) {
          try {
            return await hosts.train(what, options, local !== undefined)
          } catch (error) {
            if (!local || !(error instanceof UserError && ofHosts.has(error.code))) throw error
          }
        }
        if (!local) throw new UserError('no-training', 'No styles are taught here.')
      } while (!(await trainHere(local, what, options)))
    },
  }
}

/** Refusals that are the hosts' fault: this machine may train it all the same. */
const ofHosts: ReadonlySet<string> = new Set(['no-host-trains', 'host-lost', 'hosts-unreachable'])

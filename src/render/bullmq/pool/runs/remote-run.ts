// A remote run: what somebody has asked a pool of GPU hosts for, from the asking to its end, over as many attempts as it takes.

import { randomUUID } from 'node:crypto'
import type { Watchdog } from '../../../failures/watchdog.ts'
import { PoolClosed } from '../../../pool.ts'
import type { Drawn } from '../../../render.ts'
import type { TrainingSnapshot } from '../../../training/training-snapshot.ts'
import type { RenderOrder, TrainOrder } from '../../protocol/messages/order.ts'
import type { WireProgress } from '../../protocol/messages/progress.ts'
import type { LocalContent } from '../file-sender.ts'
import type { HostNeeds } from '../hosts/pick-host.ts'

/** What a host is told, but for who it is. */
export type OrderBody = Omit<RenderOrder, 'run' | 'host'> | Omit<TrainOrder, 'run' | 'host'>

export interface RemoteRun {
  readonly id: string
  /** Asked for at each attempt: a training goes on from where it was. */
  readonly order: () => Promise<OrderBody>
  readonly needs: HostNeeds
  readonly files: readonly LocalContent[]
  /** Whether it goes on without this bot, for its next start. */
  readonly adoptable: boolean
  /** Whoever asked can do it without a host, and is told soon that none is there. */
  readonly impatient: boolean
  /** Since when it waits for a slot, of a steady clock. */
  waitsSinceMs: number
  /** Of attempts; 0 before the first. */
  attempt: number
  /** Attempts that were begun and came to nothing; of a training, since it was last kept. */
  lost: number
  /** Attempts that came to nothing without having been begun, or were handed back. */
  handedBack: number
  /** Hosts that could not get its files. */
  readonly avoid: Set<string>
  where?: Placed | undefined
  /** Whoever asked has been answered. */
  answered: boolean
  /** Nobody wants it any more: where it still runs, its end is only waited for. */
  abandoned: boolean
  readonly answer: PromiseWithResolvers<Drawn | undefined>
  readonly onProgress: (progress: WireProgress) => void
  /** Of a training: keeps what it has come to. False where it is no longer there. */
  readonly onSnapshot?: (snapshot: TrainingSnapshot) => Promise<boolean>
}

/** Where an attempt is. */
export interface Placed {
  readonly host: string
  /** The host's, as it was when it got it: one that is gone is known no more. */
  readonly name: string
  /** Of a steady clock. */
  readonly sinceMs: number
  phase: 'sending' | 'placed'
  /** The host has said that it works on it. */
  begun: boolean
  /** When it was last heard of. */
  heardMs: number
  /** Of the last progress. */
  seq: number
  /** Looks at it that found nothing. */
  missed: number
  /** Of the announcement that the last look went by. */
  lookedAtSeq?: number | undefined
  looking: boolean
  /** The last progress was a forecast of loading. */
  loading?: boolean
  /** Since it was begun. */
  watch?: ReturnType<Watchdog['watch']>
}

export interface NewRun extends Pick<RemoteRun, 'order' | 'needs' | 'files' | 'onProgress' | 'onSnapshot'> {
  /** Absent: nobody comes back for it. */
  readonly id?: string
  readonly impatient?: boolean
  /** Of a steady clock. */
  readonly nowMs: number
}

export function newRun({ id, impatient = false, nowMs, ...asked }: NewRun): RemoteRun {
  return {
    ...asked,
    id: id ?? `x${randomUUID()}`,
    adoptable: id !== undefined,
    impatient,
    waitsSinceMs: nowMs,
    attempt: 0,
    lost: 0,
    handedBack: 0,
    avoid: new Set(),
    answered: false,
    abandoned: false,
    answer: Promise.withResolvers(),
  }
}

export function resolveRun(run: RemoteRun, drawn: Drawn | undefined): void {
  run.answered = true
  run.answer.resolve(drawn)
}

export function rejectRun(run: RemoteRun, error: unknown): void {
  run.answered = true
  run.answer.reject(error)
}

export const closeRun = (run: RemoteRun): void => rejectRun(run, new PoolClosed())

/** Passes on what a host says of it, unless it comes late, twice, or after its end. */
export function showProgress(run: RemoteRun, progress: WireProgress): void {
  const { where } = run
  const { seq, stage, loading } = progress
  if (!where || seq <= where.seq) return
  where.seq = seq
  // How far loading is, is foretold: it says nothing of whether the device still works.
  if (!(loading && where.loading)) where.watch?.heard({ stage })
  where.loading = loading !== undefined
  if (!run.answered) run.onProgress(progress)
}

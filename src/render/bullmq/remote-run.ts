// A remote run: what somebody has asked a pool of GPU hosts for, from the asking to its end, over as many attempts as it takes.

import type { RenderProgress } from '../../jobs/renderer.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { PoolClosed } from '../pool.ts'
import type { PortableRecipe } from '../portable-recipe.ts'
import type { Drawn } from '../render.ts'
import type { Watchdog } from '../watchdog.ts'
import type { LocalContent } from './file-sender.ts'
import type { WireProgress } from './messages.ts'
import type { RenderNeeds } from './pick-host.ts'

export interface RemoteRun {
  readonly id: string
  readonly kind: 'render' | 'warm'
  readonly recipe: PortableRecipe
  readonly previewEveryMs: number | undefined
  readonly traceparent: string | undefined
  readonly needs: RenderNeeds
  readonly files: readonly LocalContent[]
  /** Whether it goes on without this bot, for its next start. */
  readonly adoptable: boolean
  /** Of a steady clock. */
  readonly askedMs: number
  /** Of attempts; 0 before the first. */
  attempt: number
  /** Attempts that were begun and came to nothing. */
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
  readonly onProgress: ((progress: RenderProgress) => void) | undefined
}

/** Where an attempt is. */
export interface Placed {
  readonly host: string
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

/** As BullMQ and the hosts call one attempt. */
export const runKey = ({ id, attempt }: Pick<RemoteRun, 'id' | 'attempt'>): string => `${id}.${attempt}`

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
export function showProgress(run: RemoteRun, { seq, stage, step, of, loading, preview }: WireProgress): void {
  const { where } = run
  if (!where || seq <= where.seq) return
  where.seq = seq
  // How far loading is, is foretold: it says nothing of whether the device still works.
  if (!(loading && where.loading)) where.watch?.heard({ stage })
  where.loading = loading !== undefined
  if (run.answered) return
  run.onProgress?.({
    stage,
    step,
    of,
    ...omitUndefined({ loading }),
    ...(preview !== undefined && { preview: Buffer.from(preview, 'base64') }),
  })
}

// Final delivery: each job that has ended is shown so once, for as long as it takes, and is then marked as told.

import type { Clock } from '../../clock.ts'
import type { Job } from '../../jobs/job.ts'
import type { Scheduler } from '../../jobs/scheduler.ts'
import type { Log } from '../../log.ts'
import type { Platform } from '../contract/platform.ts'
import type { Observer } from '../observer.ts'
import type { FinalMessages } from './final-message.ts'
import type { JobMessages } from './job-messages.ts'
import type { EditQueue } from './pacing/edit-queue.ts'
import type { JobRetry } from './pacing/job-retry.ts'

/** A platform that was reached, and the edits of its messages. */
export interface ConnectedPlatform {
  readonly platform: Platform
  readonly edits: EditQueue
}

export interface FinalDelivery {
  /** Begins to show the end of this job, unless that is under way. Nothing while its platform is not reached. */
  begin(job: Job): void
  /** Settled when the end of this job is shown, or given up; undefined where it is not being shown. */
  underWay(job: string): Promise<void> | undefined
  /** Gives up to show the end of this job; resolves when nothing of it is under way. */
  abort(job: string): Promise<void>
  settled(): Promise<void>
}

export interface FinalDeliveryParts {
  readonly scheduler: Pick<Scheduler, 'told'>
  readonly messages: Pick<JobMessages, 'drop' | 'find' | 'store' | 'track' | 'withdrawCancel'>
  readonly finalMessages: FinalMessages
  readonly connected: ReadonlyMap<string, ConnectedPlatform>
  readonly retryForJob: JobRetry
  /** Aborted when the bot stops. */
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly log: Log
  readonly observer: Observer
}

/** An end is worth a day of tries. */
const giveUpAfterMs = 24 * 3_600_000

export function createFinalDelivery(parts: FinalDeliveryParts): FinalDelivery {
  const { scheduler, messages, finalMessages, connected, retryForJob, signal: stopping, clock, log, observer } = parts
  const underWay = new Map<string, { readonly done: Promise<void>; readonly end: AbortController }>()

  function begin(job: Job): void {
    const there = connected.get(job.owner.platform)
    if (underWay.has(job.id) || !there || stopping.aborted) return
    const end = new AbortController()
    const signal = AbortSignal.any([stopping, end.signal])
    const done = show(job, there, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) log.error({ job: job.id, err: error }, 'the end of a request could not be shown')
      })
      .finally(() => {
        underWay.delete(job.id)
        messages.drop(job.id)
      })
    underWay.set(job.id, { done, end })
  }

  async function show(job: Job, { platform, edits }: ConnectedPlatform, signal: AbortSignal): Promise<void> {
    const message = messages.find(job.id) ?? messages.track(job, platform)
    message.job = job
    await message.opened
    await edits.clear({ message: job.id, space: job.owner.space })
    const posted = await finalMessages.show(message, (call) => retryForJob(message, { giveUpAfterMs, signal }, call))
    await messages.withdrawCancel(message)
    if (posted) await messages.store(message, posted)
    await scheduler.told(job.id)
    observer.ended(job, clock.nowMs())
    log.info({ job: job.id, platform: platform.name, state: job.state }, 'told')
  }

  return {
    begin,
    underWay: (job) => underWay.get(job)?.done,
    async abort(job) {
      const showing = underWay.get(job)
      showing?.end.abort(new Error('withdrawn'))
      await showing?.done
    },
    async settled() {
      await Promise.all([...underWay.values()].map(({ done }) => done))
    },
  }
}

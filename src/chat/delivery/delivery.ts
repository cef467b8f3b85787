// Delivery: shows each request from its place in the queue, over its progress, to exactly one end. One message shows it all. What is
// kept with the job says where that message is, so that another process goes on where this one was stopped.

import type { Clock } from '../../clock.ts'
import { hasEnded, type Job } from '../../jobs/job.ts'
import type { JobEvent, Scheduler } from '../../jobs/scheduler.ts'
import type { Log } from '../../log.ts'
import type { Blobs } from '../../store/store.ts'
import type { Platform } from '../contract/platform.ts'
import type { Observer } from '../observer.ts'
import { type ConnectedPlatform, createFinalDelivery } from './final-delivery.ts'
import { createFinalMessages } from './final-message.ts'
import { createJobMessages, type JobMessage } from './job-messages.ts'
import { messageHandleFrom } from './message-handle.ts'
import type { MessageIndex } from './message-index.ts'
import { createCoalescingTimer } from './pacing/coalescing-timer.ts'
import { createEditQueue } from './pacing/edit-queue.ts'
import { createJobRetry } from './pacing/job-retry.ts'

export interface Delivery {
  /** Begins to listen; before the scheduler starts. */
  start(): void
  /** Shows that a job was accepted: the response to whoever asked. */
  begin(job: Job, platform: Platform): Promise<void>
  /** The platform can be reached: goes on with what waits there, and shows the ends that nobody was told of. */
  resume(platform: Platform): Promise<void>
  /** Takes the message of an ended job away; no end is shown any more. */
  withdraw(job: Job): Promise<void>
  /** Lets calls in flight end. What is not told yet is told after the next start. */
  stop(): Promise<void>
}

export interface DeliveryParts {
  readonly scheduler: Scheduler
  readonly blobs: Pick<Blobs, 'get'>
  readonly messages: MessageIndex
  readonly clock: Clock
  readonly log: Log
  readonly observer: Observer
}

/** Between two looks at the places of all that wait: after something has changed, and while nothing does. */
const positionsMs = 1000
const idlePositionsMs = 10_000

export function createDelivery({ scheduler, blobs, messages: index, clock, log, observer }: DeliveryParts): Delivery {
  const connected = new Map<string, ConnectedPlatform>()
  const stopping = new AbortController()
  const { signal } = stopping
  const retryForJob = createJobRetry({ clock, log, observer })
  const messages = createJobMessages({ scheduler, index, retryForJob, signal, clock, log, observer })
  const finalMessages = createFinalMessages({ blobs, log })
  const finalDelivery = createFinalDelivery({ scheduler, messages, finalMessages, connected, retryForJob, signal, clock, log, observer })
  const positions = createCoalescingTimer(clock, showPositions)
  let unlisten: () => void = () => undefined

  function onEvent(event: JobEvent): void {
    const { job } = event
    const message = messages.find(job.id)
    if (event.kind === 'progress') {
      if (!message) return
      message.progress = event.progress
      if (event.progress.preview) message.preview = event.progress.preview
      offer(message)
      return
    }
    if (message) message.job = job
    if (hasEnded(job)) finalDelivery.begin(job)
    else if (message && job.state === 'running') offer(message)
    positions.within(positionsMs)
  }

  async function begin(job: Job, platform: Platform): Promise<void> {
    connect(platform)
    const now = scheduler.find(job.id) ?? job
    observer.accepted(platform.name)
    // A job may be over before anybody could say that it waits; its end is then the response.
    if (hasEnded(now)) {
      finalDelivery.begin(now)
      return finalDelivery.underWay(job.id)
    }
    const message = messages.track(now, platform)
    messages.open(message)
    await message.opened
    positions.within(positionsMs)
  }

  async function resume(platform: Platform): Promise<void> {
    connect(platform)
    const untold = scheduler.untold().filter(({ owner }) => owner.platform === platform.name)
    const live = scheduler.standings({ platform: platform.name }).map(({ job }) => job)
    for (const job of [...untold, ...live]) {
      if (messages.find(job.id) || finalDelivery.underWay(job.id)) continue
      const message = messages.track(job, platform)
      if (message.posted) offer(message)
      else messages.open(message)
    }
    for (const job of untold) finalDelivery.begin(job)
    positions.within(positionsMs)
  }

  function connect(platform: Platform): void {
    if (!connected.has(platform.name)) connected.set(platform.name, { platform, edits: createEditQueue(platform.limits.edits, clock) })
  }

  /** Shows the newest state when the platform allows the next edit. */
  function offer(message: JobMessage): void {
    const { job, platform, posted, lost } = message
    if (!posted || lost || hasEnded(job)) return
    const target = { message: job.id, space: job.owner.space, running: job.state === 'running' }
    connected.get(platform.name)?.edits.offer(target, () => messages.update(message))
  }

  function showPositions(): void {
    const waiting = [...messages.all()].filter(({ job }) => job.state === 'waiting')
    for (const message of waiting) offer(message)
    if (waiting.length > 0) positions.within(idlePositionsMs)
  }

  async function withdraw(job: Job): Promise<void> {
    await finalDelivery.abort(job.id)
    const posted = messageHandleFrom(scheduler.noteOf(job.id))?.posted
    const platform = connected.get(job.owner.platform)?.platform
    if (posted && platform) {
      await platform.remove(posted).catch((error: unknown) => log.warn({ job: job.id, err: error }, 'a message could not be removed'))
      await index.forget(platform.name, posted.messages)
    }
    await scheduler.told(job.id)
  }

  return {
    start() {
      unlisten = scheduler.listen(onEvent)
    },
    begin,
    resume,
    withdraw,
    async stop() {
      unlisten()
      positions.stop()
      stopping.abort(new Error('the bot stops'))
      await Promise.all([...connected.values()].map(({ edits }) => edits.stop()))
      await Promise.all([...messages.all()].flatMap(({ opened, stopOffering }) => [opened, stopOffering()]))
      await finalDelivery.settled()
    },
  }
}

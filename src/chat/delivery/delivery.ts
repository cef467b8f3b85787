// The life of a request as people see it: its place, its progress, and exactly one end. One message shows it all. What is
// kept with the job says where that message is, so that another process can go on where this one was stopped.

import type { Clock } from '../../clock.ts'
import { UserError } from '../../errors.ts'
import { hasEnded, type Job, type Reason } from '../../jobs/job.ts'
import type { RenderProgress } from '../../jobs/renderer.ts'
import type { JobEvent, Scheduler } from '../../jobs/scheduler.ts'
import type { Log } from '../../log.ts'
import type { Json } from '../../store/json.ts'
import type { Blobs } from '../../store/store.ts'
import type { Outgoing } from '../contract/outgoing.ts'
import type { Platform, Posted } from '../contract/platform.ts'
import { localeFor } from '../locales/locale.ts'
import type { Observer } from '../observer.ts'
import { createEditQueue, type EditQueue } from './edit-queue.ts'
import { createFinalMessages } from './final-message.ts'
import { type MessageHandle, messageHandleFrom } from './message-handle.ts'
import type { MessageIndex } from './message-index.ts'
import { pictureOfPreview } from './pictures.ts'
import { type ReplyTarget, replyTargetOf } from './reply-target.ts'
import { retry } from './retry.ts'
import { runningMessage, type WaitingState, waitingMessage } from './status-message.ts'
import { truncate } from './truncate.ts'

export interface Delivery {
  /** Begins to listen; before the scheduler starts. */
  start(): void
  /** Shows that a job was accepted: the answer to whoever asked. */
  begin(job: Job, platform: Platform): Promise<void>
  /** The platform can be reached: goes on with what waits there, and tells the ends that nobody was told of. */
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

interface Life {
  job: Job
  readonly platform: Platform
  readonly to: ReplyTarget
  /** Settled once the first message is there, or could not be posted. */
  opened: Promise<void>
  posted?: Posted | undefined
  /** Its message is gone: nothing but the end is posted anew. */
  lost: boolean
  progress?: RenderProgress
  preview?: Uint8Array
  /** What stands there now. */
  shown: string
}

/** Between two looks at the places of all that wait. */
const placesEveryMs = 1000
const idlePlacesEveryMs = 10_000
/** A message that tells of a place is worth some tries; an end is worth a day of them. */
const firstMessageMs = 10_000
const endMs = 24 * 3_600_000

export function createDelivery({ scheduler, blobs, messages, clock, log, observer }: DeliveryParts): Delivery {
  const lives = new Map<string, Life>()
  const reached = new Map<string, { readonly platform: Platform; readonly edits: EditQueue }>()
  const telling = new Map<string, { readonly done: Promise<void>; readonly end: AbortController }>()
  const ends = createFinalMessages({ blobs, log })
  const stopping = new AbortController()
  let deaf: (() => void) | undefined
  let places: { readonly dueMs: number; readonly callOff: () => void } | undefined

  function start(): void {
    deaf = scheduler.listen(hear)
  }

  function hear(event: JobEvent): void {
    const { job } = event
    const life = lives.get(job.id)
    if (event.kind === 'progress') {
      if (!life) return
      life.progress = event.progress
      if (event.progress.preview) life.preview = event.progress.preview
      offer(life)
      return
    }
    if (life) life.job = job
    if (hasEnded(job)) tell(job)
    else if (life && job.state === 'running') offer(life)
    lookAtPlaces(placesEveryMs)
  }

  async function begin(job: Job, platform: Platform): Promise<void> {
    reach(platform)
    const now = scheduler.find(job.id) ?? job
    observer.accepted(platform.name)
    // A job may be over before anybody could say that it waits; its end is then the answer.
    if (hasEnded(now)) {
      tell(now)
      return telling.get(job.id)?.done
    }
    const life = newLife(now, platform)
    life.opened = open(life)
    await life.opened
    lookAtPlaces(placesEveryMs)
  }

  async function resume(platform: Platform): Promise<void> {
    reach(platform)
    const here = ({ owner }: Job) => owner.platform === platform.name
    const untold = scheduler.untold().filter(here)
    const standing = scheduler.standings({ platform: platform.name }).map(({ job }) => job)
    for (const job of [...untold, ...standing]) {
      if (lives.has(job.id) || telling.has(job.id)) continue
      const life = newLife(job, platform)
      if (!life.posted) life.opened = open(life)
      else offer(life)
    }
    for (const job of untold) tell(job)
    lookAtPlaces(placesEveryMs)
  }

  function reach(platform: Platform): void {
    if (!reached.has(platform.name)) reached.set(platform.name, { platform, edits: createEditQueue(platform.limits.edits, clock) })
  }

  function newLife(job: Job, platform: Platform): Life {
    const posted = messageHandleFrom(scheduler.noteOf(job.id))?.posted
    const life: Life = { job, platform, to: replyTargetOf(job), opened: Promise.resolve(), posted, lost: false, shown: '' }
    lives.set(job.id, life)
    return life
  }

  /** The first message. Where it can never be posted, nothing is drawn either. */
  async function open(life: Life): Promise<void> {
    const { job, platform, to } = life
    const nonce = `w${job.id}`.slice(0, 25)
    const outgoing = stateWords(life)
    try {
      const posted = await stubbornly(life, firstMessageMs, stopping.signal, () => platform.post(to.at, { ...outgoing, nonce }))
      life.shown = looksOf(outgoing)
      await keep(life, posted)
    } catch (error) {
      if (stopping.signal.aborted) return
      log.warn({ job: job.id, err: error }, 'the first message of a request could not be posted')
      if (error instanceof UserError) await scheduler.cancel(job.id, { state: 'refused', reason: reasonOf(error) })
    }
  }

  function stateWords({ job, platform, to, progress, preview }: Life): Outgoing {
    const locale = localeFor(to.locale)
    const standing: WaitingState = scheduler.standing(job.id) ?? {}
    if (job.state !== 'running') return truncate(waitingMessage(job, to, standing, locale), platform.limits)
    const shows = platform.limits.previews && platform.limits.formats.includes('webp')
    const picture = shows && preview ? pictureOfPreview(job, preview, locale) : undefined
    const running = { progress, preview: picture, ...(standing.leftMs !== undefined && { leftMs: standing.leftMs }) }
    return truncate(runningMessage(job, to, running, locale), platform.limits)
  }

  /** Shows the newest state when the platform allows the next edit. */
  function offer(life: Life): void {
    const { job, platform } = life
    if (!life.posted || life.lost || hasEnded(job)) return
    const place = { message: job.id, space: job.owner.space, drawing: job.state === 'running' }
    reached.get(platform.name)?.edits.offer(place, () => change(life))
  }

  async function change(life: Life): Promise<boolean> {
    const { platform, posted } = life
    if (!posted || life.lost || hasEnded(life.job)) return false
    try {
      const outgoing = stateWords(life)
      const looks = looksOf(outgoing)
      if (looks === life.shown) return false
      const edited = await platform.edit(posted, outgoing)
      observer.edited(platform.name)
      life.shown = looks
      if (edited) await keep(life, edited)
      else life.lost = true
    } catch (error) {
      observer.stumbled(platform.name)
      log.debug({ job: life.job.id, err: error }, 'progress could not be shown')
    }
    return true
  }

  /** Where the message is, in this process and beside the job; and which job the message shows. */
  async function keep(life: Life, posted: Posted): Promise<void> {
    if (JSON.stringify(posted) === JSON.stringify(life.posted)) return
    life.posted = posted
    await messages.remember(life.platform.name, posted.messages, life.job.id)
    const note: MessageHandle = { posted }
    await scheduler.annotate(life.job.id, note as unknown as Json)
  }

  function lookAtPlaces(inMs: number): void {
    const dueMs = clock.nowMs() + inMs
    if (places && places.dueMs <= dueMs) return
    places?.callOff()
    const callOff = clock.after(inMs, () => {
      places = undefined
      const waiting = [...lives.values()].filter(({ job }) => job.state === 'waiting')
      for (const life of waiting) offer(life)
      if (waiting.length > 0) lookAtPlaces(idlePlacesEveryMs)
    })
    places = { dueMs, callOff }
  }

  function tell(job: Job): void {
    if (telling.has(job.id) || !reached.has(job.owner.platform) || stopping.signal.aborted) return
    const end = new AbortController()
    const done = tellEnd(job, AbortSignal.any([stopping.signal, end.signal]))
      .catch((error: unknown) => {
        if (!stopping.signal.aborted && !end.signal.aborted)
          log.error({ job: job.id, err: error }, 'the end of a request could not be shown')
      })
      .finally(() => {
        telling.delete(job.id)
        lives.delete(job.id)
      })
    telling.set(job.id, { done, end })
  }

  async function tellEnd(job: Job, signal: AbortSignal): Promise<void> {
    const { platform, edits } = reached.get(job.owner.platform)!
    const life = lives.get(job.id) ?? newLife(job, platform)
    life.job = job
    await life.opened
    await edits.clear({ message: job.id, space: job.owner.space })
    const posted = await ends.show(life, (call) => stubbornly(life, endMs, signal, call))
    if (posted) await keep(life, posted)
    await scheduler.told(job.id)
    observer.ended(platform.name, job.state as Exclude<Job['state'], 'waiting' | 'running'>, clock.nowMs() - job.acceptedMs)
    log.info({ job: job.id, platform: platform.name, state: job.state }, 'told')
  }

  function stubbornly<T>({ job, platform }: Life, giveUpAfterMs: number, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    const onTrouble = (err: unknown, retryInMs: number) => {
      observer.stumbled(platform.name)
      log.warn({ job: job.id, platform: platform.name, err, retryInMs }, 'the platform could not be reached')
    }
    return retry(call, { clock, signal, giveUpAfterMs, onTrouble })
  }

  async function withdraw(job: Job): Promise<void> {
    const told = telling.get(job.id)
    told?.end.abort(new Error('withdrawn'))
    await told?.done
    const posted = messageHandleFrom(scheduler.noteOf(job.id))?.posted
    const platform = reached.get(job.owner.platform)?.platform
    if (posted && platform) {
      await platform.remove(posted).catch((error: unknown) => log.warn({ job: job.id, err: error }, 'a message could not be removed'))
      await messages.forget(platform.name, posted.messages)
    }
    await scheduler.told(job.id)
  }

  async function stop(): Promise<void> {
    deaf?.()
    places?.callOff()
    stopping.abort(new Error('the bot stops'))
    await Promise.all([...reached.values()].map(({ edits }) => edits.stop()))
    await Promise.all([...lives.values()].map(({ opened }) => opened))
    await Promise.all([...telling.values()].map(({ done }) => done))
  }

  return { start, begin, resume, withdraw, stop }
}

/** Two messages that look alike need no edit between them. */
function looksOf({ picture, ...words }: Outgoing): string {
  return JSON.stringify([words, picture && Buffer.from(picture.bytes).toString('base64')])
}

export function reasonOf({ code, message, data }: UserError): Reason {
  return { code, message, data: JSON.parse(JSON.stringify(data)) as Json }
}

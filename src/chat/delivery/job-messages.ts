// The messages of jobs: posted once, edited with the newest state, and written down with the job, so that another process finds them.

import type { Clock } from '../../clock.ts'
import { UserError } from '../../errors.ts'
import { reasonOf } from '../../jobs/end-reasons.ts'
import { hasEnded, type Job } from '../../jobs/job.ts'
import type { JobProgress } from '../../jobs/renderer.ts'
import type { Scheduler } from '../../jobs/scheduler.ts'
import type { Log } from '../../log.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import type { Json } from '../../store/json.ts'
import type { Outgoing } from '../contract/outgoing.ts'
import type { Platform, Posted } from '../contract/platform.ts'
import { localeFor } from '../locales/locales.ts'
import type { Observer } from '../observer.ts'
import { type MessageHandle, messageHandleFrom } from './message-handle.ts'
import type { MessageIndex } from './message-index.ts'
import { firstNonce } from './nonce.ts'
import type { JobRetry } from './pacing/job-retry.ts'
import { pictureOfPreview } from './rendering/pictures.ts'
import { cancelMessage, lateMessage, runningMessage, type WaitingState, waitingMessage } from './rendering/status-message.ts'
import { truncate } from './rendering/truncate.ts'
import { type ReplyTarget, replyTargetOf } from './reply-target.ts'

export interface JobMessage {
  job: Job
  readonly platform: Platform
  readonly to: ReplyTarget
  /** Settled once the first message is there, or could not be posted; absent: this process sent none. */
  opened?: Promise<void>
  posted?: Posted | undefined
  /** Shows who asked how to cancel, where others read the message too; it lasts a moment. Resolves when it does so no more. */
  stopOffering: () => Promise<void>
  /** That, where it stands beside the message. */
  cancel?: Posted | undefined
  /** It is gone: nothing but the end is posted anew. */
  lost: boolean
  progress?: JobProgress
  preview?: Uint8Array
  /** What stands there now. */
  shown: string
}

export interface JobMessages {
  find(job: string): JobMessage | undefined
  all(): Iterable<JobMessage>
  /** From here on it is found. Where an earlier process posted it, so it says. */
  track(job: Job, platform: Platform): JobMessage
  drop(job: string): void
  /** Posts it for the first time. Where it can never be posted, nothing is drawn either. Never rejects. */
  open(message: JobMessage): void
  /** @returns whether anything was sent. Never rejects */
  update(message: JobMessage): Promise<boolean>
  /** Writes down where it is: with the job, and for reactions that name it. */
  store(message: JobMessage, posted: Posted): Promise<void>
  /** It has ended: there is nothing to cancel. Never rejects */
  withdrawCancel(message: JobMessage): Promise<void>
}

export interface JobMessagesParts {
  readonly scheduler: Pick<Scheduler, 'annotate' | 'cancel' | 'noteOf' | 'standing'>
  readonly index: MessageIndex
  readonly retryForJob: JobRetry
  /** Aborted when the bot stops. */
  readonly signal: AbortSignal
  readonly clock: Pick<Clock, 'after' | 'nowMs'>
  readonly log: Log
  readonly observer: Observer
}

/** So long before a message can no longer be changed it says where the end will be: it must not say for ever that something is being drawn. */
const lastWordsMs = 60_000
/** What is done sooner is not worth a second message. */
const cancelOfferMs = 1000
/** A first message is worth some tries only: it says no more than that something waits. */
const firstMessageMs = 10_000

export function createJobMessages({ scheduler, index, retryForJob, signal, clock, log, observer }: JobMessagesParts): JobMessages {
  const messages = new Map<string, JobMessage>()

  async function post(message: JobMessage): Promise<void> {
    const { job, platform, to } = message
    const nonce = firstNonce(job)
    try {
      const outgoing = render(message)
      const options = { giveUpAfterMs: firstMessageMs, signal }
      const posted = await retryForJob(message, options, () => platform.post(to.at, { ...outgoing, nonce }))
      message.shown = fingerprintOf(outgoing)
      await store(message, posted)
    } catch (error) {
      if (signal.aborted) return
      log.warn({ job: job.id, err: error }, 'the first message of a request could not be posted')
      if (error instanceof UserError) await refuse(job, error)
    }
  }

  async function refuse({ id }: Job, error: UserError): Promise<void> {
    try {
      await scheduler.cancel(id, { state: 'refused', reason: reasonOf(error) })
    } catch (err) {
      log.error({ job: id, err }, 'a request that cannot be shown could not be refused')
    }
  }

  async function update(message: JobMessage): Promise<boolean> {
    const { platform, posted } = message
    if (!posted || message.lost || hasEnded(message.job)) return false
    try {
      const outgoing = render(message)
      const fingerprint = fingerprintOf(outgoing)
      if (fingerprint === message.shown) return false
      const edited = await platform.edit(posted, outgoing)
      observer.edited(platform.name)
      message.shown = fingerprint
      if (edited) await store(message, edited)
      else message.lost = true
    } catch (error) {
      observer.callFailed(platform.name, error)
      log.debug({ job: message.job.id, err: error }, 'progress could not be shown')
    }
    return true
  }

  function keepOffering(message: JobMessage): () => Promise<void> {
    if (!offersCancelApart(message)) return async () => undefined
    let offering: Promise<void> = Promise.resolve()
    const callOff = clock.after(cancelOfferMs, () => {
      offering = offerCancel(message)
    })
    return () => {
      callOff()
      return offering
    }
  }

  /** Only who asked is shown how to cancel; where that cannot be shown, there is /cancel. */
  async function offerCancel(message: JobMessage): Promise<void> {
    await message.opened
    const { platform, to, posted } = message
    if (!posted || hasEnded(message.job)) return
    try {
      const outgoing = cancelMessage(message.job, localeFor(to.ownLocale ?? to.locale))
      message.cancel = await platform.postEphemeral?.(to.at, truncate(outgoing, platform.limits))
      await note(message, message.posted ?? posted)
    } catch (error) {
      log.debug({ job: message.job.id, err: error }, 'how to cancel could not be shown')
    }
  }

  async function withdrawCancel(message: JobMessage): Promise<void> {
    await message.stopOffering()
    const { cancel, platform, job } = message
    if (!cancel) return
    message.cancel = undefined
    await platform.remove(cancel).catch((error: unknown) => log.debug({ job: job.id, err: error }, 'how to cancel could not be taken away'))
  }

  function render(message: JobMessage): Outgoing {
    const outgoing = stateOf(message)
    if (!offersCancelApart(message)) return outgoing
    return { ...outgoing, buttons: (outgoing.buttons ?? []).filter((button) => button.for !== 'owner') }
  }

  function stateOf({ job, platform, to, posted, progress, preview }: JobMessage): Outgoing {
    const locale = localeFor(to.locale)
    const untilMs = posted?.editableUntilMs
    if (untilMs !== undefined && clock.nowMs() > untilMs - lastWordsMs) return truncate(lateMessage(job, to, locale), platform.limits)
    const position: WaitingState = scheduler.standing(job.id) ?? {}
    if (job.state !== 'running') return truncate(waitingMessage(job, to, position, locale), platform.limits)
    const shows = platform.limits.previews && platform.limits.formats.includes('webp')
    const picture = shows && preview ? pictureOfPreview(job, preview, locale) : undefined
    const running = omitUndefined({ progress, preview: picture, leftMs: position.leftMs })
    return truncate(runningMessage(job, to, running, locale), platform.limits)
  }

  async function store(message: JobMessage, posted: Posted): Promise<void> {
    if (JSON.stringify(posted) === JSON.stringify(message.posted)) return
    const replaced = message.posted?.messages.filter((id) => !posted.messages.includes(id)) ?? []
    message.posted = posted
    await index.remember(message.platform.name, posted.messages, message.job.id)
    await index.forget(message.platform.name, replaced)
    await note(message, posted)
  }

  async function note(message: JobMessage, posted: Posted): Promise<void> {
    const handle: MessageHandle = omitUndefined({ posted, cancel: message.cancel })
    await scheduler.annotate(message.job.id, handle as unknown as Json)
  }

  return {
    find: (job) => messages.get(job),
    all: () => messages.values(),
    track(job, platform) {
      const { posted, cancel } = messageHandleFrom(scheduler.noteOf(job.id)) ?? {}
      const message: JobMessage = {
        ...{ job, platform, to: replyTargetOf(job), stopOffering: async () => undefined },
        ...{ posted, cancel, lost: false, shown: '' },
      }
      messages.set(job.id, message)
      return message
    },
    drop: (job) => void messages.delete(job),
    open(message) {
      message.opened = post(message)
      message.stopOffering = keepOffering(message)
    },
    update,
    store,
    withdrawCancel,
  }
}

/** A message that others read shows nobody another's Cancel. */
function offersCancelApart({ platform, to }: JobMessage): boolean {
  return platform.postEphemeral !== undefined && !to.private && !to.direct
}

/** Two messages that look alike need no edit between them. */
function fingerprintOf({ picture, ...words }: Outgoing): string {
  return JSON.stringify([words, picture && Buffer.from(picture.bytes).toString('base64')])
}

// The final message of a request: the end is shown in the message of the job, or anew where that is gone; as words where its file is
// refused; to who asked alone where it may not be shown before everybody.

import { UserError } from '../../errors.ts'
import type { Job } from '../../jobs/job.ts'
import type { Log } from '../../log.ts'
import type { Blobs } from '../../store/store.ts'
import type { Outgoing } from '../contract/outgoing.ts'
import type { Platform, Posted } from '../contract/platform.ts'
import { type Line, say } from '../contract/reply.ts'
import { localeFor } from '../locales/locales.ts'
import { speak } from '../locales/speak.ts'
import { endNonce, firstNonce } from './nonce.ts'
import { pictureOfJob } from './rendering/pictures.ts'
import { type EndedState, endedMessage, personNamed } from './rendering/status-message.ts'
import { truncate } from './rendering/truncate.ts'
import type { ReplyTarget } from './reply-target.ts'
import { createSaidWords } from './said-words.ts'

export interface FinalMessages {
  /**
   * @param retrying calls again while the platform is in trouble
   * @returns undefined where it can be shown nowhere, for good
   */
  show(ended: EndedJob, retrying: (call: () => Promise<Posted>) => Promise<Posted>): Promise<Posted | undefined>
}

export interface EndedJob {
  readonly job: Job
  readonly platform: Platform
  readonly to: ReplyTarget
  readonly posted?: Posted | undefined
  /** Of a first message that this process sent: it may stand there also where `posted` is absent. */
  readonly opened?: Promise<void>
  /** Its message is known to be gone. */
  lost: boolean
}

export function createFinalMessages({ blobs, log }: { readonly blobs: Pick<Blobs, 'get'>; readonly log: Log }): FinalMessages {
  const said = createSaidWords()

  async function show(ended: EndedJob, retrying: (call: () => Promise<Posted>) => Promise<Posted>): Promise<Posted | undefined> {
    const outgoing = render(ended, await endingOf(ended))
    const refused = (error: unknown, where: string): UserError => {
      if (!(error instanceof UserError)) throw error
      log.warn({ job: ended.job.id, err: error }, `the end of a request was refused ${where}`)
      return error
    }
    let first: UserError
    try {
      return await retrying(() => editOrPost(ended, outgoing))
    } catch (error) {
      first = refused(error, 'where it belongs')
    }
    const elsewhere = () => postDirect(ended, outgoing)
    const words = outgoing.picture && render(ended, withoutPicture(ended, first))
    const ways = [
      ...(first.code === 'too-large' ? [] : [{ call: elsewhere, moved: true }]),
      ...(words ? [{ call: () => editOrPost(ended, words), moved: false }] : []),
      ...(words ? [{ call: () => postDirect(ended, words), moved: true }] : []),
      ...(ended.to.private ? [{ call: () => postNeutral(ended), moved: true }] : []),
    ]
    for (const { call, moved } of ways) {
      try {
        const posted = await retrying(call)
        if (moved) await leave(ended, say('end-elsewhere', { name: personNamed(ended.to) }))
        return posted
      } catch (error) {
        refused(error, 'elsewhere, too')
      }
    }
    await leave(ended, say('end-in-history', { name: personNamed(ended.to) }))
    return undefined
  }

  /** The end is shown elsewhere, or nowhere: what stands in its place must not say for ever that it is being drawn. */
  async function leave({ job, platform, posted, to, lost }: EndedJob, line: Line): Promise<void> {
    if (!posted || lost) return
    const isLeft = async () => {
      if (to.private) return false
      const outgoing: Outgoing = { audience: 'everyone', tone: 'plain', text: speak(localeFor(to.locale), line) }
      return (await platform.edit(posted, truncate(outgoing, platform.limits))) !== undefined
    }
    try {
      if (!(await isLeft().catch(() => false))) await platform.remove(posted)
    } catch (error) {
      log.warn({ job: job.id, err: error }, 'a message that is out of date could not be taken away')
    }
  }

  function withoutPicture({ job }: EndedJob, { code, message, data }: UserError): EndedState {
    const details = job.result?.details
    return code === 'too-large' ? { details, tooLarge: true } : { details, refusal: { code, message, data } }
  }

  async function endingOf({ job, to }: EndedJob): Promise<EndedState> {
    const { details: all } = job.result ?? {}
    const details = all && { ...all, notes: said.notesFor(job, all.notes) }
    if (job.state !== 'done') return { details }
    if (details !== undefined && details.bytes > to.maxBytes) return { details, tooLarge: true }
    return { details, picture: await pictureOfJob(job, blobs, localeFor(to.locale)) }
  }

  return { show }
}

function render({ job, platform: { limits }, to }: EndedJob, ending: EndedState): Outgoing {
  return truncate(endedMessage(job, to, ending, limits, localeFor(to.locale)), limits)
}

async function editOrPost(ended: EndedJob, outgoing: Outgoing): Promise<Posted> {
  const { job, platform, to, posted } = ended
  if (posted && !ended.lost) {
    const edited = await platform.edit(posted, outgoing)
    if (edited) return edited
    ended.lost = true
  }
  if (ended.lost) return platform.post(to.at, { ...outgoing, nonce: endNonce(job) })
  const first = await platform.post(to.at, { ...outgoing, nonce: firstNonce(job) })
  if (!ended.opened) return first
  // By its nonce the platform may have given what was posted before, which says that the job waits.
  return (await platform.edit(first, outgoing)) ?? first
}

/** Who asked in private and cannot be written to any more: told before everybody that there is something, not what. */
function postNeutral({ job, platform, to }: EndedJob): Promise<Posted> {
  const text = speak(localeFor(to.locale), say('end-unreachable', { name: personNamed(to) }))
  return platform.post(to.at, truncate({ audience: 'everyone', tone: 'plain', text, nonce: endNonce(job) }, platform.limits))
}

function postDirect({ job, platform, to }: EndedJob, outgoing: Outgoing): Promise<Posted> {
  return platform.post(to.at, { ...outgoing, audience: 'direct', nonce: endNonce(job) })
}

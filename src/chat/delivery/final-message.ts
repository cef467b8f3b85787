// The final message of a request: the end is shown in the message of the job, or anew where that is gone; as words where its file is
// refused; to who asked alone where it may not be shown before everybody.

import { UserError } from '../../errors.ts'
import type { Job } from '../../jobs/job.ts'
import type { Log } from '../../log.ts'
import type { Blobs } from '../../store/store.ts'
import type { Outgoing } from '../contract/outgoing.ts'
import type { Platform, Posted } from '../contract/platform.ts'
import { say } from '../contract/reply.ts'
import { localeFor } from '../locales/locales.ts'
import { speak } from '../locales/speak.ts'
import { pictureOfJob } from './rendering/pictures.ts'
import { type EndedState, endedMessage } from './rendering/status-message.ts'
import { truncate } from './rendering/truncate.ts'
import type { ReplyTarget } from './reply-target.ts'

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
  /** Its message is known to be gone. */
  lost: boolean
}

export function createFinalMessages({ blobs, log }: { readonly blobs: Pick<Blobs, 'get'>; readonly log: Log }): FinalMessages {
  async function show(ended: EndedJob, retrying: (call: () => Promise<Posted>) => Promise<Posted>): Promise<Posted | undefined> {
    const outgoing = render(ended, await endingOf(ended))
    const refused = (error: unknown, where: string): UserError => {
      if (!(error instanceof UserError)) throw error
      log.warn({ job: ended.job.id, err: error }, `the end of a request was refused ${where}`)
      return error
    }
    try {
      return await retrying(() => editOrPost(ended, outgoing))
    } catch (error) {
      const { code } = refused(error, 'where it belongs')
      try {
        if (code !== 'too-large') return await retrying(() => postDirect(ended, outgoing))
        const instead = render(ended, { details: ended.job.result?.details, tooLarge: true })
        return await retrying(() => editOrPost(ended, instead))
      } catch (error) {
        refused(error, 'everywhere')
        return ended.to.private ? await retrying(() => postNeutral(ended)).catch(() => undefined) : undefined
      }
    }
  }

  async function endingOf({ job, to }: EndedJob): Promise<EndedState> {
    const details = job.result?.details
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
  return platform.post(to.at, { ...outgoing, nonce: job.id })
}

/** Who asked in private and cannot be written to any more: told before everybody that there is something, not what. */
function postNeutral({ job, platform, to }: EndedJob): Promise<Posted> {
  const text = speak(localeFor(to.locale), say('end-unreachable', { name: to.name }))
  return platform.post(to.at, truncate({ audience: 'everyone', tone: 'plain', text, nonce: job.id }, platform.limits))
}

function postDirect({ job, platform, to }: EndedJob, { reactions: _reactions, ...outgoing }: Outgoing): Promise<Posted> {
  return platform.post(to.at, { ...outgoing, audience: 'direct', nonce: job.id })
}

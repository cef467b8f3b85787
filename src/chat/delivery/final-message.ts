// How the end of a request is shown: in its message, or anew where that is gone; as words where its file is refused; to who
// asked alone where it may not be shown before everybody.

import { UserError } from '../../errors.ts'
import type { Job } from '../../jobs/job.ts'
import type { Log } from '../../log.ts'
import type { Blobs } from '../../store/store.ts'
import type { Outgoing } from '../contract/outgoing.ts'
import type { Platform, Posted } from '../contract/platform.ts'
import { say } from '../contract/reply.ts'
import { localeFor, speak } from '../locales/locale.ts'
import { pictureOfJob } from './pictures.ts'
import type { ReplyTarget } from './reply-target.ts'
import { type EndedState, endedMessage } from './status-message.ts'
import { truncate } from './truncate.ts'

export interface FinalMessages {
  /**
   * @param stubbornly calls again while the platform is in trouble
   * @returns undefined where it can be shown nowhere, for good
   */
  show(ended: EndedJob, stubbornly: (call: () => Promise<Posted>) => Promise<Posted>): Promise<Posted | undefined>
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
  async function show(ended: EndedJob, stubbornly: (call: () => Promise<Posted>) => Promise<Posted>): Promise<Posted | undefined> {
    const outgoing = words(ended, await endingOf(ended))
    const refused = (error: unknown, where: string): UserError => {
      if (!(error instanceof UserError)) throw error
      log.warn({ job: ended.job.id, err: error }, `the end of a request was refused ${where}`)
      return error
    }
    try {
      return await stubbornly(() => inItsMessage(ended, outgoing))
    } catch (error) {
      const { code } = refused(error, 'where it belongs')
      try {
        if (code !== 'too-large') return await stubbornly(() => toTheAsker(ended, outgoing))
        const instead = words(ended, { details: ended.job.result?.details, tooLarge: true })
        return await stubbornly(() => inItsMessage(ended, instead))
      } catch (error) {
        refused(error, 'everywhere')
        return ended.to.private ? await stubbornly(() => inANeutralSentence(ended)).catch(() => undefined) : undefined
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

function words({ job, platform: { limits }, to }: EndedJob, ending: EndedState): Outgoing {
  return truncate(endedMessage(job, to, ending, limits, localeFor(to.locale)), limits)
}

async function inItsMessage(ended: EndedJob, outgoing: Outgoing): Promise<Posted> {
  const { job, platform, to, posted } = ended
  if (posted && !ended.lost) {
    const edited = await platform.edit(posted, outgoing)
    if (edited) return edited
    ended.lost = true
  }
  return platform.post(to.at, { ...outgoing, nonce: job.id })
}

/** Who asked in private and cannot be written to any more: told before everybody that there is something, not what. */
function inANeutralSentence({ job, platform, to }: EndedJob): Promise<Posted> {
  const text = speak(localeFor(to.locale), say('end-unreachable', { name: to.name }))
  return platform.post(to.at, truncate({ audience: 'everyone', tone: 'plain', text, nonce: job.id }, platform.limits))
}

function toTheAsker({ job, platform, to }: EndedJob, { marks: _marks, ...outgoing }: Outgoing): Promise<Posted> {
  return platform.post(to.at, { ...outgoing, audience: 'direct', nonce: job.id })
}

// Ephemeral messages: what only one person sees where they are. Slack keeps it for nobody: it cannot be changed, taken away, reacted to, looked
// up, or show a file. One whose answer is lost is taken for shown: a second one could never be taken back. With the bot's token where the bot
// is a member; elsewhere by the address that came with what the person did.

import { z } from 'zod'
import type { Outgoing } from '../../contract/outgoing.ts'
import type { Posted } from '../../contract/platform.ts'
import { type Address, messageName } from '../address.ts'
import { isUnsent } from '../api/connection-errors.ts'
import { noMemberCodes } from '../api/error-codes.ts'
import type { RedactedLog } from '../api/redacted-log.ts'
import { type Arguments, hasCode, mayBeDone, type SlackApi, SlackError } from '../api/web-api.ts'
import { inlinePictures } from '../layout/blocks.ts'
import { ephemeralMessage } from './message-handle.ts'
import { messageArguments } from './messages.ts'

export interface EphemeralMessages {
  /** Undefined where Slack has no way to show it to this person there. */
  post(to: Address, content: Arguments): Promise<Posted | undefined>
}

/** Whether all of it can be shown to one person alone: it is said once, and is words. */
export function canBeEphemeral(outgoing: Outgoing): boolean {
  const { picture, file, progress, tone } = outgoing
  return !picture && !file && !progress && tone !== 'waiting' && tone !== 'running' && inlinePictures(outgoing).length === 0
}

export function ephemeralContent(outgoing: Outgoing, actionOf?: (n: number) => string): Arguments {
  return messageArguments(outgoing, new Map(), actionOf)
}

export function createEphemeralMessages(api: SlackApi, log: RedactedLog): EphemeralMessages {
  return {
    async post(to, content) {
      const { channel, user, thread } = to
      try {
        const response = await api.call('chat.postEphemeral', { ...content, channel, user, thread_ts: thread }, { once: true })
        return ephemeralMessage([messageName(channel, postedSchema.parse(response).message_ts)])
      } catch (error) {
        if (error instanceof SlackError && mayBeDone(error.code)) {
          log.warn({ code: error.code }, 'Slack did not say whether it has shown an answer')
          return ephemeralMessage([])
        }
        if (!hasCode(error, noMemberCodes)) throw error
      }
      return (await respond(to, content, log)) ? ephemeralMessage([]) : undefined
    },
  }
}

/** Five times in half an hour, as Slack counts; the sixth is refused and posted otherwise by the caller. */
async function respond({ responseUrl, heardMs }: Address, content: Arguments, log: RedactedLog): Promise<boolean> {
  if (responseUrl === undefined || Date.now() - heardMs > 29 * 60_000) return false
  const body = JSON.stringify({ ...content, response_type: 'ephemeral', replace_original: false })
  const headers = { 'content-type': 'application/json' }
  try {
    const response = await fetch(responseUrl, { method: 'POST', headers, body, redirect: 'error', signal: AbortSignal.timeout(10_000) })
    const text = await response.text()
    const taken = response.ok && !/"ok":\s*false/.test(text)
    if (!taken) log.warn({ status: response.status, answer: text.slice(0, 200) }, 'Slack did not take an answer at the address it gave')
    return taken || response.status >= 500
  } catch (error) {
    log.warn({}, 'the address that Slack gave for answers did not answer')
    return !isUnsent(error)
  }
}

const postedSchema = z.object({ message_ts: z.string() })

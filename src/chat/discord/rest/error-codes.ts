// Error codes of Discord, and what they mean for a message. https://docs.discord.com/developers/topics/opcodes-and-status-codes#json

import { UserError } from '../../../errors.ts'
import { isRestError, RestError } from './rest-calls.ts'

const codes = {
  unknownChannel: 10003,
  unknownMember: 10007,
  unknownMessage: 10008,
  unknownWebhook: 10015,
  unknownInteraction: 10062,
  tooLarge: 40005,
  alreadyAnswered: 40060,
  tooManyFollowUps: 40094,
  missingAccess: 50001,
  notYourMessage: 50005,
  directClosed: 50007,
  missingPermissions: 50013,
  invalidToken: 50027,
  archivedThread: 50083,
  entryPointMissing: 50240,
  noSharedServer: 50278,
} as const

/** The message is gone, or can no longer be reached. */
export const goneCodes: ReadonlySet<number> = new Set([
  codes.unknownChannel,
  codes.unknownMessage,
  codes.missingAccess,
  codes.notYourMessage,
  codes.missingPermissions,
  codes.archivedThread,
])

/** The interaction takes no responses any more: it is too old, got none in time, or has had its share. */
export const deadTokenCodes: ReadonlySet<number> = new Set([
  codes.unknownWebhook,
  codes.unknownInteraction,
  codes.invalidToken,
  codes.tooManyFollowUps,
])

export const answeredCodes: ReadonlySet<number> = new Set([codes.alreadyAnswered])
export const unknownMessageCodes: ReadonlySet<number> = new Set([codes.unknownMessage])

/** The person takes no private messages from here. */
export const directClosedCodes: ReadonlySet<number> = new Set([codes.directClosed, codes.noSharedServer, codes.missingAccess])

/** They are not in that server, or no longer. */
export const unknownMemberCodes: ReadonlySet<number> = new Set([codes.unknownMember])

/** A list of commands leaves out the one that Discord made for an Activity. */
export const entryPointCodes: ReadonlySet<number> = new Set([codes.entryPointMissing])

/**
 * A refusal as such, with a sentence: Discord's own word that it takes no such message is as true at the next try. Anything else as it is:
 * what Discord says of a token (401), of too many calls (429) and of itself (5xx) passes, and so does what a proxy says without a code.
 */
export function translateError(error: unknown, maxBytes: number): unknown {
  if (isRestError(error, tooLargeCodes) || (error instanceof RestError && error.status === 413)) {
    return new UserError('too-large', `Discord takes no file as large as this here; ${Math.floor(maxBytes / 1024)} KB always fit.`, {
      max: Math.floor(maxBytes / 1024),
    })
  }
  if (isRestError(error, archivedCodes)) {
    return new UserError('thread-closed', 'This thread is closed or locked: nobody can write in it any more.', {})
  }
  if (isRestError(error, goneCodes)) {
    const missing = 'View Channel, Send Messages, Attach Files'
    return new UserError('permissions-missing', `One of these is missing to me here: ${missing}. An admin can allow them.`, { missing })
  }
  if (error instanceof RestError && error.code > 0 && error.status >= 400 && error.status < 500 && !passing.has(error.status)) {
    return new UserError('refused-here', `Discord does not take this message: ${error.said}.`, { said: error.said }, { cause: error })
  }
  return error
}

const tooLargeCodes: ReadonlySet<number> = new Set([codes.tooLarge])
const archivedCodes: ReadonlySet<number> = new Set([codes.archivedThread])
const passing: ReadonlySet<number> = new Set([401, 408, 429])

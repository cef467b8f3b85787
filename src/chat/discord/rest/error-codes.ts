// Error codes of Discord, and what they mean for a message. https://docs.discord.com/developers/topics/opcodes-and-status-codes#json

import { UserError } from '../../../errors.ts'
import { isRestError } from './rest-calls.ts'

const codes = {
  unknownChannel: 10003,
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

/** A refusal that a person can understand, as such; anything else as it is. */
export function translateError(error: unknown, maxBytes: number): unknown {
  if (isRestError(error, tooLargeCodes) || (error instanceof Error && 'status' in error && error.status === 413)) {
    return new UserError('too-large', `Discord takes no file as large as this here; ${Math.floor(maxBytes / 1024)} KB always fit.`, {
      max: Math.floor(maxBytes / 1024),
    })
  }
  if (isRestError(error, goneCodes)) {
    const missing = 'View Channel, Send Messages, Attach Files'
    return new UserError('permissions-missing', `One of these is missing to me here: ${missing}. An admin can allow them.`, { missing })
  }
  return error
}

const tooLargeCodes: ReadonlySet<number> = new Set([codes.tooLarge])

// Sign-in errors: why Discord does not let the bot in, as a sentence with the step that mends it, if there is one. The token is in none of them.

import { DiscordjsError, GatewayCloseCodes } from 'discord.js'
import { UserError } from '../../../errors.ts'
import { RestError } from '../rest/rest-calls.ts'

const portal = 'https://discord.com/developers/applications'

const sentences = {
  'discord-token': `Discord does not accept DISCORD_TOKEN: copy it anew from ${portal} (your application, Bot, Reset Token) and start again.`,
  'discord-intents': `Discord does not let the bot see what it needs (Guilds, reactions, direct messages): look at Bot, Privileged Gateway Intents at ${portal}.`,
  'discord-sharding': 'The bot is in more servers than one connection may serve: start it again, and it opens as many as Discord asks for.',
  'discord-version': 'Discord no longer speaks with this version: update Zoetrope.',
  'discord-refused': 'Discord does not take what the bot can do: {said}. Update Zoetrope.',
} as const

type Code = keyof typeof sentences

const byCloseCode: Readonly<Record<number, Code>> = {
  [GatewayCloseCodes.AuthenticationFailed]: 'discord-token',
  [GatewayCloseCodes.InvalidShard]: 'discord-sharding',
  [GatewayCloseCodes.ShardingRequired]: 'discord-sharding',
  [GatewayCloseCodes.InvalidAPIVersion]: 'discord-version',
  [GatewayCloseCodes.InvalidIntents]: 'discord-version',
  [GatewayCloseCodes.DisallowedIntents]: 'discord-intents',
}

/** As @discordjs/ws words it. */
const byMessage: readonly (readonly [RegExp, Code])[] = [
  [/authentication failed/i, 'discord-token'],
  [/disallowed intents/i, 'discord-intents'],
  [/invalid intents|invalid api version/i, 'discord-version'],
  [/sharding is required|invalid shard/i, 'discord-sharding'],
]

/**
 * A UserError where somebody must mend something; a plain error where trying again mends it: an outage, a network that is down, too many sign-ins
 * for today.
 * @param closeCode with which the gateway ended the connection, if it did
 */
export function signInError(error: unknown, closeCode?: number): Error {
  const code = (closeCode !== undefined && byCloseCode[closeCode]) || codeOf(error)
  const said = error instanceof Error ? error.message : String(error)
  if (code !== undefined) return new UserError(code, sentences[code].replace('{said}', said), {})
  const why = /not enough sessions/i.test(said) ? 'it has signed in too often today' : said
  return new Error(`${why}; see the network and https://discordstatus.com`, { cause: error })
}

/** What a connection that is over for good means. */
export function closingSentence(closeCode: number): string {
  const code = byCloseCode[closeCode]
  return code ? sentences[code] : `Discord ended the connection for good (${closeCode}): start again.`
}

/** Undefined: it may pass. */
function codeOf(error: unknown): Code | undefined {
  if (error instanceof RestError && (error.status === 401 || (error.status === 403 && error.code > 0))) return 'discord-token'
  if (error instanceof RestError && error.code > 0 && error.status < 500 && error.status !== 429) return 'discord-refused'
  // the token was taken a moment ago, for the list of commands
  if (error instanceof DiscordjsError && String(error.code) === 'TokenInvalid') return undefined
  const message = error instanceof Error ? error.message : ''
  return byMessage.find(([words]) => words.test(message))?.[1]
}

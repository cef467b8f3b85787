// Signing in: who the bot is, and whether the app was set up as it must be: each thing that is wrong says what mends it.

import { z } from 'zod'
import { UserError } from '../../../errors.ts'
import type { RedactedLog } from './redacted-log.ts'
import { neededScopes, usefulScopes } from './scopes.ts'
import { type SlackApi, type SlackError, tokenCodes } from './web-api.ts'

export interface BotIdentity {
  readonly botUser: string
  readonly botId: string
  /** Without the @. */
  readonly name: string
  readonly team: string
  readonly teamName: string
  /** Of the workspace; ends in a slash. */
  readonly url: string
}

/** @throws UserError slack-token-kind, slack-token-refused, slack-scopes-missing; an Error where Slack cannot be reached just now */
export async function signIn(api: SlackApi, token: string, log: RedactedLog): Promise<BotIdentity> {
  if (!token.startsWith('xoxb-')) {
    const sentence = `SLACK_BOT_TOKEN must be the Bot User OAuth Token, which begins with xoxb-: copy it from the app's page, OAuth & Permissions.`
    throw new UserError('slack-token-kind', sentence)
  }
  const response = await api.call('auth.test').catch((error: SlackError) => {
    throw notStarted(error, 'slack-token-refused', 'SLACK_BOT_TOKEN', 'copy the Bot User OAuth Token (xoxb-…) from OAuth & Permissions')
  })
  checkScopes(response.response_metadata?.scopes, log)
  const who = authSchema.parse(response)
  return { botUser: who.user_id, botId: who.bot_id, name: who.user, team: who.team_id, teamName: who.team, url: who.url }
}

/** @param step what makes Slack accept the secret called `name` */
export function notStarted(error: SlackError, code: string, name: string, step: string): Error {
  if (tokenCodes.has(error.code) || error.code === 'missing_scope') {
    const sentence = `Slack does not accept ${name} (${error.message}): ${step} on the app's page at api.slack.com/apps.`
    return new UserError(code, sentence, { reason: error.code }, { cause: error })
  }
  return new Error(`Slack did not answer as it should (${error.message})`, { cause: error })
}

function checkScopes(granted: readonly string[] | undefined, log: RedactedLog): void {
  if (!granted) return
  const missing = neededScopes.filter((scope) => !granted.includes(scope))
  if (missing.length > 0) {
    const sentence =
      `The Slack app lacks ${missing.join(', ')}: add ${missing.length === 1 ? 'it' : 'them'} under OAuth & Permissions ` +
      '(or paste deploy/slack-manifest.json under App Manifest), then install the app to the workspace again.'
    throw new UserError('slack-scopes-missing', sentence, { missing: missing.join(', ') })
  }
  for (const [scope, without] of Object.entries(usefulScopes)) {
    if (!granted.includes(scope)) log.warn({ scope }, `without the scope ${scope}: ${without}`)
  }
}

const authSchema = z.object({
  user_id: z.string(),
  bot_id: z.string(),
  user: z.string(),
  team_id: z.string(),
  team: z.string(),
  url: z.string(),
})

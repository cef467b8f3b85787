// Configuration of Slack: the environment variables that turn it on, by Socket Mode or by HTTP.

import { z } from 'zod'
import { type EnvironmentValues, type EnvironmentVariables, port, type Switched } from '../../environment.ts'
import { omitUndefined } from '../../omit-undefined.ts'

export interface SlackConfig {
  readonly botToken: string
  readonly appToken?: string
  readonly signingSecret?: string
  readonly host: string
  readonly port: number
}

export const slackVariables = {
  SLACK_BOT_TOKEN: { about: 'xoxb-…; turns Slack on, together with one of the next two', secret: true, schema: z.string() },
  SLACK_APP_TOKEN: { about: 'xapp-…; Socket Mode: no public address is needed', secret: true, schema: z.string() },
  SLACK_SIGNING_SECRET: { about: 'HTTP instead of Socket Mode', secret: true, schema: z.string() },
  SLACK_HOST: { about: 'Where Slack over HTTP listens', usual: '0.0.0.0', schema: z.string() },
  SLACK_PORT: { about: 'Its port', usual: '3000', schema: port },
} as const satisfies EnvironmentVariables

/** Undefined where it is not asked for. */
export function slackConfig(values: EnvironmentValues<typeof slackVariables>): Switched<SlackConfig> | undefined {
  const { SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken, SLACK_SIGNING_SECRET: signingSecret } = values
  if (botToken === undefined && appToken === undefined && signingSecret === undefined) return undefined
  const off = (mend: string) => ({ ready: false, mend }) as const
  if (botToken === undefined) return off('SLACK_BOT_TOKEN is missing: it stands under OAuth & Permissions at api.slack.com/apps.')
  if (!botToken.startsWith('xoxb-'))
    return off('SLACK_BOT_TOKEN should begin with xoxb-: copy the Bot User OAuth Token under OAuth & Permissions.')
  if (appToken === undefined && signingSecret === undefined) {
    return off('SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) is missing: both stand under Basic Information.')
  }
  if (appToken !== undefined && !appToken.startsWith('xapp-')) {
    return off('SLACK_APP_TOKEN should begin with xapp-: make one under Basic Information, App-Level Tokens, with connections:write.')
  }
  const { SLACK_HOST: host, SLACK_PORT: port } = values
  return { ready: true, botToken, ...omitUndefined({ appToken, signingSecret }), host, port }
}

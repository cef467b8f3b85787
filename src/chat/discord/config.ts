// Configuration of Discord: the environment variables that turn it on.

import { z } from 'zod'
import type { EnvironmentValues, EnvironmentVariables, Switched } from '../../environment.ts'

export interface DiscordConfig {
  readonly token: string
}

export const discordVariables = {
  DISCORD_TOKEN: { about: "The bot's token, from discord.com/developers; turns Discord on", secret: true, schema: z.string() },
} as const satisfies EnvironmentVariables

/** Undefined where it is not asked for. */
export function discordConfig({ DISCORD_TOKEN: token }: EnvironmentValues<typeof discordVariables>): Switched<DiscordConfig> | undefined {
  if (token === undefined) return undefined
  if (/^[\w-]{15,}\.[\w-]+\.[\w-]{20,}$/.test(token)) return { ready: true, token }
  const mend = 'DISCORD_TOKEN does not look like a bot token: copy the one under Bot, Reset Token, at discord.com/developers.'
  return { ready: false, mend }
}

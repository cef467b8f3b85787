// The Discord adapter, by discord.js: slash commands, buttons, dialogs, reactions, and words to the bot alone.

import { ApplicationIntegrationType, PermissionFlagsBits, REST, type RESTOptions, Routes } from 'discord.js'
import { z } from 'zod'
import { UserError } from '../../errors.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import type { Command } from '../contract/command.ts'
import type { Platform, PlatformLimits, Posted, Receiver } from '../contract/platform.ts'
import { createInFlight } from '../in-flight.ts'
import { withTimeout } from '../time-limit.ts'
import { commandsJson } from './application-commands.ts'
import { type Connection, createConnection } from './gateway/connection.ts'
import { createGatewayEvents } from './gateway/gateway-events.ts'
import { signInError } from './gateway/sign-in-error.ts'
import { createInteractionResponses } from './interactions/interaction-responses.ts'
import { createInteractionStates } from './interactions/interaction-state.ts'
import { createPost } from './post.ts'
import { createReactions } from './reactions.ts'
import { platformName } from './receive.ts'
import { createRestCalls, type RestCall } from './rest/rest-calls.ts'

export interface DiscordOptions {
  readonly token: string
  /** What can be said: registered with Discord at each start. */
  readonly commands: readonly Command[]
  /** Ids of people who run this bot. */
  readonly operators?: readonly string[]
  /** Where Discord's REST API is; it tells where the gateway is. */
  readonly api?: string
  readonly nowMs?: () => number
  /** How long signing in may take. */
  readonly patienceMs?: number
  /** What went wrong without anybody being told. Holds no tokens. */
  readonly warn?: (error: unknown) => void
}

export const discordLimits: PlatformLimits = {
  responseMs: 3000,
  // what everybody may post everywhere, and the bot without an interaction
  maxBytes: 10 * 1024 * 1024,
  // an MP4 waits for a click
  formats: ['webp', 'gif'],
  previews: true,
  edits: { perMinute: 20, per: 'message' },
  reactions: true,
  // together below the 4000 characters of a message
  textChars: 1000,
  quoteChars: 1000,
  factChars: 100,
  facts: 15,
  items: 10,
  buttons: 10,
  choices: 25,
}

/** A call that would have to wait longer fails, and is tried again later by who made it. */
const longestWaitMs = 30_000
/** Calls that hang do not keep the process from ending. */
const stopMs = 10_000

export function createDiscord(options: DiscordOptions): Platform {
  const { token, commands, api, nowMs = Date.now, patienceMs = 60_000, warn = () => undefined } = options
  const operators = new Set(options.operators)
  const restOptions: Partial<RESTOptions> = {
    ...omitUndefined({ api }),
    timeout: 30_000,
    rejectOnRateLimit: ({ retryAfter }) => retryAfter > longestWaitMs,
  }
  const rest = new REST(restOptions)
  const send = createRestCalls(rest)
  const inFlight = createInFlight()
  let receiver: Receiver | undefined
  let connection: Connection | undefined
  let application = ''

  const call = (what: RestCall) => inFlight.track(send(what))
  const states = createInteractionStates<Posted>()
  const shared = { call, states, nowMs, application: () => application }
  const responses = createInteractionResponses(shared)
  const reactions = createReactions(call, warn)
  const onPacket = createGatewayEvents({
    ...shared,
    responses,
    limits: discordLimits,
    surroundings: () => ({ client: connection!.client, operators }),
    receiver: () => receiver,
    warn,
    track: (work) => void inFlight.track(work),
  })

  async function start(listener: Receiver): Promise<string> {
    if (token.trim() === '') throw signInError(undefined, 4004)
    rest.setToken(token.trim())
    const { id, installs } = await register().catch((error: unknown) => {
      throw error instanceof UserError ? error : signInError(error)
    })
    application = id
    receiver = listener
    connection = createConnection(restOptions, onPacket, warn)
    const { user, guilds } = await connection.open(token.trim(), patienceMs).catch((error: unknown) => {
      receiver = undefined
      throw error
    })
    const servers = `${guilds.cache.size} server${guilds.cache.size === 1 ? '' : 's'}`
    return `Discord: signed in as ${user.tag}, in ${servers}. Invite it: ${invitation(id, installs)}`
  }

  /** Tells Discord what can be said; it keeps what it is told last. */
  async function register(): Promise<{ readonly id: string; readonly installs: readonly ApplicationIntegrationType[] }> {
    const { id, integration_types_config: config } = applicationSchema.parse(
      await call({ method: 'GET', path: Routes.currentApplication() }),
    )
    const chosen = Object.keys(config ?? {}).map(Number)
    const installs = chosen.length > 0 ? chosen : [ApplicationIntegrationType.GuildInstall]
    await call({ method: 'PUT', path: Routes.applicationCommands(id), body: commandsJson(commands, installs) })
    return { id, installs }
  }

  async function stop(): Promise<void> {
    receiver = undefined
    await withTimeout(stopMs, settled(), () => undefined)
    await connection?.close()
    rest.clearHashSweeper()
    rest.clearHandlerSweeper()
  }

  async function settled(): Promise<void> {
    await inFlight.settled()
    await reactions.settled()
  }

  return {
    name: platformName,
    limits: discordLimits,
    start,
    stop,
    trouble: () => (connection ? connection.trouble() : 'Discord is not connected.'),
    ...createPost({ ...shared, responses, reactions, maxBytes: discordLimits.maxBytes }),
  }
}

const applicationSchema = z.object({
  id: z.string(),
  integration_types_config: z.record(z.string(), z.unknown()).nullish(),
})

/** What it needs in a server: to see, to speak, to show files, and to put reactions under its messages. */
export const permissions =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.SendMessages |
  PermissionFlagsBits.SendMessagesInThreads |
  PermissionFlagsBits.AttachFiles |
  PermissionFlagsBits.EmbedLinks |
  PermissionFlagsBits.ReadMessageHistory |
  PermissionFlagsBits.AddReactions

function invitation(application: string, installs: readonly ApplicationIntegrationType[]): string {
  const server = installs.includes(ApplicationIntegrationType.GuildInstall)
  const query = server ? `&scope=bot+applications.commands&permissions=${permissions}` : '&integration_type=1&scope=applications.commands'
  return `https://discord.com/oauth2/authorize?client_id=${application}${query}`
}

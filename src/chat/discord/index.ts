// The Discord adapter, by discord.js: slash commands, buttons, dialogs, reactions, and words to the bot alone.

import { setTimeout as sleep } from 'node:timers/promises'
import { ApplicationIntegrationType, PermissionFlagsBits } from 'discord.js'
import { UserError } from '../../errors.ts'
import type { Command } from '../contract/command.ts'
import type { Platform, PlatformLimits, Posted, Receiver } from '../contract/platform.ts'
import { createInFlight } from '../in-flight.ts'
import { withTimeout } from '../time-limit.ts'
import { type Connection, createConnection } from './gateway/connection.ts'
import { createGatewayEvents } from './gateway/gateway-events.ts'
import { signInError } from './gateway/sign-in-error.ts'
import { createInteractionResponses } from './interactions/interaction-responses.ts'
import { createInteractionStates } from './interactions/interaction-state.ts'
import { createNames } from './names.ts'
import { createPost } from './post.ts'
import { platformName } from './receive.ts'
import { type Registered, registerCommands } from './register-commands.ts'
import { createRestCalls, type RestCall, RestError } from './rest/rest-calls.ts'
import { createRestClient, restOptions } from './rest/rest-client.ts'
import { createThreadFiles } from './thread-files.ts'

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
  // together below the 4000 characters of a message
  textChars: 1000,
  quoteChars: 1000,
  factChars: 100,
  facts: 15,
  items: 10,
  buttons: 10,
  choices: 25,
}

const signInTries = 3
const signInPauseMs = 1100
/** Calls that hang do not keep the process from ending. */
const stopMs = 10_000

export function createDiscord(options: DiscordOptions): Platform {
  const { token, commands, api, nowMs = Date.now, patienceMs = 60_000, warn = () => undefined } = options
  const operators = new Set(options.operators)
  const rest = createRestClient(api, token.trim())
  const calls = createRestCalls(rest, nowMs)
  const inFlight = createInFlight()
  let receiver: Receiver | undefined
  let connection: Connection | undefined
  let application = ''

  const call = (what: RestCall) => inFlight.track(calls.send(what))
  const states = createInteractionStates<Posted>()
  const shared = { call, states, nowMs, application: () => application }
  const responses = createInteractionResponses(shared)
  const names = createNames(() => connection!.client, call)
  const onPacket = createGatewayEvents({
    ...shared,
    names,
    responses,
    limits: discordLimits,
    surroundings: () => ({ client: connection!.client, operators }),
    receiver: () => receiver,
    warn,
    track: (work) => void inFlight.track(work),
  })

  async function start(listener: Receiver): Promise<string> {
    if (token.trim() === '') throw signInError(undefined, 4004)
    const { id, installs } = await registered().catch((error: unknown) => {
      throw error instanceof UserError ? error : signInError(error)
    })
    application = id
    receiver = listener
    connection = createConnection(restOptions(api), onPacket, warn)
    const { user, guilds } = await connection.open(token.trim(), patienceMs).catch((error: unknown) => {
      receiver = undefined
      throw error
    })
    const servers = `${guilds.cache.size} server${guilds.cache.size === 1 ? '' : 's'}`
    return `Discord: signed in as ${user.tag}, in ${servers}. Invite it: ${invitation(id, installs)}`
  }

  /** An outage also answers 401: only a token that is refused again and again is a wrong one. */
  async function registered(): Promise<Registered> {
    for (let tries = 1; ; tries++) {
      try {
        return await registerCommands(commands, call)
      } catch (error) {
        if (!(error instanceof RestError && error.status === 401) || tries === signInTries) throw error
        await sleep(signInPauseMs)
      }
    }
  }

  async function stop(): Promise<void> {
    receiver = undefined
    await withTimeout(stopMs, inFlight.settled(), () => undefined)
    await connection?.close()
    rest.clearHashSweeper()
    rest.clearHandlerSweeper()
  }

  return {
    name: platformName,
    limits: discordLimits,
    start,
    stop,
    trouble: () => (connection ? (connection.trouble() ?? calls.trouble()) : 'Discord is not connected.'),
    namesOf: names.ofIds,
    filesNear: createThreadFiles(call),
    ...createPost({ ...shared, responses, maxBytes: discordLimits.maxBytes }),
  }
}

/** What it needs in a server: to see, to speak and to show files. */
export const permissions =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.SendMessages |
  PermissionFlagsBits.SendMessagesInThreads |
  PermissionFlagsBits.AttachFiles |
  PermissionFlagsBits.EmbedLinks

function invitation(application: string, installs: readonly ApplicationIntegrationType[]): string {
  const server = installs.includes(ApplicationIntegrationType.GuildInstall)
  const query = server ? `&scope=bot+applications.commands&permissions=${permissions}` : '&integration_type=1&scope=applications.commands'
  return `https://discord.com/oauth2/authorize?client_id=${application}${query}`
}

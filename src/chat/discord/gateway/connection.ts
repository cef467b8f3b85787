// The connection to Discord's gateway: discord.js opens it, keeps it alive and resumes it. It caches what it is told of servers (channels,
// roles, the bot's own permissions) and nothing of people and messages.

import type { EventEmitter } from 'node:events'
import { Client, Events, GatewayIntentBits, Options, type RESTOptions, SimpleShardingStrategy } from 'discord.js'
import { withTimeout } from '../../time-limit.ts'
import { keepingToken } from '../rest/rest-client.ts'
import { closingSentence, signInError } from './sign-in-error.ts'

export interface Connection {
  readonly client: Client
  /** @throws as sign-in-error.ts words it, also where nothing has come of it after so long */
  open(token: string, patienceMs: number): Promise<Client<true>>
  close(): Promise<void>
  trouble(): string | undefined
}

/** An event as the gateway sends it. */
export interface GatewayPacket {
  t: string | null
  readonly s: number
  readonly d: unknown
}

/** @param onPacket is given every event first, and says whether it has dealt with it */
export function createConnection(
  rest: Partial<RESTOptions>,
  onPacket: (packet: GatewayPacket, shard: number) => boolean,
  warn: (error: unknown) => void,
): Connection {
  let ended = false
  const client = new Client({
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildMessageReactions,
      GatewayIntentBits.DirectMessages,
      GatewayIntentBits.DirectMessageReactions,
    ],
    makeCache: Options.cacheWithLimits({ ...uncached, GuildMemberManager: onlySelf, UserManager: onlySelf }),
    rest,
    waitGuildTimeout: 5000,
    ws: {
      buildStrategy: (manager) => {
        // discord.js does not notice that it is to end while it rests between two tries, and would go on for ever
        const { retrieveSessionInfo } = manager.options
        manager.options.retrieveSessionInfo = (shard) => (ended ? new Promise(() => undefined) : retrieveSessionInfo(shard))
        return new SimpleShardingStrategy(manager)
      },
    },
  })
  keepingToken(client.rest)
  const broken = new Set<number>()
  let over: string | undefined
  let opened = false
  let lastClose: number | undefined

  // An event that is dealt with goes no further. discord.js would make objects of its own of it, and one that it does not
  // understand would end the process.
  ;(client as EventEmitter).on('raw', (packet: GatewayPacket, shard: number) => {
    if (onPacket(packet, shard)) packet.t = null
  })
  client.on(Events.Error, warn)
  client.on(Events.ShardError, (error) => warn(error))
  client.on(Events.ShardReconnecting, (shard) => broken.add(shard))
  client.on(Events.ShardResume, (shard) => broken.delete(shard))
  client.on(Events.ShardReady, (shard) => broken.delete(shard))
  client.on(Events.ShardDisconnect, ({ code }) => {
    lastClose = code
    over = closingSentence(code)
    if (opened) warn(new Error(over))
  })

  async function destroy(): Promise<void> {
    ended = true
    await client.destroy().catch(warn)
  }

  return {
    client,
    async open(token, patienceMs) {
      try {
        // discord.js itself tries for ever
        await withTimeout<unknown>(patienceMs, client.login(token), () => {
          throw new Error(`no connection after ${patienceMs} ms`)
        })
      } catch (error) {
        await destroy()
        throw signInError(error, lastClose)
      }
      opened = true
      return client as Client<true>
    },
    async close() {
      opened = false
      await destroy()
    },
    trouble() {
      if (over) return over
      if (!opened) return 'Discord is not connected.'
      return broken.size > 0 ? 'The line to Discord is interrupted and is being taken up again.' : undefined
    },
  }
}

const onlySelf = { maxSize: 0, keepOverLimit: ({ id, client }: { readonly id: string; readonly client: Client }) => id === client.user?.id }

const uncached = {
  AutoModerationRuleManager: 0,
  DMMessageManager: 0,
  GuildBanManager: 0,
  GuildEmojiManager: 0,
  GuildInviteManager: 0,
  GuildMessageManager: 0,
  GuildScheduledEventManager: 0,
  GuildSoundboardSoundManager: 0,
  GuildStickerManager: 0,
  MessageManager: 0,
  PresenceManager: 0,
  ReactionManager: 0,
  ReactionUserManager: 0,
  StageInstanceManager: 0,
  ThreadMemberManager: 0,
  VoiceStateManager: 0,
} as const

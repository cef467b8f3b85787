// The line to Discord's gateway: discord.js connects, keeps it alive and takes it up again. It keeps what it is told of servers
// (channels, roles, the bot's own permissions) and nothing of people and messages.

import type { EventEmitter } from 'node:events'
import { Client, Events, GatewayIntentBits, Options, type RESTOptions } from 'discord.js'
import { closingSentence, signInError } from './sign-in.ts'

export interface Connection {
  readonly client: Client
  /** @throws UserError as sign-in.ts words it */
  open(token: string): Promise<Client<true>>
  close(): Promise<void>
  trouble(): string | undefined
}

/** An event as the gateway sends it. */
export interface Packet {
  t: string | null
  readonly s: number
  readonly d: unknown
}

/** @param hear is given every event first, and says whether it has dealt with it */
export function createConnection(
  rest: Partial<RESTOptions>,
  hear: (packet: Packet) => boolean,
  warn: (error: unknown) => void,
): Connection {
  const client = new Client({
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildMessageReactions,
      GatewayIntentBits.DirectMessages,
      GatewayIntentBits.DirectMessageReactions,
    ],
    makeCache: Options.cacheWithLimits({ ...forgotten, GuildMemberManager: onlySelf, UserManager: onlySelf }),
    rest,
    waitGuildTimeout: 5000,
  })
  const broken = new Set<number>()
  let over: string | undefined
  let opened = false
  let lastClose: number | undefined

  // An event that is dealt with goes no further. discord.js would make objects of its own of it, and one that it does not
  // understand would end the process.
  ;(client as EventEmitter).on('raw', (packet: Packet) => {
    if (hear(packet)) packet.t = null
  })
  client.on(Events.Error, warn)
  client.on(Events.ShardError, (error) => warn(error))
  client.on(Events.ShardReconnecting, (shard) => broken.add(shard))
  client.on(Events.ShardResume, (shard) => broken.delete(shard))
  client.on(Events.ShardReady, (shard) => broken.delete(shard))
  client.on(Events.ShardDisconnect, ({ code }) => {
    lastClose = code
    over = closingSentence(code)
  })

  return {
    client,
    async open(token) {
      try {
        await client.login(token)
      } catch (error) {
        await client.destroy().catch(warn)
        throw signInError(error, lastClose)
      }
      opened = true
      return client as Client<true>
    },
    async close() {
      opened = false
      await client.destroy()
    },
    trouble() {
      if (over) return over
      if (!opened) return 'Discord is not connected.'
      return broken.size > 0 ? 'The line to Discord is interrupted and is being taken up again.' : undefined
    },
  }
}

const onlySelf = { maxSize: 0, keepOverLimit: ({ id, client }: { readonly id: string; readonly client: Client }) => id === client.user?.id }

const forgotten = {
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

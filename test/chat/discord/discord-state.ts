// The state of a Discord server process: one guild with channels and users, direct messages, interactions.

import { PermissionFlagsBits } from 'discord.js'

export interface User {
  readonly id: string
  readonly username: string
  readonly bot?: true
  readonly roles: readonly string[]
  readonly locale: string
}

export interface Channel {
  readonly id: string
  /** 0 text, 1 private, 4 category, 11 thread or post, 15 forum. */
  readonly type: 0 | 1 | 4 | 11 | 15
  readonly name?: string
  readonly nsfw?: boolean
  readonly parent?: string
  /** What nobody may do here. */
  deny: bigint
  /** Of a private one: who is alone with the bot there. */
  readonly person?: string
  /** Of a private one without the bot: the two who talk there. */
  readonly between?: readonly [string, string]
}

export interface Attached {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly description: string | undefined
  readonly bytes: Uint8Array
}

export interface DiscordMessage {
  readonly id: string
  readonly channel: string
  readonly author: string
  flags: number
  components: readonly Data[]
  attached: readonly Attached[]
  /** Only this person sees it. */
  readonly onlyFor?: string
  readonly nonce?: string
  readonly atMs: number
  editedMs?: number
  /** By emoji: who. */
  readonly reactions: Map<string, Set<string>>
}

/** A message of a person, with the names of its files. */
export interface Spoken {
  readonly author: User
  readonly files: readonly string[]
}

export interface Interaction {
  readonly id: string
  readonly token: string
  readonly person: string
  readonly channel: string
  readonly inGuild: boolean
  readonly type: number
  readonly atMs: number
  state: 'open' | 'deferred' | 'responded'
  /** The first response's message; for a button that was acknowledged silently, the message it stands on. */
  original?: string
  followUps: number
  /** The message with the button. */
  readonly pressed?: string
  readonly sizeLimit: number
  modal?: Data
  choices?: readonly Data[]
}

export type Data = Readonly<Record<string, unknown>>

const everything =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.SendMessages |
  PermissionFlagsBits.SendMessagesInThreads |
  PermissionFlagsBits.AttachFiles |
  PermissionFlagsBits.EmbedLinks |
  PermissionFlagsBits.ReadMessageHistory |
  PermissionFlagsBits.AddReactions |
  PermissionFlagsBits.UseApplicationCommands

export type DiscordState = ReturnType<typeof createDiscordState>

export function createDiscordState(nowMs: () => number) {
  let count = 0
  /** Ids tell the time they were made, as Discord's do. */
  const newId = (): string => String((BigInt(Math.floor(nowMs()) - 1420070400000) << 22n) | BigInt(count++ & 0x3fffff))

  const guildId = newId()
  const adminRole = newId()
  const person = (username: string, more: Partial<User> = {}): User => ({ id: newId(), username, roles: [], locale: 'en-US', ...more })
  const bot = person('Zoetrope', { bot: true })
  const users = {
    ann: person('ann'),
    bob: person('bob', { locale: 'zh-CN' }),
    root: person('root', { roles: [adminRole] }),
    /** Of the bot; nobody special in the guild. */
    operator: person('operator'),
    robot: person('robot', { bot: true }),
  }
  const usersById = new Map<string, User>([bot, ...Object.values(users)].map((one) => [one.id, one]))

  const channelsById = new Map<string, Channel>()
  const addChannel = (channel: Omit<Channel, 'id' | 'deny'> & { deny?: bigint }): Channel => {
    const added = { id: newId(), deny: 0n, ...channel }
    channelsById.set(added.id, added)
    return added
  }
  const general = addChannel({ type: 0, name: 'general' })
  const night = addChannel({ type: 0, name: 'night', nsfw: true })
  const channels = {
    general,
    night,
    /** In an age-restricted channel. */
    thread: addChannel({ type: 11, name: 'thread', parent: night.id }),
    /** Where the bot may read and no more. */
    locked: addChannel({
      type: 0,
      name: 'locked',
      deny: PermissionFlagsBits.SendMessages | PermissionFlagsBits.AttachFiles | PermissionFlagsBits.AddReactions,
    }),
  }

  return {
    newId,
    nowMs,
    guildId,
    adminRole,
    bot,
    application: newId(),
    users,
    usersById,
    channelsById,
    channels,
    messages: new Map<string, DiscordMessage>(),
    /** What people have written, by its channel, oldest first: shown to whoever may read it. */
    spoken: new Map<string, Spoken[]>(),
    interactions: new Map<string, Interaction>(),
    /** Who takes no private messages. */
    closed: new Set<string>(),
    commands: [] as readonly Data[],
    /** Made by Discord for an application with an Activity; a list of commands may not leave it out. */
    entryPoint: undefined as Data | undefined,
    pings: 0,
    /** Ids of people who were told that a message mentions them: new ones do, edits do not. */
    mentioned: [] as string[],
    /** For whom the application can be installed, as its settings say. */
    installs: { '0': {} } as Readonly<Record<string, object>>,
    addChannel,
    /** A conversation of two people: it looks like one with the bot, which is not in it. */
    between(one: User, other: User): Channel {
      return addChannel({ type: 1, between: [one.id, other.id] })
    },
    direct(id: string): Channel {
      const there = [...channelsById.values()].find((one) => one.person === id)
      return there ?? addChannel({ type: 1, person: id })
    },
    /** What the bot may do there. */
    allowed(channel: Channel): bigint {
      if (channel.between) return 0n
      const deny = channel.parent === undefined ? channel.deny : channel.deny | channelsById.get(channel.parent)!.deny
      return everything & ~deny
    },
    everything,
  }
}

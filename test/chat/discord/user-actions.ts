// User actions: what users do in Discord, as its own apps would send it: commands, clicks, choices, dialogs, reactions, direct messages.

import { PermissionFlagsBits } from 'discord.js'
import type { OptionInput } from '../../../src/chat/contract/incoming.ts'
import { omitUndefined } from '../../../src/omit-undefined.ts'
import type { Channel, Data, DiscordMessage, DiscordState, Interaction, User } from './discord-state.ts'
import { channelJson, memberJson, messageJson, userJson } from './event-json.ts'
import { walk } from './rules.ts'
import { type DiscordServer, usualLimit } from './server.ts'

export interface UserActions {
  /** A slash command with its options, by the types that the bot has registered. Gives the interaction. */
  command(user: User, name: string, options: Readonly<Record<string, OptionInput>>, where?: Where): Interaction
  /** A click on a button, or a choice from a list, by what it says. */
  press(user: User, message: string, label: string, where?: Where): Interaction
  submit(user: User, modal: Data, values: Readonly<Record<string, string | boolean>>, where?: Where): Interaction
  /** Types into an option that offers completion. */
  type(user: User, command: string, option: string, typed: string, where?: Where): Interaction
  react(user: User, message: string, emoji: string, more?: Data): void
  write(user: User, text: string, files?: readonly Data[], more?: Data): string
  /** Any interaction at all. */
  interact(user: User, type: number, data: unknown, where?: Where & { readonly pressed?: string; readonly over?: Data }): Interaction
  /** What this person sees, oldest first. */
  seenBy(user: User): readonly DiscordMessage[]
}

export interface Where {
  readonly channel?: Channel
  /** Brought along by the person: the bot is no member there. */
  readonly guest?: boolean
  readonly sizeLimit?: number
}

export function createUserActions({ state, gateway }: Pick<DiscordServer, 'state' | 'gateway'>): UserActions {
  function interact(
    user: User,
    type: number,
    data: unknown,
    more: Where & { readonly pressed?: string; readonly over?: Data } = {},
  ): Interaction {
    const { channel = state.channels.general, guest = false, sizeLimit = usualLimit, pressed, over = {} } = more
    const inGuild = channel.type !== 1 && !guest
    const interaction: Interaction = {
      id: state.newId(),
      token: `interaction-token-${state.newId()}`,
      person: user.id,
      channel: channel.id,
      inGuild,
      type,
      atMs: state.nowMs(),
      state: 'open',
      followUps: 0,
      sizeLimit,
      ...omitUndefined({ pressed }),
    }
    state.interactions.set(interaction.token, interaction)
    gateway.send('INTERACTION_CREATE', { ...interactionJson(interaction, user, channel, guest, data, state), ...over })
    return interaction
  }

  function typedOptions(
    name: string,
    options: Readonly<Record<string, OptionInput>>,
    focused?: string,
  ): { options: Data[]; resolved: Data } {
    const declared = state.commands.find((one) => one['name'] === name)
    const known = (declared?.['options'] ?? []) as readonly Data[]
    const attachments: Record<string, Data> = {}
    const json = Object.entries(options).map(([option, value]): Data => {
      const type = Number(known.find((one) => one['name'] === option)?.['type'] ?? 3)
      if (typeof value === 'object') {
        const id = state.newId()
        // one a field
        const { url, name: filename, bytes: size } = [value].flat()[0]!
        attachments[id] = { id, url, proxy_url: url, filename, size }
        return { name: option, type: 11, value: id }
      }
      return { name: option, type, value: type === 3 ? String(value) : value, ...(option === focused && { focused: true }) }
    })
    return { options: json, resolved: { attachments } }
  }

  const commandData = (name: string, options: Readonly<Record<string, OptionInput>>, focused?: string) => ({
    id: state.newId(),
    name,
    type: 1,
    ...typedOptions(name, options, focused),
  })

  return {
    interact,
    command: (user, name, options, where) => interact(user, 2, commandData(name, options), where),
    press(user, id, label, where) {
      const message = state.messages.get(id)!
      for (const component of walk(message.components)) {
        const options = (component['options'] ?? []) as readonly Data[]
        const option = options.find((one) => String(one['label']).includes(label))
        const at = { ...where, pressed: id, over: { message: messageJson(message, state) } }
        if (option) return interact(user, 3, { component_type: 3, custom_id: component['custom_id'], values: [option['value']] }, at)
        if (component['type'] === 2 && String(component['label']).includes(label))
          return interact(user, 3, { component_type: 2, custom_id: component['custom_id'] }, at)
      }
      throw new Error(`no button '${label}'`)
    },
    submit(user, modal, values, where) {
      const labels = (modal['components'] ?? []) as readonly Data[]
      const components = labels.map((label) => {
        const { type, custom_id } = label['component'] as Data
        const value = values[String(custom_id)] ?? ''
        return { type: 18, component: type === 3 ? { type, custom_id, values: value === '' ? [] : [value] } : { type, custom_id, value } }
      })
      return interact(user, 5, { custom_id: modal['custom_id'], components }, where)
    },
    type: (user, command, option, typed, where) => interact(user, 4, commandData(command, { [option]: typed }, option), where),
    react(user, id, emoji, more = {}) {
      const message = state.messages.get(id)
      message?.reactions.set(emoji, (message.reactions.get(emoji) ?? new Set()).add(user.id))
      const channel = state.channelsById.get(message?.channel ?? state.channels.general.id)!
      gateway.send('MESSAGE_REACTION_ADD', {
        user_id: user.id,
        channel_id: channel.id,
        message_id: id,
        message_author_id: message?.author ?? state.bot.id,
        emoji: { id: null, name: emoji },
        burst: false,
        type: 0,
        ...(channel.type !== 1 && { guild_id: state.guildId, member: memberJson(user) }),
        ...more,
      })
    },
    write(user, text, files = [], more = {}) {
      const id = state.newId()
      gateway.send('MESSAGE_CREATE', {
        id,
        channel_id: state.direct(user.id).id,
        type: 0,
        author: userJson(user),
        content: text,
        attachments: files,
        embeds: [],
        mentions: [],
        mention_roles: [],
        mention_everyone: false,
        pinned: false,
        tts: false,
        timestamp: new Date(state.nowMs()).toISOString(),
        edited_timestamp: null,
        ...more,
      })
      return id
    },
    seenBy(user) {
      const sees = ({ channel, onlyFor }: DiscordMessage) => {
        const { person, between } = state.channelsById.get(channel)!
        const isThere = (person === undefined || person === user.id) && (between === undefined || between.includes(user.id))
        return isThere && (onlyFor === undefined || onlyFor === user.id)
      }
      return [...state.messages.values()].filter(sees)
    },
  }
}

function interactionJson(
  { id, token, type, sizeLimit }: Interaction,
  user: User,
  channel: Channel,
  guest: boolean,
  data: unknown,
  state: DiscordState,
): Data {
  const direct = channel.type === 1
  // interactions/receiving-and-responding: 0 in a guild, 1 with the bot, 2 in other private channels, where only a person can bring it
  const context = !direct ? 0 : channel.between ? 2 : 1
  const brought = guest || context === 2
  const others = channel.between?.filter((id) => id !== user.id).map((id) => state.usersById.get(id)!) ?? [user]
  const admin = user.roles.includes(state.adminRole)
  return {
    id,
    application_id: state.application,
    type,
    token,
    version: 1,
    data,
    channel_id: channel.id,
    channel: direct
      ? { id: channel.id, type: 1, flags: 0, recipients: others.map(userJson) }
      : { ...channelJson(channel, state), permissions: '0' },
    locale: user.locale,
    // without the bot, it may what an application may that a person brings along: respond with links and files
    app_permissions: String(context === 2 ? PermissionFlagsBits.EmbedLinks | PermissionFlagsBits.AttachFiles : state.allowed(channel)),
    attachment_size_limit: sizeLimit,
    entitlements: [],
    context,
    authorizing_integration_owners: brought ? { '1': user.id } : { '0': direct ? '0' : state.guildId },
    ...(direct
      ? { user: userJson(user) }
      : {
          guild_id: state.guildId,
          guild_locale: 'zh-CN',
          guild: { id: state.guildId, locale: 'zh-CN', features: [] },
          member: { ...memberJson(user), permissions: String(state.everything | (admin ? 1n << 5n : 0n)) },
        }),
  }
}

/** What stands in a message, as people read it: markup laid out, escapes undone. */
export function readable({ components }: DiscordMessage): string {
  const texts = [...walk(components)].map(({ content }) => content).filter((content) => typeof content === 'string')
  return texts.map((text) => text.split('\n').map(readableLine).join('\n')).join('\n')
}

function readableLine(line: string): string {
  const bare = line.replace(/^(?:> |-# )/, '')
  return bare.replace(/\\([^\p{L}\p{N}\s])|\*\*/gu, (_whole, sign?: string) => sign ?? '')
}

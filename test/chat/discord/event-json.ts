// JSON of Discord: users, members, channels, guilds and messages as its gateway and REST write them.

import { omitUndefined } from '../../../src/omit-undefined.ts'
import type { Attached, Channel, Data, DiscordMessage, DiscordState, Spoken, User } from './discord-state.ts'
import { walk } from './rules.ts'

export function userJson({ id, username, bot }: User): Data {
  return {
    id,
    username,
    avatar: null,
    discriminator: '0',
    public_flags: 0,
    flags: 0,
    global_name: bot ? null : username,
    primary_guild: null,
    ...(bot && { bot: true }),
  }
}

export function memberJson(user: User): Data {
  return {
    user: userJson(user),
    nick: null,
    avatar: null,
    banner: null,
    roles: [...user.roles],
    joined_at: '2026-01-01T00:00:00.000Z',
    premium_since: null,
    deaf: false,
    mute: false,
    flags: 0,
    pending: false,
    communication_disabled_until: null,
  }
}

export function channelJson({ id, type, name, nsfw, parent, deny }: Channel, state: DiscordState): Data {
  return {
    id,
    type,
    name: name ?? null,
    guild_id: state.guildId,
    position: 0,
    nsfw: nsfw ?? false,
    parent_id: parent ?? null,
    permission_overwrites: deny === 0n ? [] : [{ id: state.guildId, type: 0, allow: '0', deny: String(deny) }],
    ...(type === 11 && {
      owner_id: state.users.ann.id,
      thread_metadata: { archived: false, auto_archive_duration: 60, archive_timestamp: '2026-01-01T00:00:00.000Z', locked: false },
      member_count: 1,
      message_count: 1,
    }),
  }
}

/** As a call gives it. */
export function fetchedChannelJson(channel: Channel, state: DiscordState): Data {
  const { position, nsfw, permission_overwrites, ...rest } = channelJson(channel, state)
  if (channel.type === 11) return { ...rest, flags: 0, total_message_sent: 1 }
  return { ...rest, position, nsfw, permission_overwrites, flags: 0 }
}

export function spokenJson(channel: string, { author, files }: Spoken, state: DiscordState): Data {
  const id = state.newId()
  return {
    ...{ id, channel_id: channel, type: 0, content: '', author: userJson(author), flags: 0, pinned: false, tts: false },
    ...{ mentions: [], mention_roles: [], mention_everyone: false, embeds: [], components: [], edited_timestamp: null },
    timestamp: new Date(state.nowMs()).toISOString(),
    attachments: files.map((filename) => {
      const url = urlOf(filename, { channel, id })
      return { id: state.newId(), filename, size: 9, url, proxy_url: url, content_type: 'image/png', width: 8, height: 8 }
    }),
  }
}

export function guildJson(state: DiscordState): Data {
  const { guildId, adminRole, bot, users, channelsById, everything } = state
  const role = (id: string, name: string, permissions: bigint) => ({
    id,
    name,
    permissions: String(permissions),
    position: id === guildId ? 0 : 1,
    color: 0,
    hoist: false,
    managed: false,
    mentionable: false,
    flags: 0,
  })
  const all = [...channelsById.values()].filter(({ type }) => type !== 1)
  return {
    id: guildId,
    name: 'a server',
    owner_id: users.robot.id,
    preferred_locale: 'zh-CN',
    roles: [role(guildId, '@everyone', everything), role(adminRole, 'admins', 1n << 5n)],
    channels: all.filter(({ type }) => type !== 11).map((channel) => channelJson(channel, state)),
    threads: all.filter(({ type }) => type === 11).map((channel) => channelJson(channel, state)),
    members: [memberJson(bot)],
    emojis: [],
    stickers: [],
    presences: [],
    voice_states: [],
    features: [],
    member_count: 5,
    large: false,
    unavailable: false,
    premium_tier: 0,
    nsfw_level: 0,
    verification_level: 0,
    joined_at: '2026-01-01T00:00:00.000Z',
  }
}

export function messageJson(message: DiscordMessage, state: DiscordState): Data {
  const { id, channel, author, flags, components, attached, nonce, atMs, editedMs } = message
  return {
    id,
    channel_id: channel,
    type: 0,
    content: '',
    author: userJson(state.usersById.get(author)!),
    mentions: [],
    mention_roles: [],
    mention_everyone: false,
    attachments: attached.map((one) => attachmentJson(one, message)),
    embeds: [],
    components: components.map((one) => componentJson(one, message)),
    flags,
    timestamp: new Date(atMs).toISOString(),
    edited_timestamp: editedMs === undefined ? null : new Date(editedMs).toISOString(),
    pinned: false,
    tts: false,
    ...omitUndefined({ nonce }),
  }
}

export function urlOf(name: string, { channel, id }: Pick<DiscordMessage, 'channel' | 'id'>): string {
  return `https://cdn.discordapp.com/attachments/${channel}/${id}/${name}?ex=0&is=0&hm=0`
}

function attachmentJson({ id, name, type, description, bytes }: Attached, message: DiscordMessage): Data {
  const url = urlOf(name, message)
  return {
    id,
    filename: name,
    size: bytes.length,
    url,
    proxy_url: url,
    content_type: type,
    ...omitUndefined({ description }),
    ...(message.onlyFor !== undefined && { ephemeral: true }),
  }
}

function componentJson(component: Data, message: DiscordMessage): Data {
  const media = (value: unknown): Data => {
    const name = String((value as Data)['url']).replace('attachment://', '')
    const attached = message.attached.find((one) => one.name === name)!
    const url = urlOf(name, message)
    return { id: attached.id, url, proxy_url: url, width: 8, height: 8, content_type: attached.type, attachment_id: attached.id }
  }
  const inner = (key: string) => ((component[key] ?? []) as readonly Data[]).map((one) => componentJson(one, message))
  switch (component['type']) {
    case 1:
      return { ...component, components: inner('components') }
    case 3:
      return { min_values: 1, max_values: 1, ...component }
    case 9:
      return { ...component, components: inner('components'), accessory: componentJson(component['accessory'] as Data, message) }
    case 11:
      return { ...component, description: component['description'] ?? null, spoiler: false, media: media(component['media']) }
    case 12: {
      const items = component['items'] as readonly Data[]
      return { ...component, items: items.map((one) => ({ description: null, spoiler: false, ...one, media: media(one['media']) })) }
    }
    case 13:
      return { ...component, file: media(component['file']), name: null, size: null, spoiler: false }
    case 17:
      return { ...component, accent_color: component['accent_color'] ?? null, spoiler: false, components: inner('components') }
    default:
      return component
  }
}

/** Discord numbers those that have no id. */
export function withIds(components: readonly Data[]): readonly Data[] {
  const taken = new Set([...walk(components)].map(({ id }) => id))
  let next = 1
  const number = (component: Data): Data => {
    while (taken.has(next)) next++
    return {
      ...component,
      id: component['id'] ?? next++,
      ...(component['components'] !== undefined && { components: (component['components'] as readonly Data[]).map(number) }),
      ...(component['accessory'] !== undefined && { accessory: number(component['accessory'] as Data) }),
    }
  }
  return components.map(number)
}

// Channel access: where something was said, who may do what there, and what the bot may: from the event where it tells, else from what
// discord.js knows of its servers.

import { ChannelType, type Client, type Guild, type GuildBasedChannel, InteractionContextType, PermissionsBitField } from 'discord.js'
import type { Asker, Channel } from '../contract/incoming.ts'
import type { InteractionEvent, ReactionEvent } from './gateway/event-schemas.ts'

/** As the settings of a server call them. */
const names = {
  ViewChannel: 'View Channel',
  SendMessages: 'Send Messages',
  SendMessagesInThreads: 'Send Messages in Threads',
  AttachFiles: 'Attach Files',
} as const

const threads: ReadonlySet<number> = new Set([ChannelType.AnnouncementThread, ChannelType.PublicThread, ChannelType.PrivateThread])

/** What is known besides the event itself. */
export interface Surroundings {
  readonly client: Client
  /** Ids of people who run this bot. */
  readonly operators: ReadonlySet<string>
}

export function channelOfInteraction(event: InteractionEvent, client: Client): Channel {
  const id = event.channel_id ?? event.channel?.id ?? '0'
  const { guild_id, channel, app_permissions } = event
  if (guild_id === undefined) return { id, ageRestricted: false, direct: isDirect(event), missing: [] }
  const guild = client.guilds.cache.get(guild_id)
  const known = channelIn(guild, id)
  const parent = channel?.parent_id ? channelIn(guild, channel.parent_id) : undefined
  const within = withinOf(channel?.parent_id ?? known?.parentId, guild)
  const ageRestricted = channel?.nsfw === true || [known, parent].some(isAgeRestricted)
  // it can respond, and that is all it needs
  const guest = isGuest(event)
  const allowed = app_permissions === undefined ? undefined : new PermissionsBitField(BigInt(app_permissions))
  const missing =
    allowed === undefined
      ? missingIn(known, guild)
      : guest
        ? lacking(allowed, ['AttachFiles'])
        : lackingIn(allowed, channel?.type ?? known?.type)
  return { id, ...(within.length > 0 && { within }), ageRestricted, direct: false, missing }
}

/**
 * Whether the person is alone with the bot. A conversation of two people looks the same but for the context, and who reads along there is no
 * party to what is private; so what Discord does not say is not taken for alone.
 */
function isDirect({ context, channel, authorizing_integration_owners: owners }: InteractionEvent): boolean {
  if (context !== undefined) return context === InteractionContextType.BotDM
  return channel?.type === ChannelType.DM && (owners === undefined || owners['0'] === '0')
}

/** Brought along by a person: the bot is no member there. */
export function isGuest({ authorizing_integration_owners: owners }: InteractionEvent): boolean {
  return owners !== undefined && !('0' in owners)
}

export function channelOfReaction({ guild_id, channel_id }: ReactionEvent, client: Client): Channel {
  if (guild_id === undefined) return { id: channel_id, ageRestricted: false, direct: true, missing: [] }
  const guild = client.guilds.cache.get(guild_id)
  const known = channelIn(guild, channel_id)
  const within = withinOf(known?.parentId, guild)
  const ageRestricted = isAgeRestricted(known)
  return { id: channel_id, ...(within.length > 0 && { within }), ageRestricted, direct: false, missing: missingIn(known, guild) }
}

/** The channel of a thread or a post, and its category; of a channel its category. */
function withinOf(parent: string | null | undefined, guild: Guild | undefined): string[] {
  if (!parent) return []
  const category = channelIn(guild, parent)?.parentId
  return category ? [parent, category] : [parent]
}

export function askerOfInteraction({ member }: InteractionEvent, person: string, { operators }: Surroundings): Asker {
  const permissions = new PermissionsBitField(BigInt(member?.permissions ?? 0))
  return { admin: permissions.has('ManageGuild'), operator: operators.has(person), roles: member?.roles ?? [] }
}

export function askerOfReaction({ guild_id, user_id, member }: ReactionEvent, { client, operators }: Surroundings): Asker {
  const guild = guild_id === undefined ? undefined : client.guilds.cache.get(guild_id)
  const roles = member?.roles ?? []
  const operator = operators.has(user_id)
  if (!guild) return { admin: false, operator, roles }
  const held = [guild.id, ...roles].map((role) => guild.roles.cache.get(role)?.permissions).filter((one) => one !== undefined)
  return { admin: guild.ownerId === user_id || held.some((one) => one.has('ManageGuild')), operator, roles }
}

/** Where somebody is alone with the bot there is nothing to be an admin of. */
export function askerAlone(person: string, { operators }: Surroundings): Asker {
  return { admin: false, operator: operators.has(person), roles: [] }
}

/** Of everybody who reads along there. */
export function localeOf(guild: string | undefined, client: Client): string | undefined {
  return guild === undefined ? undefined : client.guilds.cache.get(guild)?.preferredLocale
}

function channelIn(guild: Guild | undefined, id: string): GuildBasedChannel | undefined {
  return guild?.channels.cache.get(id)
}

/** A thread is as its channel. What is not known is taken for not. */
function isAgeRestricted(channel: GuildBasedChannel | undefined): boolean {
  const place = channel?.isThread() ? channel.parent : channel
  return place !== null && place !== undefined && 'nsfw' in place && place.nsfw === true
}

/** Nothing where it cannot be known: the call itself will tell. */
function missingIn(channel: GuildBasedChannel | undefined, guild: Guild | undefined): string[] {
  const me = guild?.members.me
  const allowed = me && channel?.permissionsFor(me)
  return allowed ? lackingIn(allowed, channel?.type) : []
}

function lackingIn(allowed: Readonly<PermissionsBitField>, type: number | undefined): string[] {
  const inThread = type !== undefined && threads.has(type)
  return lacking(allowed, ['ViewChannel', inThread ? 'SendMessagesInThreads' : 'SendMessages', 'AttachFiles'])
}

function lacking(allowed: Readonly<PermissionsBitField>, needed: readonly (keyof typeof names)[]): string[] {
  return needed.filter((flag) => !allowed.has(flag)).map((flag) => names[flag])
}

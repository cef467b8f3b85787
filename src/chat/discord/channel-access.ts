// Channel access: where something was said, who may do what there, and what the bot may: from the event where it tells, else from what
// discord.js knows of its servers.

import { ChannelType, type Client, type Guild, type GuildBasedChannel, PermissionsBitField } from 'discord.js'
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
  const { guild_id, channel, app_permissions, authorizing_integration_owners: owners } = event
  if (guild_id === undefined) {
    const direct = channel === undefined || channel.type === ChannelType.DM
    return { id, ageRestricted: false, direct, missing: [] }
  }
  const guild = client.guilds.cache.get(guild_id)
  const known = channelIn(guild, id)
  const parent = channel?.parent_id ? channelIn(guild, channel.parent_id) : undefined
  const ageRestricted = channel?.nsfw === true || [known, parent].some(isAgeRestricted)
  // brought along by a person, the bot is no member: it can respond, and that is all it needs
  const guest = owners !== undefined && !('0' in owners)
  const allowed = app_permissions === undefined ? undefined : new PermissionsBitField(BigInt(app_permissions))
  const missing =
    allowed === undefined
      ? missingIn(known, guild)
      : guest
        ? lacking(allowed, ['AttachFiles'])
        : lackingIn(allowed, channel?.type ?? known?.type)
  return { id, ageRestricted, direct: false, missing }
}

export function channelOfReaction({ guild_id, channel_id }: ReactionEvent, client: Client): Channel {
  if (guild_id === undefined) return { id: channel_id, ageRestricted: false, direct: true, missing: [] }
  const guild = client.guilds.cache.get(guild_id)
  const known = channelIn(guild, channel_id)
  return { id: channel_id, ageRestricted: isAgeRestricted(known), direct: false, missing: missingIn(known, guild) }
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

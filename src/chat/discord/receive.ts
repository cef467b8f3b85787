// Receiving from Discord: its events → Incoming. They come raw and are checked by gateway/event-schemas.ts: what discord.js has no form for yet,
// or never saw before a restart, is received all the same.

import { type Client, InteractionType } from 'discord.js'
import { omitUndefined } from '../../omit-undefined.ts'
import type { Attachment } from '../contract/attachment.ts'
import { withEmptied } from '../contract/emptied-fields.ts'
import type { Circumstances, Incoming, OptionInput, Said, Typing } from '../contract/incoming.ts'
import { reactionNamed } from '../contract/reactions.ts'
import type { Address, Interaction } from './address.ts'
import { declaredName } from './application-commands.ts'
import {
  askerAlone,
  askerOfInteraction,
  askerOfReaction,
  channelOfInteraction,
  channelOfReaction,
  isGuest,
  localeOf,
  type Surroundings,
} from './channel-access.ts'
import {
  type AttachmentData,
  commandData,
  componentData,
  type InteractionEvent,
  type MessageEvent,
  modalData,
  type OptionData,
  type ReactionEvent,
  type User,
} from './gateway/event-schemas.ts'
import { listId } from './layout/components.ts'
import { purposeOf } from './layout/modal.ts'

export const platformName = 'discord'

/** @returns undefined where Discord does not say who it was */
export function incomingOf(
  event: InteractionEvent,
  surroundings: Surroundings,
  nowMs: number,
): (Incoming & { readonly address: Address }) | undefined {
  const who = event.member?.user ?? event.user
  if (!who) return undefined
  const channel = channelOfInteraction(event, surroundings.client)
  const address: Address = {
    channel: channel.id,
    person: who.id,
    direct: channel.direct,
    guest: isGuest(event),
    interaction: { id: event.id, token: event.token, kind: kindOf(event.type), atMs: nowMs },
  }
  return {
    id: event.id,
    owner: { platform: platformName, space: event.guild_id ?? channel.id, person: who.id },
    name: nameOf(who, event.member?.nick),
    asker: askerOfInteraction(event, who.id, surroundings),
    channel,
    address,
    locale: event.locale ?? 'en-US',
    ...omitUndefined({ channelLocale: event.guild_locale, maxBytes: event.attachment_size_limit }),
    ...saidIn(event),
  }
}

export function typingOf(event: InteractionEvent, surroundings: Surroundings): Typing | undefined {
  const who = event.member?.user ?? event.user
  const { data } = commandData.safeParse(event.data)
  if (!who || !data) return undefined
  const { action, options } = unfolded(data.options)
  const focused = options.find((one) => one.focused === true)
  if (!focused) return undefined
  return {
    owner: { platform: platformName, space: event.guild_id ?? event.channel_id ?? '0', person: who.id },
    asker: askerOfInteraction(event, who.id, surroundings),
    locale: event.locale ?? 'en-US',
    command: declaredName(data.name),
    ...omitUndefined({ action }),
    option: focused.name,
    typed: typeof focused.value === 'string' || typeof focused.value === 'number' ? String(focused.value) : '',
  }
}

/** Undefined where it is no reaction of ours, or a bot's. */
export function incomingOfReaction(event: ReactionEvent, delivery: string, surroundings: Surroundings): Incoming | undefined {
  const { client } = surroundings
  const { user_id, channel_id, message_id, guild_id, member, message_author_id, emoji } = event
  const me = client.user?.id
  if (user_id === me || member?.user?.bot || (message_author_id !== undefined && message_author_id !== me)) return undefined
  const reaction = emoji.id || !emoji.name ? undefined : reactionNamed(emoji.name)
  if (!reaction) return undefined
  const channel = channelOfReaction(event, client)
  const address: Address = { channel: channel_id, person: user_id, direct: channel.direct, guest: false, interaction: null }
  return {
    ...whereabouts(guild_id, channel_id, user_id, client),
    id: `${message_id}/${user_id}/${reaction}/${delivery}`,
    // in a conversation with the bot Discord says neither member nor user; names.ts finds out
    name: member?.user ? nameOf(member.user, member.nick) : '',
    asker: askerOfReaction(event, surroundings),
    channel,
    address,
    kind: 'reaction',
    reaction,
    message: message_id,
  }
}

/** What is typed to the bot alone: the one place where Discord shows it what people write. */
export function incomingOfMessage(event: MessageEvent, surroundings: Surroundings): Incoming | undefined {
  const { client } = surroundings
  const { id, channel_id, guild_id, author, content } = event
  // of what is replied to, where nothing hangs on the reply itself
  const attachments = event.attachments.length > 0 ? event.attachments : (event.referenced_message?.attachments ?? [])
  if (guild_id !== undefined || author.bot || author.id === client.user?.id) return undefined
  const text = content.replace(new RegExp(`^\\s*<@!?${client.user?.id}>`), '').trim()
  if (text === '' && attachments.length === 0) return undefined
  const address: Address = { channel: channel_id, person: author.id, direct: true, guest: false, interaction: null }
  return {
    ...whereabouts(undefined, channel_id, author.id, client),
    id,
    name: nameOf(author, undefined),
    asker: askerAlone(author.id, surroundings),
    channel: { id: channel_id, ageRestricted: false, direct: true, missing: [] },
    address,
    kind: 'text',
    text,
    ...(attachments.length > 0 && { files: attachments.map(attachmentOf) }),
  }
}

function whereabouts(
  guild: string | undefined,
  channel: string,
  person: string,
  client: Client,
): Pick<Circumstances, 'owner' | 'locale' | 'channelLocale'> {
  const locale = localeOf(guild, client)
  return {
    owner: { platform: platformName, space: guild ?? channel, person },
    locale: locale ?? 'en-US',
    ...omitUndefined({ channelLocale: locale }),
  }
}

/** What cannot be read is words that mean nothing: the router then says what it understands. */
function saidIn({ type, data }: InteractionEvent): Said {
  if (type === InteractionType.ApplicationCommand) {
    const command = commandData.safeParse(data).data
    if (command) {
      const { action, options } = unfolded(command.options)
      const inputs = options.map(({ name, value }) => [name, inputOf(value, command.resolved.attachments)] as const)
      return { kind: 'command', command: declaredName(command.name), ...omitUndefined({ action }), options: present(inputs) }
    }
  }
  if (type === InteractionType.MessageComponent) {
    const component = componentData.safeParse(data).data
    if (component) return { kind: 'text', text: component.custom_id.startsWith(listId) ? (component.values[0] ?? '') : component.custom_id }
  }
  if (type === InteractionType.ModalSubmit) {
    const modal = modalData.safeParse(data).data
    const purpose = modal && purposeOf(modal.custom_id)
    if (purpose) {
      const { command, action, fixed, emptiable } = purpose
      const inputs = modal.components
        .flatMap(({ component, components }) => (component ? [component, ...components] : components))
        .map(
          ({ custom_id, value, values }) =>
            [custom_id, pickedOf(values, modal.resolved.attachments) ?? inputOf(value, modal.resolved.attachments)] as const,
        )
      return { kind: 'command', command, ...omitUndefined({ action }), options: { ...fixed, ...withEmptied(present(inputs), emptiable) } }
    }
  }
  return { kind: 'text', text: '' }
}

/** Subcommands hold the options that matter. */
function unfolded(options: readonly OptionData[], action?: string): { action?: string; options: readonly OptionData[] } {
  const [first] = options
  if (first && (first.type === 1 || first.type === 2)) return unfolded(first.options ?? [], first.name)
  return { ...omitUndefined({ action }), options }
}

/** Files are named by an id among `attachments`; an id that is not there is just digits. */
function inputOf(value: unknown, attachments: Readonly<Record<string, AttachmentData>>): OptionInput | undefined {
  if (typeof value === 'string' && Object.hasOwn(attachments, value)) return attachmentOf(attachments[value]!)
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined
}

/** Of a list or of files, of which several may be picked. */
function pickedOf(values: readonly unknown[] | undefined, attachments: Readonly<Record<string, AttachmentData>>): OptionInput | undefined {
  if (!values || values.length <= 1) return inputOf(values?.[0], attachments)
  const files = values.map((value) => inputOf(value, attachments)).filter((input) => typeof input === 'object')
  return files.length > 0 ? files.flat() : inputOf(values[0], attachments)
}

export function attachmentOf({ url, filename, size, description }: AttachmentData): Attachment {
  return { url, name: filename, bytes: size, ...(description && { caption: description }) }
}

function present(inputs: readonly (readonly [string, OptionInput | undefined])[]): Record<string, OptionInput> {
  return Object.fromEntries(inputs.filter((entry): entry is readonly [string, OptionInput] => entry[1] !== undefined))
}

function nameOf({ username, global_name }: User, nick: string | null | undefined): string {
  return nick || global_name || username
}

function kindOf(type: number): Interaction['kind'] {
  if (type === InteractionType.MessageComponent) return 'button'
  return type === InteractionType.ModalSubmit ? 'dialog' : 'command'
}

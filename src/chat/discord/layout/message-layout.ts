// Message layout: an Outgoing as one Discord message of components (their "version 2"): a container with words, pictures and buttons.
// A message is of this kind for good, so every message is. What people wrote is escaped; what is too long is cut.
// Discord counts 4000 characters and 40 components in all: https://docs.discord.com/developers/components/reference

import {
  type APIAllowedMentions,
  type APIComponentInContainer,
  type APIContainerComponent,
  type APITextDisplayComponent,
  type APIThumbnailComponent,
  ComponentType,
  MessageFlags,
  type RawFile,
} from 'discord.js'
import { omitUndefined } from '../../../omit-undefined.ts'
import type { Item, Outgoing, Picture, Tone } from '../../contract/outgoing.ts'
import { type AttachedFiles, attachedFiles } from './attachments.ts'
import { buttonOf, buttonRows, listsOf, uniqueCommands } from './components.ts'
import { escaped, escapedWithin } from './markdown.ts'

export interface DiscordMessage {
  readonly body: MessageBody
  readonly files: readonly RawFile[]
}

export interface MessageBody {
  readonly flags: number
  readonly components: readonly [APIContainerComponent | APITextDisplayComponent]
  /** All that the message then has: what is not listed is removed. */
  readonly attachments: readonly { readonly id: string; readonly filename: string; readonly description?: string }[]
  readonly allowed_mentions: APIAllowedMentions
}

const maxChars = 4000
const maxComponents = 40

/** @param ephemeral for the eyes of who asked alone: heeded when a message is made, not when it is edited */
export function messageOf(outgoing: Outgoing, ephemeral = false): DiscordMessage {
  const { container, attached } = fitContainer(outgoing)
  return {
    body: {
      flags: MessageFlags.IsComponentsV2 | (ephemeral ? MessageFlags.Ephemeral : 0),
      components: [container],
      attachments: attached.files.map(({ name, alt }, n) => ({ id: String(n), filename: name, ...(alt && { description: alt }) })),
      allowed_mentions: { parse: [], ...(outgoing.mention !== undefined && { users: [outgoing.mention] }) },
    },
    files: attached.files.map(({ name, bytes, mediaType }) => ({
      name,
      data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      contentType: mediaType,
    })),
  }
}

/** Says without a word of ours where a private message is. */
export function linkTo(channel: string, message: string): DiscordMessage {
  const content = `✉️ https://discord.com/channels/@me/${channel}/${message}`
  return {
    body: {
      flags: MessageFlags.IsComponentsV2 | MessageFlags.Ephemeral,
      components: [{ type: ComponentType.TextDisplay, content }],
      attachments: [],
      allowed_mentions: { parse: [] },
    },
    files: [],
  }
}

/** An id as components have, of the nonce or else of the words: the message is known again by it where Discord takes no nonce. */
function containerId(from: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(from)) hash = Math.imul(hash ^ byte, 0x01000193)
  // away from the small ids that Discord gives out itself
  return (hash >>> 2) | 0x40000000
}

interface Laid {
  readonly container: APIContainerComponent
  readonly attached: AttachedFiles
}

/** As much of it as fits. */
function fitContainer(outgoing: Outgoing): Laid {
  let best: Laid | undefined
  for (const crowded of [false, true]) {
    for (const share of [1, 0.7, 0.5, 0.35, 0.25, 0.1]) {
      best = containerOf(outgoing, { share, crowded })
      if (charsIn(best.container) <= maxChars) break
    }
    if (componentsIn(best!.container) <= maxComponents) break
  }
  return best!
}

interface Cut {
  /** How much of each text is shown. */
  readonly share: number
  /** Small pictures are left out, and the items' buttons are put together in lists. */
  readonly crowded: boolean
}

function containerOf(outgoing: Outgoing, { share, crowded }: Cut): Laid {
  const attached = attachedFiles()
  const { tone, picture, items = [], file, buttons = [], nonce } = outgoing
  const words = (text: string): string => (share === 1 ? escaped(text) : escapedWithin(text, Math.ceil(escaped(text).length * share)))
  const unique = uniqueCommands()
  const own = buttons.filter(unique)
  const parts: APIComponentInContainer[] = [{ type: ComponentType.TextDisplay, content: textOf(outgoing, words) || '…' }]
  const main = picture && attached.nameOf(picture)
  if (main) parts.push({ type: ComponentType.MediaGallery, items: [{ media: { url: main }, ...altOf(picture) }] })
  for (const item of items) parts.push(...itemParts(item, words, unique, attached, crowded))
  const url = file && attached.nameOf(file)
  if (url) parts.push({ type: ComponentType.File, file: { url } })
  if (crowded) parts.push(...listsOf(items, unique))
  parts.push(...buttonRows(own))
  const container: APIContainerComponent = {
    type: ComponentType.Container,
    id: containerId(nonce ?? JSON.stringify(parts)),
    ...omitUndefined({ accent_color: colours[tone] }),
    components: parts,
  }
  return { container, attached }
}

const colours: Readonly<Record<Tone, number | undefined>> = {
  plain: undefined,
  waiting: 0x95a5a6,
  running: 0x3498db,
  done: 0x2ecc71,
  failed: 0xe74c3c,
  refused: 0xe67e22,
  cancelled: 0x7f8c8d,
  expired: 0x7f8c8d,
}

function textOf({ text, quote, facts = [], progress, picture, mention }: Outgoing, words: (text: string) => string): string {
  const lines = [...(mention === undefined ? [] : [`<@${mention}>`]), words(text)]
  if (quote)
    lines.push(
      ...words(quote.replace(/\n+/g, '\n'))
        .split('\n')
        .map((line) => `> ${line}`),
    )
  if (progress) lines.push(`${bar(progress.done)} ${words(progress.text)}`)
  const said = facts.map(({ label, value }) => `**${words(oneLine(label)) || '…'}** ${words(oneLine(value))}`)
  if (picture && said.length > 0) lines.push(`-# ${said.join(' · ')}`)
  else lines.push(...said)
  return lines.join('\n').trim()
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

function bar(done: number): string {
  const full = Math.round(Math.min(1, Math.max(0, done)) * 12)
  return `${'▰'.repeat(full)}${'▱'.repeat(12 - full)} ${Math.floor(Math.min(1, Math.max(0, done)) * 100)}%`
}

function itemParts(
  item: Item,
  words: (text: string) => string,
  unique: ReturnType<typeof uniqueCommands>,
  attached: AttachedFiles,
  crowded: boolean,
): APIComponentInContainer[] {
  const { title, text, picture, buttons = [] } = item
  const content = [`**${words(oneLine(title)) || '…'}**`, ...(text ? [words(text)] : [])].join('\n')
  const display = { type: ComponentType.TextDisplay, content } as const
  if (crowded) return [display]
  const own = buttons.filter(unique)
  const url = picture && attached.nameOf(picture)
  if (url) {
    const thumbnail: APIThumbnailComponent = { type: ComponentType.Thumbnail, media: { url }, ...altOf(picture) }
    return [{ type: ComponentType.Section, components: [display], accessory: thumbnail }, ...buttonRows(own)]
  }
  if (own.length === 1) return [{ type: ComponentType.Section, components: [display], accessory: buttonOf(own[0]!) }]
  return [display, ...buttonRows(own)]
}

function altOf({ alt }: Picture): { description?: string } {
  return alt === '' ? {} : { description: alt.slice(0, 1024) }
}

function charsIn(container: APIContainerComponent): number {
  let chars = 0
  for (const part of container.components) {
    if (part.type === ComponentType.TextDisplay) chars += part.content.length
    if (part.type === ComponentType.Section) for (const { content } of part.components) chars += content.length
  }
  return chars
}

function componentsIn(container: APIContainerComponent): number {
  let count = 1
  for (const part of container.components) {
    count += 1
    if (part.type === ComponentType.ActionRow) count += part.components.length
    if (part.type === ComponentType.Section) count += part.components.length + 1
  }
  return count
}

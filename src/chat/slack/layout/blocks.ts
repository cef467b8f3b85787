// Block Kit: a message as Slack lays it out. People's words stand in rich text, whose elements Slack takes literally: no mention, no link,
// no emphasis can come out of them. Pure.

import { createHash } from 'node:crypto'
import type { types } from '@slack/bolt'
import type { Button, Fact, Item, Outgoing, Picture, ShownProgress, Tone } from '../../contract/outgoing.ts'
import { shortened } from '../../contract/plain-text.ts'
import { escaped, plain, toMetadata } from './mrkdwn.ts'

export interface Content {
  /** What notifications and screen readers say; not shown beside the blocks. */
  readonly text: string
  readonly blocks: readonly types.KnownBlock[]
}

/** The id of the uploaded file for each picture, by its `hashOf`. Pictures without one are left out. */
export type Uploaded = ReadonlyMap<string, string>

/** @param actionOf the id of the nth button */
export function contentOf(outgoing: Outgoing, uploaded: Uploaded, actionOf = (n: number) => `say:${n}`): Content {
  const { tone, text, quote, facts = [], progress, picture, items = [], buttons = [], mention } = outgoing
  let count = 0
  const actions = (some: readonly Button[]): types.KnownBlock[] =>
    some.length === 0 ? [] : [{ type: 'actions', elements: some.map((button) => buttonOf(button, actionOf(count++))) }]
  return {
    text: escaped(shortened([signs[tone]?.unicode, text, quote].filter(Boolean).join(' ') || '…', 2000)),
    blocks: [
      ...richText([
        section([
          ...(mention === undefined ? [] : [{ type: 'user', user_id: mention } as const, words(' ')]),
          ...(signs[tone] ? [emoji(signs[tone].name), words(' ')] : []),
          words(text),
        ]),
        ...(quote ? [{ type: 'rich_text_quote' as const, elements: [words(quote)] }] : []),
        section(facts.flatMap((fact, n) => factOf(fact, n === 0 ? '' : facts.length > 4 ? '\n' : '  ·  '))),
        section(progress ? progressOf(progress) : []),
      ]),
      ...imageOf(picture, uploaded),
      ...items.flatMap((item) => [...itemOf(item), ...imageOf(item.picture, uploaded), ...actions(item.buttons ?? [])]),
      ...actions(buttons),
    ],
  }
}

/** The pictures that a message shows inside it: the kinds that Slack can. */
export function inlinePictures({ picture, items = [] }: Outgoing): Picture[] {
  return [picture, ...items.map((item) => item.picture)].filter((one) => one !== undefined).filter(isInline)
}

/** An image block takes png, jpg and gif; an MP4 and an animated WebP are shared as files. */
export function isInline({ format }: Picture): boolean {
  return format === 'gif'
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 22)
}

/** How a click is known again; its command is the button's value. */
export const buttonAction = /^say:\d+$/

const signs: Readonly<Partial<Record<Tone, { readonly name: string; readonly unicode: string }>>> = {
  waiting: { name: 'hourglass_flowing_sand', unicode: '⏳' },
  running: { name: 'film_frames', unicode: '🎞️' },
  failed: { name: 'warning', unicode: '⚠️' },
  refused: { name: 'no_entry_sign', unicode: '🚫' },
  cancelled: { name: 'heavy_multiplication_x', unicode: '✖️' },
  expired: { name: 'hourglass', unicode: '⌛' },
}

function factOf({ label, value }: Fact, before: string): types.RichTextElement[] {
  return [words(before), { ...words(label), style: { bold: true } }, words(` ${value}`)]
}

function progressOf({ done, text }: ShownProgress): types.RichTextElement[] {
  const cells = 20
  const full = Math.round(Math.min(1, Math.max(0, done)) * cells)
  return [{ ...words('█'.repeat(full) + '░'.repeat(cells - full)), style: { code: true } }, words(` ${text}`)]
}

function itemOf({ title, text }: Item): types.KnownBlock[] {
  return richText([section([{ ...words(title), style: { bold: true } }, words(text ? `\n${text}` : '')])])
}

function imageOf(picture: Picture | undefined, uploaded: Uploaded): types.KnownBlock[] {
  const id = picture && uploaded.get(hashOf(picture.bytes))
  return id === undefined ? [] : [{ type: 'image', slack_file: { id }, alt_text: shortened(picture!.alt, 2000) || picture!.fileName }]
}

function buttonOf({ label, emoji, command, style }: Button, action: string): types.Button {
  return {
    type: 'button',
    action_id: action,
    text: { ...plain(emoji ? `${emoji} ${label}` : label, 75), emoji: true },
    value: toMetadata(command),
    ...(style === 'main' && { style: 'primary' as const }),
    ...(style === 'danger' && { style: 'danger' as const }),
  }
}

function richText(elements: readonly types.RichTextBlockElement[]): types.KnownBlock[] {
  const filled = elements.map((one) => ({ ...one, elements: one.elements.filter(isFilled) })).filter((one) => one.elements.length > 0)
  return filled.length === 0 ? [] : [{ type: 'rich_text', elements: filled as types.RichTextBlockElement[] }]
}

/** Slack refuses empty texts. */
function isFilled(element: types.RichTextElement | types.RichTextSection): boolean {
  return element.type !== 'text' || element.text !== ''
}

function section(elements: readonly types.RichTextElement[]): types.RichTextSection {
  return { type: 'rich_text_section', elements: [...elements] }
}

function words(text: string): types.RichTextText {
  return { type: 'text', text }
}

function emoji(name: string): types.RichTextElement {
  return { type: 'emoji', name }
}

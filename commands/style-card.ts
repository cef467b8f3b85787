// A style card: a style as its managers are shown it, and what they can do about it by a button.

import {
  type CommandContext,
  commandText,
  type Line,
  type ReplyButton,
  type StyleCard,
  type StylePreview,
  say,
  type TextReply,
} from '../src/chat/contract/command.ts'
import { UserError } from '../src/errors.ts'

/** @param settings what it draws with: its own, or with those of its base where they are known */
export function cardFacts(card: StyleCard, settings = card.settings): NonNullable<TextReply['facts']> {
  const { files, triggers, before, after, negative, example, aliases, base, where } = card
  const { width, height, frames, steps, guidance } = settings
  const words = [before, after].filter((text) => text !== '').join(' … ')
  const optional: readonly (readonly [label: Line, value: string])[] = [
    [say('fact-triggers'), triggers.join(', ')],
    [say('fact-words'), words],
    [say('fact-negative'), negative],
    [say('fact-example'), example],
    [say('fact-aliases'), aliases.join(', ')],
    [say('fact-size'), width === undefined || height === undefined ? '' : `${width} × ${height}`],
    [say('fact-frames'), String(frames ?? '')],
    [say('fact-steps'), String(steps ?? '')],
    [say('fact-guidance'), String(guidance ?? '')],
  ]
  return [
    { label: say('fact-files'), value: files.map(fileLine).join('\n') || say('none') },
    { label: say('fact-source'), value: files.map(({ source }) => source).join('\n') || say('none') },
    { label: say('fact-license'), value: [...new Set(files.map(({ license }) => license ?? '–'))].join(', ') || say('unstated') },
    ...optional.filter(([, value]) => value !== '').map(([label, value]) => ({ label, value })),
    { label: say('fact-base'), value: base },
    { label: say('fact-where'), value: say(where) },
  ]
}

/** Everything that a style draws with unless asked otherwise. What is hidden from people has no base to be asked for: its own settings then. */
export async function settingsOf(
  { name, settings }: StyleCard,
  { styles }: Pick<CommandContext, 'styles'>,
): Promise<StyleCard['settings']> {
  try {
    return { ...(await styles.model(name)), ...settings }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return settings
  }
}

function fileLine({ about, bytes, sha256, strength, word }: StyleCard['files'][number], i: number): string {
  const size = bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${Math.round(bytes / 1e6)} MB`
  const more = word === undefined ? (strength === 1 ? '' : `, strength ${strength}`) : `, word ${word}`
  return `${i + 1}. ${about}${more} (${size}, sha256 ${sha256.slice(0, 12)})`
}

export function pictureItems({ name }: StyleCard, preview: StylePreview): NonNullable<TextReply['items']> {
  return [
    { title: say('style-styled', { name }), picture: { animation: preview.styled } },
    { title: say('style-plain'), picture: { animation: preview.plain } },
  ]
}

/** Back to before the change that this card shows. */
export function undoButton({ name, change }: StyleCard): ReplyButton {
  return { label: say('button-undo'), command: commandText('styles rollback', { name, to: change - 1 }) }
}

export function previewButton({ name }: StyleCard): ReplyButton {
  return { label: say('button-preview'), command: commandText('styles preview', { name }) }
}

/** Sentences under the first, each on its own line. */
export function withNotes(text: Line, { notes }: StyleCard): Line {
  return notes.reduce<Line>((before, note) => say('two-lines', { before, note }), text)
}

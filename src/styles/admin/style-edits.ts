// Style edits: what managers change about a style, as functions from one entry to the next. Pure.

import { isDeepStrictEqual } from 'node:util'
import type { StyleEdits } from '../../chat/contract/style-admin.ts'
import { drawSettingsIn } from '../../draw-settings.ts'
import { UserError } from '../../errors.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { sanitizeText } from '../intake/sanitize.ts'
import { isLora, type StyleEntry, type StyleFile } from '../registry/style-entry.ts'
import { checkStyleName, foldName } from '../registry/style-names.ts'

export const maxWordsChars = 500
const maxAliases = 20
/** Files of one style: each costs time at every step. */
export const maxFiles = 12

/**
 * @param space where the person speaks
 * @throws UserError `style-unchanged`, `style-part`, `style-part-unnamed`, `style-part-kind`, `style-name`, `list-full`
 */
export function applyEdits(entry: StyleEntry, edits: StyleEdits, space: string): StyleEntry {
  const { where, usual } = edits
  const { spaces: _, ...rest } = entry
  const words = (text: string | undefined, now: string, maxChars = maxWordsChars): string =>
    text === undefined ? now : sanitizeText(text, maxChars)
  const files = editedFiles(entry, edits)
  const next: StyleEntry = {
    ...(where === 'everywhere' ? rest : entry),
    ...(where === 'here' && { spaces: [space] }),
    files,
    triggers: edits.triggers === undefined ? triggersFor(entry, files) : listOf(edits.triggers),
    before: words(edits.before, entry.before),
    after: words(edits.after, entry.after),
    negative: words(edits.negative, entry.negative),
    about: words(edits.about, entry.about),
    example: words(edits.example, entry.example),
    ...(edits.aliases !== undefined && { aliases: aliasesOf(edits.aliases, entry.name) }),
    defaults: { ...(usual ? {} : entry.defaults), ...drawSettingsIn(edits) },
  }
  if (isDeepStrictEqual(next, entry)) throw unchanged(entry.name)
  return next
}

export const unchanged = (name: string): UserError => new UserError('style-unchanged', `That leaves ${name} as it is.`, { name })

function editedFiles(entry: StyleEntry, { part, strength, word, drop }: StyleEdits): readonly StyleFile[] {
  if (strength === undefined && word === undefined && !drop) return entry.files
  const at = partOf(entry, part, ({ kind }) => drop || (strength !== undefined ? isLora(kind) : kind === 'textual-inversion'))
  const file = entry.files[at]!
  if (strength !== undefined && !isLora(file.kind))
    throw new UserError('style-part-kind', `${file.about} has no strength: LoRAs do.`, { about: file.about, what: 'strength' })
  if (word !== undefined && file.kind !== 'textual-inversion')
    throw new UserError('style-part-kind', `${file.about} has no word: textual inversions do.`, { about: file.about, what: 'word' })
  if (drop) return entry.files.filter((_, i) => i !== at)
  const next: StyleFile = { ...file, ...omitUndefined({ strength, word: word === undefined ? undefined : embeddingWord(word) }) }
  return entry.files.map((other, i) => (i === at ? next : other))
}

/** The word of a textual inversion is one of them, and nothing else than letters once no file answers to it. */
function triggersFor(entry: StyleEntry, files: readonly StyleFile[]): readonly string[] {
  const words = new Set(files.flatMap(({ word }) => word ?? []))
  const before = entry.files.flatMap(({ word }) => word ?? [])
  const gone = before.filter((word) => !words.has(word))
  const come = [...words].filter((word) => !before.includes(word))
  const isRenamed = come.length > 0 && gone.length > 0
  return entry.triggers.flatMap((trigger) => (gone.includes(trigger) ? (isRenamed ? come : []) : [trigger]))
}

/** The one that is named, or the only one that it can be about. */
function partOf({ files, name }: StyleEntry, part: number | undefined, fits: (file: StyleFile) => boolean): number {
  if (part !== undefined) {
    if (part <= files.length) return part - 1
    throw new UserError('style-part', `${name} has ${files.length} files; there is no file ${part}.`, { name, files: files.length, part })
  }
  const candidates = files.flatMap((file, i) => (fits(file) ? [i] : []))
  if (candidates.length === 1) return candidates[0]!
  const list = files.map(({ about }, i) => `${i + 1}: ${about}`).join('; ')
  throw new UserError('style-part-unnamed', `Say with part which file of ${name} is meant. ${list || 'It has none'}.`, { name, list })
}

/** One token of a prompt, whatever it looks like. @throws UserError `style-word` */
export function embeddingWord(typed: string): string {
  const word = sanitizeText(typed, 60)
  if (/^[\p{L}\p{N}\p{M}_<>.*-]+$/u.test(word)) return word
  throw new UserError('style-word', `The word of a textual inversion is letters and digits without spaces; not '${word}'.`, { word })
}

function listOf(typed: string): string[] {
  const words = typed.split(',').map((word) => sanitizeText(word, 60))
  return [...new Set(words)].filter((word) => word !== '').slice(0, 12)
}

function aliasesOf(typed: string, name: string): string[] {
  const names = typed
    .split(',')
    .filter((one) => one.trim() !== '')
    .map(checkStyleName)
  return withAliases([], names, name)
}

/** @throws UserError `list-full` */
export function withAliases(now: readonly string[], more: readonly string[], name: string): string[] {
  const aliases = new Map([...now, ...more].map((alias) => [foldName(alias), alias]))
  aliases.delete(foldName(name))
  if (aliases.size <= maxAliases) return [...aliases.values()]
  throw new UserError('list-full', `A list may have ${maxAliases} entries: take one away first.`, { max: maxAliases })
}

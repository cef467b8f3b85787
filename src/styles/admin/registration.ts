// Registration: from a file that was taken in to a style entry, or to a further file of one.

import { randomUUID } from 'node:crypto'
import type { Sentence } from '../../chat/contract/reply.ts'
import type { NewStyleFile } from '../../chat/contract/style-admin.ts'
import { UserError } from '../../errors.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import type { BaseModel } from '../catalog/base-models.ts'
import { describeFile, furtherWordsOf, licenseIn, triggersOf } from '../intake/describe-file.ts'
import type { IntakeResult } from '../intake/intake.ts'
import { sanitizeText } from '../intake/sanitize.ts'
import type { StyleEntry, StyleFile, StyleFileKind } from '../registry/style-entry.ts'
import { checkStyleName } from '../registry/style-names.ts'
import { embeddingWord, maxFiles, maxWordsChars } from './style-edits.ts'

/** For admins until somebody publishes it. */
export function newEntry(file: StyleFile, { inspection }: IntakeResult, wanted: NewStyleFile, bases: readonly BaseModel[]): StyleEntry {
  const base = bases[inspection.base]!
  return {
    id: randomUUID(),
    name: checkStyleName(wanted.name),
    aliases: [],
    about: sanitizeText(wanted.about ?? titleIn(inspection), maxWordsChars),
    example: sanitizeText(wanted.example ?? base.example, maxWordsChars),
    base: base.name,
    files: [file],
    triggers: newTriggers(file, inspection),
    before: '',
    after: '',
    negative: '',
    defaults: { ...inspection.defaults },
    state: 'admins',
  }
}

/** @throws UserError `style-has-file`, `list-full` */
export function extendedEntry(
  entry: StyleEntry,
  file: StyleFile,
  { inspection }: IntakeResult,
  { about, example }: NewStyleFile,
): StyleEntry {
  if (entry.files.some(({ sha256 }) => sha256 === file.sha256))
    throw new UserError('style-has-file', `${entry.name} has this file already.`, { name: entry.name })
  if (entry.files.length >= maxFiles)
    throw new UserError('list-full', `A list may have ${maxFiles} entries: take one away first.`, { max: maxFiles })
  return {
    ...entry,
    files: [...entry.files, file],
    triggers: [...new Set([...entry.triggers, ...newTriggers(file, inspection)])],
    defaults: { ...inspection.defaults, ...entry.defaults },
    about: about === undefined ? entry.about : sanitizeText(about, maxWordsChars),
    example: example === undefined ? entry.example : sanitizeText(example, maxWordsChars),
  }
}

export const fileNameOf = ({ sha256, inspection }: IntakeResult): string =>
  `${sha256}.${inspection.identity.container === 'safetensors' ? 'safetensors' : 'ckpt'}`

/** @throws UserError `style-word` */
export function styleFileOf(taken: IntakeResult, { strength, word }: NewStyleFile): StyleFile {
  const { identity, metadata } = taken.inspection
  const kind = identity.kind as StyleFileKind
  return {
    file: fileNameOf(taken),
    sha256: taken.sha256,
    bytes: taken.bytes,
    kind,
    about: describeFile(identity),
    source: taken.source,
    strength: strength ?? 1,
    ...omitUndefined({
      license: licenseIn(metadata),
      word: identity.kind === 'textual-inversion' ? embeddingWord(word ?? wordIn(taken)) : undefined,
    }),
  }
}

/** As A1111 and kohya have it: the file's name, unless the file holds a better one. */
function wordIn({ name, inspection: { identity } }: IntakeResult): string {
  const said = identity.kind === 'textual-inversion' ? sanitizeText(identity.embedding.word ?? '', 60) : ''
  const word = said === '' || said === '*' ? name.replace(/\.[a-z]+$/i, '') : said
  return word.replaceAll(/[^\p{L}\p{N}\p{M}_<>.*-]+/gu, '-')
}

const newTriggers = (file: StyleFile, { identity, metadata }: IntakeResult['inspection']): string[] =>
  file.word === undefined ? triggersOf(identity, metadata) : [file.word]

const titleIn = ({ metadata }: IntakeResult['inspection']): string =>
  metadata.get('modelspec.description') ?? metadata.get('modelspec.title') ?? ''

/** What a manager should know of it. */
export function notesOn({ inspection: { identity, ignored } }: IntakeResult, entry: StyleEntry, file: StyleFile): Sentence[] {
  const further = furtherWordsOf(identity, entry.triggers)
  return [
    ...(ignored > 0 ? [{ key: 'style-note-ignored', data: { ignored } } as const] : []),
    ...(file.kind === 'motion-lora' ? [{ key: 'style-note-motion', data: {} } as const] : []),
    ...(further.length > 0 ? [{ key: 'style-note-words', data: { words: further.join(', ') } } as const] : []),
  ]
}

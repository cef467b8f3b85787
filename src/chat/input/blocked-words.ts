// Blocked words: what must not stand in a prompt, and what happens to one that has it. Literal lists, never patterns:
// an admin's regular expression could stop the process. Words match as words, however they are spelled or dressed up. Pure.

import { keyedTexts, overKeyedTexts, promptReadings } from '../../clip.ts'
import { UserError } from '../../errors.ts'
import { createLruCache } from '../../lru-cache.ts'

export interface BlockedWords {
  /** The request is refused. */
  readonly refuse: readonly string[]
  /** The words are left out of prompt and style words. */
  readonly strip: readonly string[]
  /** The words are left out of the prompt and put into the negative prompt. */
  readonly negative: readonly string[]
}

/** What is looked at. */
export interface PromptToCheck {
  readonly prompt: string
  readonly negative: string
  readonly steps: number
}

export interface CheckedPrompt {
  readonly prompt: string
  readonly negative: string
  readonly stripped: readonly string[]
  readonly forced: readonly string[]
  /** Of the prompt: see `textsOf`. Read when they are first asked for, because it takes a while and few places block words. */
  readonly texts: () => readonly string[]
}

/**
 * Of a prompt that changes over the frames, part by part: what is forced into the negative prompt stands in each of its parts. A word that
 * nobody typed, and that the text encoder would read nonetheless, can be left out by nobody: it is refused.
 * @throws UserError blocked-words { words }, nothing-left
 */
export function checkWords({ prompt, negative, steps }: PromptToCheck, blocked: BlockedWords): CheckedPrompt {
  const asked = lazy(() => textsOf(prompt, steps))
  refuse(foundIn(asked, blocked.refuse))
  const dropped = [...blocked.strip, ...blocked.negative]
  const present = new Set<string>()
  const rest = overKeyedTexts(prompt, (part) => withoutDropped(part, dropped, present))
  const texts = present.size === 0 ? asked : lazy(() => textsOf(rest, steps))
  refuse(foundIn(texts, [...blocked.refuse, ...dropped]))
  if (present.size === 0) return { prompt, negative, stripped: [], forced: [], texts }
  const forced = blocked.negative.filter((word) => present.has(word))
  return {
    prompt: rest,
    negative: overKeyedTexts(negative, (part) =>
      [part, ...forced.filter((word) => found(part, [word]).length === 0)].filter(Boolean).join(', '),
    ),
    stripped: blocked.strip.filter((word) => present.has(word)),
    forced,
    texts,
  }
}

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** @throws UserError blocked-words, if there are any */
function refuse(present: readonly string[]): void {
  if (present.length === 0) return
  const words = present.join(', ')
  throw new UserError('blocked-words', `Requests with these words are not drawn here: ${words}.`, { words })
}

/** Words within words within words: nobody writes them so. */
const mostRounds = 20

/** @param present what was found is added @throws UserError nothing-left, blocked-words */
function withoutDropped(text: string, dropped: readonly string[], present: Set<string>): string {
  let rest = text
  // what is left may have a blocked word anew where others stood between
  let rounds = 0
  for (let more = found(rest, dropped); more.length > 0; more = found(rest, dropped)) {
    if (++rounds > mostRounds) refuse(more)
    for (const word of more) present.add(word)
    rest = without(rest, more)
  }
  if (rest !== text && !/[\p{L}\p{N}]/u.test(rest)) {
    throw new UserError('nothing-left', 'Nothing is left of the prompt, or of a part of it, without the words that are not drawn here.', {})
  }
  return rest
}

/**
 * What a prompt says: as it was typed, and as the text encoder reads it. The numbers of frames before the parts are no words.
 * @throws UserError prompt-nested
 */
export const textsOf = (prompt: string, steps: number): readonly string[] => [
  ...new Set([...keyedTexts(prompt).map(({ text }) => text), ...promptReadings(prompt, steps)]),
]

/** Which of the words stand in any of the texts, as the list spells them. */
export function foundIn(texts: () => readonly string[], words: readonly string[]): string[] {
  if (words.length === 0) return []
  const spelled = texts().map((text) => {
    const letters = lettersOf(text)
    return { letters, plain: plainOf(letters) }
  })
  return words.filter((word) => {
    const wanted = lettersOf(word)
    const plain = plainOf(wanted)
    return spelled.some((one) => one.plain.includes(plain) && rangesOf(wanted, one.letters).length > 0)
  })
}

const plainOf = (letters: readonly Letter[]): string => letters.map(({ plain }) => plain).join('')

const found = (text: string, words: readonly string[]): string[] => foundIn(() => [text], words)

/** The text without the words; what is between the others stays as it was typed. */
function without(text: string, words: readonly string[]): string {
  const letters = lettersOf(text)
  const ranges = words.flatMap((word) => rangesOf(lettersOf(word), letters)).sort((a, b) => a.start - b.start)
  let rest = ''
  let at = 0
  for (const { start, end } of ranges) {
    if (start > at) rest += text.slice(at, start)
    at = Math.max(at, end)
  }
  return tidy(rest + text.slice(at))
}

/** Where the word stands. Languages that put no spaces between words match anywhere, others from edge to edge of words. */
function rangesOf(wanted: readonly Letter[], letters: readonly Letter[]): { start: number; end: number }[] {
  const anywhere = wanted.some(({ plain }) => unspaced.test(plain))
  const ranges: { start: number; end: number }[] = []
  for (let i = 0; wanted.length > 0 && i + wanted.length <= letters.length; i++) {
    const last = i + wanted.length - 1
    const same = wanted.every((letter, j) => {
      const other = letters[i + j]!
      return other.plain === letter.plain && (anywhere || j === 0 || other.begins === letter.begins)
    })
    const edges = anywhere || (letters[i]!.begins && (letters[last + 1]?.begins ?? true))
    if (same && edges) ranges.push({ start: letters[i]!.start, end: letters[last]!.end })
  }
  return ranges
}

interface Letter {
  readonly plain: string
  /** Something that is no letter, digit or mark stands before it, or a letter of a language without spaces. */
  readonly begins: boolean
  readonly start: number
  end: number
}

/** Letters and digits spelled the plain way (NFKC, small, without marks and invisible characters), and where they stand. */
function lettersOf(text: string): Letter[] {
  const letters: Letter[] = []
  let begins = true
  let start = 0
  for (const point of text) {
    const end = start + point.length
    for (const plain of plainly(point)) {
      if (!/[\p{L}\p{N}]/u.test(plain)) {
        begins = true
        continue
      }
      const turns = letters.length > 0 && unspaced.test(letters.at(-1)!.plain) !== unspaced.test(plain)
      letters.push({ plain, begins: begins || turns, start, end })
      begins = false
    }
    // marks and invisible characters go with the letter before them
    if (!begins && letters.length > 0) letters.at(-1)!.end = end
    start = end
  }
  return letters
}

const plainPoints = createLruCache<string>(10_000)

const plainly = (point: string): string =>
  plainPoints.get(point, () =>
    point.normalize('NFKC').normalize('NFD').replace(hidden, '').toLowerCase().normalize('NFD').replace(hidden, ''),
  )

/** Combining marks; soft hyphen, zero-width and direction characters, variation selectors, tags. */
const hidden = /[\p{M}\p{Cf}\p{Default_Ignorable_Code_Point}]+/gu
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u

function tidy(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/\s+([,.;!?])/g, '$1')
    .replace(/([,;])(?:\s*[,;])+/g, '$1')
    .replace(/^[\s,.;]+|[\s,;]+$/g, '')
}

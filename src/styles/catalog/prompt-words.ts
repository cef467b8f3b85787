// Prompt words: what a style puts around a prompt, each phrase only where the prompt does not have it already. A prompt that changes over
// the frames has them around every part.

import { overKeyedTexts } from '../../clip.ts'
import type { Style } from './style.ts'

export function withPromptWords(prompt: string, { before, after }: Pick<Style, 'before' | 'after'>): string {
  return overKeyedTexts(prompt, (part) => listOf(...missingIn(part, before), part, ...missingIn(part, after)))
}

export function withNegative(negative: string, style: Pick<Style, 'negative'>): string {
  return overKeyedTexts(negative, (part) => listOf(part, ...missingIn(part, style.negative)))
}

const listOf = (...phrases: readonly string[]): string => phrases.filter((words) => words !== '').join(', ')

/** Phrases between commas; those in brackets stay together. */
function missingIn(prompt: string, words: string): string[] {
  const had = ` ${plain(prompt)} `
  return phrasesOf(words).filter((phrase) => {
    const wanted = plain(phrase)
    return wanted === '' ? !prompt.includes(phrase) : !had.includes(` ${wanted} `)
  })
}

function phrasesOf(words: string): string[] {
  const phrases: string[] = []
  let depth = 0
  let from = 0
  for (let i = 0; i < words.length; i++) {
    const letter = words[i]
    if (letter === '\\') i++
    else if (letter === '(' || letter === '[') depth++
    else if (letter === ')' || letter === ']') depth--
    else if (letter === ',' && depth <= 0) {
      phrases.push(words.slice(from, i))
      from = i + 1
    }
  }
  return [...phrases, words.slice(from)].map((phrase) => phrase.trim()).filter((phrase) => phrase !== '')
}

/** Words with single spaces between, whatever stood there. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .trim()

// Prompt words: what a style puts around a prompt, each phrase only where the prompt does not have it already.

import type { Style } from './style.ts'

export function withPromptWords(prompt: string, { before, after }: Pick<Style, 'before' | 'after'>): string {
  return [...missingIn(prompt, before), prompt, ...missingIn(prompt, after)].filter((words) => words !== '').join(', ')
}

export function withNegative(negative: string, style: Pick<Style, 'negative'>): string {
  return [negative, ...missingIn(negative, style.negative)].filter((words) => words !== '').join(', ')
}

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

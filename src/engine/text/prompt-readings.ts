// Prompt readings: what a text encoder is given of a prompt, for whoever looks for words in it. Tags and the signs of the grammar vanish, and
// what stood around them becomes one word.

import { withoutTags } from '../prompt-tags.ts'
import { composition } from './composition.ts'
import { keyedTexts } from './keyframes.ts'
import { parsePrompt } from './prompt.ts'
import { promptAt } from './prompt-schedule.ts'

/**
 * @param prompt may change over the frames and over the steps
 * @param steps of the sampler: it calls the net once in each, or once more in all
 * @returns every text once; strengths are left out
 */
export function promptReadings(prompt: string, steps: number): string[] {
  const parts = tagless(prompt).flatMap((text) => keyedTexts(text).flatMap((key) => composition(key.text).map((part) => part.text)))
  const texts = [...new Set(parts)].flatMap((part) => (part.includes('[') ? scheduled(part, steps) : [part]))
  return [...new Set([...new Set(texts)].map(reading))]
}

/** Tags are taken away as often as anybody takes some: where those that are known go first, what is left may be another. */
function tagless(prompt: string): string[] {
  const texts = [withoutTags(prompt)]
  for (let next = withoutTags(texts[0]!); next !== texts.at(-1); next = withoutTags(next)) texts.push(next)
  return texts
}

const scheduled = (text: string, steps: number): string[] =>
  [steps, steps + 1].flatMap((calls) => Array.from({ length: calls }, (_, call) => promptAt(text, call, calls)))

const reading = (text: string): string =>
  parsePrompt(text)
    .map((piece) => (piece.breakBefore ? ` ${piece.text}` : piece.text))
    .join('')

// Prompt readings: what a text encoder is given of a prompt, for whoever looks for words in it. Tags and the signs of the grammar vanish, and
// what stood around them becomes one word.

import { withoutTags } from '../prompt-tags.ts'
import { keyedTexts } from './keyframes.ts'
import { parsePrompt } from './prompt.ts'
import { promptAt } from './prompt-schedule.ts'

/**
 * @param prompt may change over the frames and over the steps
 * @param steps of the sampler, which calls the net once or twice in each
 * @returns every text once; strengths are left out
 */
export function promptReadings(prompt: string, steps: number): string[] {
  const parts = keyedTexts(withoutTags(prompt)).map(({ text }) => text)
  const texts = [steps, 2 * steps].flatMap((calls) =>
    Array.from({ length: calls }, (_, call) => parts.map((part) => promptAt(part, call, calls))),
  )
  return [...new Set([...new Set(texts.flat())].map(reading))]
}

const reading = (text: string): string =>
  parsePrompt(text)
    .map((piece) => (piece.breakBefore ? ` ${piece.text}` : piece.text))
    .join('')

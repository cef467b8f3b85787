// Prompt readings: what a text encoder is given of a prompt, for whoever looks for words in it. Tags and the signs of the grammar vanish, and
// what stood around them becomes one word.

import { UserError } from '../errors.ts'
import { withoutTags } from '../prompt-tags.ts'
import { composition } from './composition.ts'
import { keyedTexts } from './keyframes.ts'
import { parsePrompt } from './prompt.ts'
import { promptAt } from './prompt-schedule.ts'

/** Deeper than anybody writes: every level is read anew at every step. */
const mostNested = 8

/**
 * @param prompt may change over the frames and over the steps
 * @param steps of the sampler: it calls the net once in each, or once more in all
 * @returns every text once; strengths are left out
 * @throws UserError `prompt-nested`
 */
export function promptReadings(prompt: string, steps: number): string[] {
  if (nesting(prompt) > mostNested) {
    throw new UserError('prompt-nested', `Brackets of a prompt may stand ${mostNested} deep here.`, { max: mostNested })
  }
  // Tags are taken away twice: those that are known first, and then the rest, which may be another by then.
  const once = withoutTags(prompt)
  const parts = [once, withoutTags(once)].flatMap((text) =>
    keyedTexts(text).flatMap((key) => composition(key.text).map((part) => part.text)),
  )
  const texts = [...new Set(parts)].flatMap((part) => (part.includes('[') ? scheduled(part, steps) : [part]))
  return [...new Set([...new Set(texts)].map(reading))]
}

const scheduled = (text: string, steps: number): string[] =>
  [steps, steps + 1].flatMap((calls) => Array.from({ length: calls }, (_, call) => promptAt(text, call, calls)))

const reading = (text: string): string =>
  parsePrompt(text)
    .map((piece) => (piece.breakBefore ? ` ${piece.text}` : piece.text))
    .join('')

/** How many square brackets are open at once, at the most. */
function nesting(text: string): number {
  let [open, most] = [0, 0]
  for (const sign of text) {
    if (sign === '[') most = Math.max(most, ++open)
    else if (sign === ']') open = Math.max(0, open - 1)
  }
  return most
}

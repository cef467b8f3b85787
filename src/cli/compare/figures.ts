// Figures of clips that are compared, and their means over prompts: what stands in the table.

import type { Frames } from '../../engine/index.ts'
import { domainSimilarity, motionSmoothness, pixelMotionOf, warpErrorOf } from '../../engine/train.ts'
import type { ComparedPrompt, Eye, WorldFigures } from './eyes.ts'

/** JSON. The three of the paper are absent where nothing looks but at pixels. */
export interface Figures extends Partial<WorldFigures> {
  /** How well the frames fit the words. */
  readonly text?: number
  /** How much they look like stills by the same model. */
  readonly domain?: number
  /** How alike neighbours are; a still picture is the smoothest. */
  readonly smooth?: number
  readonly motion: number
  /** What of it no movement explains. */
  readonly warpError: number
  readonly jitter: number
  readonly secondDifference: number
  readonly loopGap: number
}

export const figureNames = [
  ...['text', 'domain', 'smooth', 'subject', 'colour', 'place', 'sharpness'],
  ...['motion', 'warpError', 'jitter', 'secondDifference', 'loopGap', 'seam'],
] as readonly (keyof Figures)[]

export interface MeasuredClip {
  readonly prompt: ComparedPrompt
  readonly frames: Frames
  /** By the same model, of the same words. */
  readonly stills: Frames
}

export async function figuresOf({ prompt, frames, stills }: MeasuredClip, eye?: Eye): Promise<Figures> {
  const { motion, jitter, secondDifference, loopGap } = pixelMotionOf(frames)
  const pixels = { motion, warpError: warpErrorOf(frames), jitter, secondDifference, loopGap }
  if (!eye) return pixels
  const shown = await eye.embed(frames)
  return {
    domain: domainSimilarity(shown, await eye.embed(stills)),
    smooth: motionSmoothness(shown),
    ...(await eye.read(prompt, frames, shown)),
    ...pixels,
  }
}

/** Of what all have. @param all at least one */
export function meanFigures(all: readonly Figures[]): Figures {
  const means = figureNames.flatMap((name) => {
    const values = all.flatMap((figures) => figures[name] ?? [])
    return values.length === all.length ? [[name, values.reduce((sum, value) => sum + value, 0) / values.length] as const] : []
  })
  return Object.fromEntries(means) as unknown as Figures
}

/** Head first; a row for each variant. */
export function figureRows(means: readonly { readonly variant: string; readonly figures: Figures }[]): string[][] {
  const names = figureNames.filter((name) => means[0]!.figures[name] !== undefined)
  return [
    ['', ...names.map((name) => heads[name] ?? name)],
    ...means.map(({ variant, figures }) => [variant, ...names.map((name) => shownFigure(name, figures[name]!))]),
  ]
}

export const shownFigure = (name: keyof Figures, value: number): string => value.toFixed(digits[name] ?? 2)

const heads: Partial<Record<keyof Figures, string>> = {
  secondDifference: '2nd difference',
  loopGap: 'loop gap',
  warpError: 'warp error',
}

const digits: Partial<Record<keyof Figures, number>> = { motion: 4, warpError: 4, text: 1, domain: 1, subject: 0, colour: 0, place: 0 }

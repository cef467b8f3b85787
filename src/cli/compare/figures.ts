// Figures of clips that are compared, and their means over prompts: what stands in the table.

import type { Frames } from '../../engine/index.ts'
import {
  type ClipModel,
  type ClipRunner,
  domainSimilarity,
  embedFrames,
  embedPrompts,
  motionSmoothness,
  pixelMotionOf,
  textAlignment,
  unitRows,
} from '../../engine/run.ts'

/** JSON. The three of CLIP are absent where none was named. */
export interface Figures {
  /** How well the frames fit the words. */
  readonly text?: number
  /** How much they look like stills by the same model. */
  readonly domain?: number
  /** How alike neighbours are; a still picture is the smoothest. */
  readonly smooth?: number
  readonly motion: number
  readonly jitter: number
  readonly secondDifference: number
  readonly loopGap: number
}

export const figureNames = [
  'text',
  'domain',
  'smooth',
  'motion',
  'jitter',
  'secondDifference',
  'loopGap',
] as const satisfies readonly (keyof Figures)[]

export interface MeasuredClip {
  readonly prompt: string
  readonly frames: Frames
  /** By the same model, of the same words. */
  readonly stills: Frames
}

export interface ClipEye {
  readonly clip: ClipModel
  readonly runner: ClipRunner
}

export async function figuresOf({ prompt, frames, stills }: MeasuredClip, eye?: ClipEye): Promise<Figures> {
  const { motion, jitter, secondDifference, loopGap } = pixelMotionOf(frames)
  const pixels = { motion, jitter, secondDifference, loopGap }
  if (!eye) return pixels
  const { clip, runner } = eye
  const width = clip.image.embedding
  const shown = unitRows(await embedFrames(clip, frames, runner), width)
  const references = unitRows(await embedFrames(clip, stills, runner), width)
  const [words] = unitRows(await embedPrompts(clip, [prompt], runner), width)
  return {
    text: textAlignment(shown, words!),
    domain: domainSimilarity(shown, references),
    smooth: motionSmoothness(shown),
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
    ['', ...names.map((name) => heads[name])],
    ...means.map(({ variant, figures }) => [variant, ...names.map((name) => figures[name]!.toFixed(digits[name] ?? 2))]),
  ]
}

const heads: Readonly<Record<(typeof figureNames)[number], string>> = {
  text: 'text',
  domain: 'domain',
  smooth: 'smooth',
  motion: 'motion',
  jitter: 'jitter',
  secondDifference: '2nd difference',
  loopGap: 'loop gap',
}

const digits: Partial<Record<keyof Figures, number>> = { motion: 4 }

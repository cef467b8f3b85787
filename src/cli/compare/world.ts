// The comparison on the small model's world: random prompts of it, and the questions of AnimateDiff's paper.

import { join, resolve } from 'node:path'
import { scaleMotion } from '../../engine/index.ts'
import { promptOf, wordsOfModel } from '../../judge/world-words.ts'
import { pocket } from '../../paths.ts'
import type { ComparedPrompt } from './eyes.ts'
import { paperQuestions, type Question } from './questions.ts'
import type { VariantFlags } from './variants-from-flags.ts'

export interface WorldFlags {
  /** Of prompts. */
  readonly count: number
  /** Of the first. */
  readonly seed: number
}

export function worldPrompts({ count, seed }: WorldFlags): ComparedPrompt[] {
  const words = wordsOfModel(pocket)
  return Array.from({ length: count }, (_, i) => {
    const asked = promptOf(words, seed + i)
    return { text: asked.text, asked }
  })
}

/** The small model, a look of it at three strengths, other bases, and its motion module from nothing to all of it. */
export function worldQuestions({ base, motion, motionStrength, vae, style }: VariantFlags, folder: string): Question[] {
  const file = motion === undefined ? join(pocket, 'motion') : resolve(motion)
  const strengths = new Set([...(motionStrength.length > 0 ? motionStrength : [0, 0.25, 0.5, 0.75]), 1])
  const look = join(pocket, 'loras', 'anime.safetensors')
  return paperQuestions({
    checkpoint: pocket,
    motions: [...strengths]
      .toSorted((a, b) => a - b)
      .map((strength) => ({ strength, file: strength === 1 ? file : scaleMotion(file, strength, join(folder, String(strength))) })),
    styles: style.length > 0 ? style : [0.3, 0.6, 1].map((strength) => ({ file: look, strength })),
    others: base,
    ...(vae !== undefined && { vae: resolve(vae) }),
  })
}

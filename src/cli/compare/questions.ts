// The questions that a comparison answers, each with the variants whose figures stand side by side. On the small model's world they are those
// of AnimateDiff's paper, and one that it does not ask.

import type { NamedLora } from '../../engine/index.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { shortPaths } from './short-paths.ts'
import type { Variant } from './variants.ts'

export interface Question {
  readonly title?: string
  readonly variants: readonly Variant[]
}

export interface PaperSources {
  /** What the motion module was trained on. */
  readonly checkpoint: string
  /** Of each strength; one is 1: the module as it is. */
  readonly motions: readonly { readonly strength: number; readonly file: string }[]
  readonly vae?: string
  /** A look, at several strengths. */
  readonly styles: readonly NamedLora[]
  /** Trained otherwise, and moved by the same module. */
  readonly others: readonly string[]
}

export function paperQuestions({ checkpoint, motions, vae, styles, others }: PaperSources): Question[] {
  const motion = motions.find(({ strength }) => strength === 1)!.file
  const variant = (name: string, change: Partial<Variant['model']> = {}): Variant => ({
    name,
    method: 'animatediff',
    model: { checkpoint, motion, loras: [], ...omitUndefined({ vae }), ...change },
  })
  const whole = variant('AnimateDiff')
  const names = shortPaths([...styles.map(({ file }) => file), ...others])
  const lookOf = ({ file, strength }: NamedLora): string => `${names.get(file)!.replace(/\.safetensors$/, '')} ${strength}`
  return [
    { title: '(a) against Text2Video-Zero', variants: [whole, { ...variant('Text2Video-Zero'), method: 'zero' }] },
    {
      title: '(b) on another base than that of training',
      variants: [
        whole,
        ...styles.map((style) => variant(lookOf(style), { loras: [style] })),
        ...others.map((other) => variant(names.get(other)!, { checkpoint: other })),
      ],
    },
    {
      title: "(c) the motion module's strength",
      variants: motions.map(({ strength, file }) => (strength === 1 ? whole : variant(`motion ${strength}`, { motion: file }))),
    },
  ]
}

/** Every variant once, though several questions may ask for it. */
export const variantsIn = (questions: readonly Question[]): Variant[] => [
  ...new Map(questions.flatMap(({ variants }) => variants.map((variant) => [variant.name, variant] as const))).values(),
]

// Distillation for few steps: which of the known methods a file was made by, and how nets are drawn with that were. Tensors do not tell,
// only names do. Sources: the model cards of latent-consistency/lcm-lora-sdv1-5, ByteDance/Hyper-SD, h1t/TCD-SD15-LoRA and
// wangfuyun/PCM_Weights with its demonstration; Wang et al., arXiv 2405.18407; Salimans and Ho, arXiv 2202.00512.

import type { SamplerName, Spacing } from '../draw-settings.ts'

export interface Distillation {
  readonly method: 'LCM' | 'Hyper-SD' | 'TCD' | 'PCM' | 'progressive distillation'
  readonly sampler: SamplerName
  readonly spacing: Spacing
  readonly steps: number
  readonly guidance: number
  /** Above it colours burn. */
  readonly mostGuidance: number
}

/** TCD's sampler without noise of its own is DDIM. */
const trailing = { sampler: 'ddim', spacing: 'trailing' } as const

export const lcmDistillation: Distillation = {
  method: 'LCM',
  sampler: 'lcm',
  spacing: 'leading',
  steps: 8,
  guidance: 1.5,
  mostGuidance: 3,
}

/** The first that fits. Their steps stand in their names: `Hyper-SD15-8steps-CFG-lora`, `pcm_sd15_smallcfg_2step_converted`. */
const methods: readonly (readonly [pattern: RegExp, of: (steps: number | undefined, name: string) => Distillation])[] = [
  [/lcm/i, () => lcmDistillation],
  [
    /hyper[-_ ]?sd/i,
    (steps = 8, name) => {
      const heard = /cfg/i.test(name)
      // The one-step LoRA is for 1 to 8; animations need more than one.
      return { method: 'Hyper-SD', ...trailing, steps: steps === 1 ? 8 : steps, guidance: heard ? 5 : 1, mostGuidance: heard ? 8 : 3 }
    },
  ],
  [/(^|[^a-z])tcd([^a-z]|$)/i, (steps = 8) => ({ method: 'TCD', ...trailing, steps, guidance: 1, mostGuidance: 3 })],
  [
    /(^|[^a-z])pcm([^a-z]|$)/i,
    (steps = 4, name) => {
      const heard = /normal[-_ ]?cfg/i.test(name)
      return { method: 'PCM', ...trailing, steps, guidance: heard ? 7.5 : 1, mostGuidance: heard ? 10 : 3 }
    },
  ],
  [
    /progressive[-_ ]distillation/i,
    (steps = 4) => ({ method: 'progressive distillation', ...trailing, steps, guidance: 1, mostGuidance: 3 }),
  ],
]

/** What a LoRA's name says. */
export function distillationOf(name: string): Distillation | undefined {
  const steps = /(\d+)[-_ ]?steps?/i.exec(name)?.[1]
  return methods.find(([pattern]) => pattern.test(name))?.[1](steps === undefined ? undefined : Number(steps), name)
}

/** Names that others have too, with a few steps in them or none. */
export const mayBeDistilled = (name: string): boolean =>
  /turbo|lightning|perflow|flash[-_ ]?sd|(^|[^a-z])dmd2?([^a-z]|$)|(^|\D)(1|2|4|6|8)[-_ ]?steps?([^a-z]|$)/i.test(name)

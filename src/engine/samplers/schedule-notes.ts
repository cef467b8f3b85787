// Notes on a schedule: what is drawn all the same, and may not look as hoped.

import type { Note } from '../errors.ts'
import type { SamplerConfig } from './sampler.ts'
import type { Companions, MotionKind } from './schedule-input.ts'

/** What a person should know of what was chosen. */
export function notesOn(
  motion: MotionKind | null,
  { betas }: SamplerConfig,
  { distilledLora, checkpointBetas, predictsVelocity }: Companions,
): Note[] {
  const notes: Note[] = []
  const note = (code: string, message: string): number => notes.push({ code, message, data: {} })
  if (motion?.version === 'animatelcm' && distilledLora?.method !== 'LCM') {
    note(
      'animatelcm-lora',
      'AnimateLCM needs its own LoRA (AnimateLCM_sd15_t2v_lora.safetensors, strength 0.8 to 1); without it pictures are soft.',
    )
  }
  if (motion?.version === 'animatelcm' && betas === 'scaled_linear') note('animatelcm-betas', 'AnimateLCM was trained on linear betas.')
  if (motion?.version === 'lightning' && motion.steps === undefined) {
    note('lightning-steps', "The Lightning module's file does not say how many steps it was distilled for; 4 are assumed.")
  }
  if (motion && predictsVelocity) {
    note(
      'velocity-motion',
      'The checkpoint predicts velocity (v-prediction), and motion modules were trained on checkpoints that predict noise: it may move less, or flicker.',
    )
  }
  if (!motion && betas === 'linear' && checkpointBetas !== 'linear') {
    note('still-betas', 'Stable Diffusion was trained on scaled_linear betas: on linear ones stills come out with too much contrast.')
  }
  return notes
}

/** What was distilled for few steps, drawn in another way than that; and a sampler that is right for distilled nets alone. */
export function fewStepNotes(
  { steps, name }: SamplerConfig,
  guidance: number,
  { distilledLora, distilledCheckpoint }: Companions,
  believed: boolean,
): Note[] {
  if (believed) {
    const message =
      'The sampler lcm jumps straight to the picture, which only distilled nets can. Nothing says that this checkpoint was distilled (LCM): if it was not, everything is a blur.'
    return [{ code: 'lcm-believed', message, data: {} }]
  }
  const distilled = distilledLora ?? distilledCheckpoint
  if (!distilled) return []
  const { method, mostGuidance: most } = distilled
  const file = `The ${distilledLora ? 'LoRA' : 'checkpoint'} was distilled by ${method}`
  return [
    ...(guidance > most
      ? [
          {
            code: 'distilled-guidance',
            message: `${file}: guidance ${guidance} burns the colours; at most ${most}.`,
            data: { method, guidance, most },
          },
        ]
      : []),
    ...(steps > 3 * distilled.steps && name !== 'lcm'
      ? [
          {
            code: 'distilled-steps',
            message: `${file}: ${distilled.steps} steps are enough, and ${steps} look overdone.`,
            data: { method, steps, enough: distilled.steps },
          },
        ]
      : []),
  ]
}

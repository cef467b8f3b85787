// Sampling settings of an animation: the motion module decides unless the person does, and pairs that are known to fail are refused.
// Every module was trained or distilled on one noise schedule; on another the result is grey, burnt or flickers, and nothing says why.

import type { MotionVersion } from '../checkpoint/architecture.ts'
import type { Betas, Spacing } from '../draw-settings.ts'
import { type SamplerName, samplerNames } from '../draw-settings.ts'
import { type Note, UserError } from '../errors.ts'
import { omitUndefined } from '../omit-undefined.ts'
import type { SamplerConfig } from './sampler.ts'

/** `steps`: what a Lightning module was distilled for, where its file tells. */
export interface MotionKind {
  readonly version: MotionVersion
  readonly steps?: number
}

/** What the person asked for; absent is for us to choose. */
export interface Wanted {
  readonly sampler?: string
  readonly spacing?: Spacing
  readonly betas?: Betas
  readonly steps?: number
  /** 1 and below: no guidance, and no negative prompt. */
  readonly guidance?: number
}

/** What else takes part. */
export interface Companions {
  /** An LCM LoRA is merged (AnimateLCM's own counts), or the checkpoint is itself distilled. */
  readonly hasLcmLora?: boolean
  /** `beta_schedule` in the checkpoint folder's scheduler_config.json: believed for stills, never over a motion module. */
  readonly checkpointBetas?: Betas
}

export interface Schedule {
  readonly sampler: SamplerConfig
  readonly guidance: number
  /** For the person: drawn, but perhaps not as they think. */
  readonly notes: readonly Note[]
}

interface Habit {
  readonly sampler: SamplerName
  readonly betas: Betas
  readonly spacing: Spacing
  readonly steps: number
  readonly guidance: number
  readonly originalSteps?: number
}

/**
 * @param motion null for plain Stable Diffusion
 * @throws UserError `schedule-sampler`, `schedule-betas`, `schedule-spacing`, `schedule-steps`, `schedule-guidance`;
 *   steps that the sampler cannot take are refused by `createSampler`
 */
export function scheduleFor(motion: MotionKind | null, wanted: Wanted = {}, companions: Companions = {}): Schedule {
  const habit = habitOf(motion, companions)
  const name = wanted.sampler === undefined ? habit.sampler : samplerNamed(wanted.sampler)
  const sampler: SamplerConfig = {
    name,
    steps: wanted.steps ?? habit.steps,
    betas: wanted.betas ?? habit.betas,
    spacing: wanted.spacing ?? habit.spacing,
    stepsOffset: 1,
    // AnimateDiff's configurations end at no noise, Stable Diffusion's at that of t = 0.
    end: motion ? 'clean' : 'first',
    ...omitUndefined({ originalSteps: habit.originalSteps }),
  }
  const guidance = wanted.guidance ?? habit.guidance
  if (!(guidance >= 0 && guidance < Infinity)) {
    throw new UserError('schedule-guidance', `Guidance is a number from 0, not ${guidance}.`, { guidance })
  }
  refuseWhatFails(motion, sampler, guidance, companions)
  return { sampler, guidance, notes: notesOn(motion, sampler, companions) }
}

function habitOf(motion: MotionKind | null, { hasLcmLora, checkpointBetas }: Companions): Habit {
  switch (motion?.version) {
    case 'lightning':
      return { sampler: 'euler', betas: 'linear', spacing: 'trailing', steps: motion.steps ?? 4, guidance: 1 }
    case 'animatelcm':
      return { sampler: 'lcm', betas: 'linear', spacing: 'leading', steps: 6, guidance: 1.5, originalSteps: 100 }
    default: {
      // A still is drawn as an animation is, but for the betas: then the two differ by the motion alone.
      const betas = motion ? 'linear' : (checkpointBetas ?? 'scaled_linear')
      if (hasLcmLora) return { sampler: 'lcm', betas, spacing: 'leading', steps: 8, guidance: 1.5, originalSteps: 50 }
      return { sampler: 'ddim', betas, spacing: 'leading', steps: 25, guidance: 7.5 }
    }
  }
}

function samplerNamed(name: string): SamplerName {
  const known = samplerNames.find((it) => it === name)
  if (known) return known
  throw new UserError('schedule-sampler', `There is no sampler "${name}"; there are ${samplerNames.join(', ')}.`, {
    name,
    known: samplerNames,
  })
}

function refuseWhatFails(motion: MotionKind | null, sampler: SamplerConfig, guidance: number, { hasLcmLora }: Companions): void {
  const version = motion?.version
  const { name, betas } = sampler
  if (version && version !== 'animatelcm' && betas === 'scaled_linear') {
    throw new UserError(
      'schedule-betas',
      `Motion modules of kind ${version} were trained on linear betas: on scaled_linear ones animations come out washed out and flicker. Leave betas away, or say linear.`,
      { version, betas },
    )
  }
  if (version === 'lightning') {
    refuseForLightning(motion?.steps, sampler, guidance)
    return
  }
  const distilled = version === 'animatelcm' || hasLcmLora === true
  if (name === 'lcm' && !distilled) {
    throw new UserError(
      'schedule-sampler',
      'The sampler lcm jumps straight to the picture, which only distilled nets can: without AnimateLCM or an LCM LoRA everything is a blur. Add one, or take ddim.',
      { name, version },
    )
  }
  if (distilled && guidance > 3) {
    throw new UserError(
      'schedule-guidance',
      `${version === 'animatelcm' ? 'AnimateLCM' : 'An LCM LoRA'} has guidance distilled into it: ${guidance} on top burns the colours. Expected 1 to 3; 1.5 looks best.`,
      { guidance, most: 3 },
    )
  }
}

/** Distilled for so many Euler steps from t = 999 without guidance, and for nothing else (model card of ByteDance/AnimateDiff-Lightning). */
function refuseForLightning(distilledFor: number | undefined, { name, spacing, steps }: SamplerConfig, guidance: number): void {
  // DDIM without noise is Euler's step in other coordinates.
  if (name !== 'euler' && name !== 'ddim') {
    throw new UserError(
      'schedule-sampler',
      `AnimateDiff-Lightning was distilled for Euler's steps: ${name} gives noise or smears. Take euler.`,
      { name },
    )
  }
  if (spacing !== 'trailing') {
    throw new UserError(
      'schedule-spacing',
      `AnimateDiff-Lightning was distilled for trailing timesteps, which begin at pure noise: ${spacing} ones come out grey. Leave spacing away, or say trailing.`,
      { spacing },
    )
  }
  if (guidance > 2) {
    throw new UserError(
      'schedule-guidance',
      `AnimateDiff-Lightning has guidance distilled into it: ${guidance} on top burns the colours. Expected at most 2; 1 is right.`,
      { guidance, most: 2 },
    )
  }
  if (distilledFor !== undefined && Math.abs(steps - distilledFor) > distilledFor / 2) {
    const [least, most] = [Math.ceil(distilledFor / 2), Math.floor(distilledFor * 1.5)]
    throw new UserError(
      'schedule-steps',
      `This AnimateDiff-Lightning module was distilled for ${distilledFor} steps, and ${steps} are too far from that. Expected ${least} to ${most}, or the module for ${steps}.`,
      { steps, distilledFor, least, most },
    )
  }
}

function notesOn(motion: MotionKind | null, { betas }: SamplerConfig, { hasLcmLora, checkpointBetas }: Companions): Note[] {
  const notes: Note[] = []
  const note = (code: string, message: string): number => notes.push({ code, message, data: {} })
  if (motion?.version === 'animatelcm' && !hasLcmLora) {
    note(
      'animatelcm-lora',
      'AnimateLCM needs its own LoRA (AnimateLCM_sd15_t2v_lora.safetensors, strength 0.8 to 1); without it pictures are soft.',
    )
  }
  if (motion?.version === 'animatelcm' && betas === 'scaled_linear') note('animatelcm-betas', 'AnimateLCM was trained on linear betas.')
  if (motion?.version === 'lightning' && motion.steps === undefined) {
    note('lightning-steps', "The Lightning module's file does not say how many steps it was distilled for; 4 are assumed.")
  }
  if (!motion && betas === 'linear' && checkpointBetas !== 'linear') {
    note('still-betas', 'Stable Diffusion was trained on scaled_linear betas: on linear ones stills come out with too much contrast.')
  }
  return notes
}

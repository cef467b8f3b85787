// Sampling settings of an animation: the motion module decides unless the person does, and pairs that are known to fail are refused.
// Every module was trained or distilled on one noise schedule; on another the result is grey, burnt or flickers, and nothing says why.

import type { Betas, Spacing } from '../draw-settings.ts'
import { type SamplerName, samplerNames } from '../draw-settings.ts'
import { type Note, UserError } from '../errors.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { lcmDistillation } from './distillation.ts'
import type { SamplerConfig } from './sampler.ts'
import type { Companions, MotionKind, Wanted } from './schedule-input.ts'
import { fewStepNotes, notesOn } from './schedule-notes.ts'

export interface Schedule {
  readonly sampler: SamplerConfig
  readonly guidance: number
  /**
   * Of the way from noise to picture, 0 to 1: guidance late on makes detail coarse, and costs as much as every step does (Kynkäänniemi et
   * al., arXiv 2404.07724). Absent: all of it.
   */
  readonly guidanceEnd?: number
  /** What the net says is velocity, not noise. */
  readonly predictsVelocity?: true
  /** For the person: drawn, but perhaps not as they think. */
  readonly notes: readonly Note[]
}

interface Habit {
  readonly sampler: SamplerName
  readonly betas: Betas
  readonly spacing: Spacing
  readonly steps: number
  readonly guidance: number
  readonly guidanceEnd?: number
  readonly originalSteps?: number
}

/**
 * @param motion null for plain Stable Diffusion
 * @throws UserError `schedule-sampler`, `schedule-betas`, `schedule-spacing`, `schedule-steps`, `schedule-guidance`, `schedule-guidance-end`;
 *   steps that the sampler cannot take are refused by `createSampler`
 */
export function scheduleFor(motion: MotionKind | null, wanted: Wanted = {}, companions: Companions = {}): Schedule {
  const name = wanted.sampler === undefined ? undefined : samplerNamed(wanted.sampler)
  // Merged into a checkpoint, distillation leaves no trace: a person who asks for its sampler is believed.
  const believed = name === 'lcm' && motion?.version !== 'animatelcm' && !companions.distilledLora && !companions.distilledCheckpoint
  const habit = habitOf(motion, believed ? { ...companions, distilledCheckpoint: lcmDistillation } : companions)
  const { checkpointBetaRange: range, zeroTerminalSnr } = companions
  const sampler: SamplerConfig = {
    name: name ?? habit.sampler,
    steps: wanted.steps ?? habit.steps,
    betas: wanted.betas ?? habit.betas,
    spacing: wanted.spacing ?? habit.spacing,
    stepsOffset: 1,
    // AnimateDiff's configurations end at no noise, Stable Diffusion's at that of t = 0.
    end: motion ? 'clean' : 'first',
    ...omitUndefined({ originalSteps: habit.originalSteps }),
    ...(!motion && range && { betaStart: range[0], betaEnd: range[1] }),
    ...(zeroTerminalSnr && { zeroTerminalSnr }),
  }
  const guidance = wanted.guidance ?? habit.guidance
  if (!(guidance >= 0 && guidance < Infinity)) {
    throw new UserError('schedule-guidance', `Guidance is a number from 0, not ${guidance}.`, { guidance })
  }
  const guidanceEnd = wanted.guidanceEnd ?? habit.guidanceEnd
  if (guidanceEnd !== undefined && !(guidanceEnd >= 0 && guidanceEnd <= 1)) {
    throw new UserError('schedule-guidance-end', `Guidance ends at a share from 0 to 1 of the steps, not ${guidanceEnd}.`, { guidanceEnd })
  }
  refuseWhatFails(motion, sampler, guidance, companions)
  const notes = notesOn(motion, sampler, companions)
  const { predictsVelocity } = companions
  return {
    sampler,
    guidance,
    ...omitUndefined({ guidanceEnd }),
    ...(predictsVelocity && { predictsVelocity }),
    notes: [...notes, ...fewStepNotes(sampler, guidance, companions, believed)],
  }
}

function habitOf(motion: MotionKind | null, companions: Companions): Habit {
  const { distilledLora, distilledCheckpoint, checkpointBetas, recommendedSampler, recommendedGuidanceEnd, zeroTerminalSnr } = companions
  switch (motion?.version) {
    case 'lightning':
      return { sampler: 'euler', betas: 'linear', spacing: 'trailing', steps: motion.steps ?? 4, guidance: 1 }
    case 'animatelcm':
      return { sampler: 'lcm', betas: 'linear', spacing: 'leading', steps: 6, guidance: 1.5, originalSteps: 100 }
    default: {
      // A still is drawn as an animation is, but for the betas: then the two differ by the motion alone.
      const betas = motion ? 'linear' : (checkpointBetas ?? 'scaled_linear')
      const distilled = distilledLora ?? distilledCheckpoint
      if (distilled) {
        const { sampler, spacing, steps, guidance } = distilled
        return { sampler, betas, spacing, steps, guidance, ...(sampler === 'lcm' && { originalSteps: 50 }) }
      }
      // Only trailing timesteps begin where nothing of the picture is left (Lin et al., arXiv 2305.08891, section 3.3).
      const spacing = zeroTerminalSnr ? 'trailing' : 'leading'
      const guidanceEnd = omitUndefined({ guidanceEnd: recommendedGuidanceEnd })
      return { sampler: recommendedSampler ?? 'ddim', betas, spacing, steps: 25, guidance: 7.5, ...guidanceEnd }
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

function refuseWhatFails(motion: MotionKind | null, sampler: SamplerConfig, guidance: number, companions: Companions): void {
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
  const { distilledLora, distilledCheckpoint } = companions
  const distilled = version === 'animatelcm' || distilledLora?.method === 'LCM'
  const most = distilled ? 3 : name === 'lcm' ? (distilledLora ?? distilledCheckpoint ?? lcmDistillation).mostGuidance : Infinity
  if (guidance > most) {
    const what = version === 'animatelcm' ? 'AnimateLCM' : distilled ? 'An LCM LoRA' : 'What the sampler lcm is for'
    throw new UserError(
      'schedule-guidance',
      `${what} has guidance distilled into it: ${guidance} on top burns the colours. Expected 1 to ${most}; 1.5 looks best.`,
      { guidance, most },
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

// What a schedule is made from: the motion module, what the person asked for, and what else takes part.

import type { MotionVersion } from '../checkpoint/architecture/motion-architecture.ts'
import type { Betas, SamplerName, Spacing } from '../draw-settings.ts'
import type { Distillation } from './distillation.ts'

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
  readonly guidanceEnd?: number
}

/** What else takes part. */
export interface Companions {
  /** A LoRA that was distilled for few steps is applied; AnimateLCM's own counts. */
  readonly distilledLora?: Distillation
  /** The checkpoint itself was. */
  readonly distilledCheckpoint?: Distillation
  /** `beta_schedule` in the checkpoint folder's scheduler_config.json: believed for stills, never over a motion module. */
  readonly checkpointBetas?: Betas
  /** By the maker of the checkpoint's folder: for everything that was not distilled for another. */
  readonly recommendedSampler?: SamplerName
  readonly recommendedGuidanceEnd?: number
  /** Where its scheduler names others: the first and the last of them, believed as its schedule is. */
  readonly checkpointBetaRange?: readonly [start: number, end: number]
  /** It was trained until nothing of the picture was left. */
  readonly zeroTerminalSnr?: true
  /** Instead of noise: v-prediction. */
  readonly predictsVelocity?: true
}

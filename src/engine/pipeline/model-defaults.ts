// A model's defaults and limits, found without loading it: what a form is filled with before anybody asks.

import type { MotionVersion } from '../checkpoint/architecture/motion-architecture.ts'
import { openTensorFile } from '../checkpoint/open.ts'
import { type DrawSettings, drawSettings, type RequiredDrawSettings } from '../draw-settings.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { scheduleFor } from '../samplers/schedule.ts'
import { sideStep } from './check-size.ts'
import type { WindowPositions } from './clip/plan-clip.ts'
import { distillationSaid } from './loras/applied-loras.ts'
import { type BaseFiles, type ModelSources, openModel } from './model/model.ts'
import { recommendedSettings } from './model/recommended-settings.ts'

export interface ModelDefaults extends RequiredDrawSettings, Required<Pick<DrawSettings, 'sampler' | 'spacing' | 'betas'>> {
  /** Of what no motion module draws, a still or a clip by Text2Video-Zero: what a module was distilled for is not for it. */
  readonly still: Pick<RequiredDrawSettings, 'steps' | 'guidance'>
  readonly negative: string
  /** 1 where there is no motion module. */
  readonly maxFrames: number
  /** What a window of its motion module may be. */
  readonly positions: WindowPositions | null
  /** Width and height are multiples of this … */
  readonly multiple: number
  /** … and no smaller than this. */
  readonly minSide: number
  /** null draws stills only. */
  readonly motion: MotionVersion | null
  /** Tokens that the text encoder knows: 49,408 in CLIP's own. */
  readonly vocabulary: number
}

/** Reads tables of contents and configurations. @throws UserError as opening the model does; `defaults-file` */
export function modelDefaults(files: BaseFiles & Partial<Pick<ModelSources, 'loras'>>): ModelDefaults {
  const model = openModel(files)
  const motion = model.motion?.architecture ?? null
  const said = recommendedSettings(files.checkpoint)
  const distilledLora = (files.loras ?? [])
    .filter(({ strength }) => strength > 0)
    .map(({ file }) => distillationSaid(openTensorFile(file)))
    .find((found) => found !== undefined)
  // What a folder recommends is for its nets as they are: a LoRA for few steps needs its own.
  const wanted = distilledLora ? {} : omitUndefined({ steps: said.steps, guidance: said.guidance })
  const companions = { ...model.trained, ...omitUndefined({ distilledLora }) }
  const { sampler, guidance } = scheduleFor(motion, wanted, companions)
  const still = motion ? scheduleFor(null, wanted, companions) : { sampler, guidance }
  const { factor } = model.vae.architecture
  return {
    width: model.trainedSide * factor,
    height: model.trainedSide * factor,
    frames: Math.min(16, motion?.maxFrames ?? 1),
    fps: said.fps ?? 8,
    steps: sampler.steps,
    guidance,
    still: { steps: still.sampler.steps, guidance: still.guidance },
    negative: said.negative ?? '',
    clipSkip: said.clipSkip ?? 1,
    maxFrames: motion ? drawSettings.frames.max : 1,
    positions: motion && { maxFrames: motion.maxFrames, ...omitUndefined({ loopFrames: motion.loopFrames }) },
    multiple: sideStep,
    minSide: sideStep * factor,
    sampler: sampler.name,
    spacing: sampler.spacing,
    betas: sampler.betas,
    motion: motion?.version ?? null,
    vocabulary: model.tokenizer.vocabulary,
  }
}

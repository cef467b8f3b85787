// The engine's input: a sentence, a model, and everything else that decides what is drawn.

import type { DrawSettings } from '../draw-settings.ts'
import type { ClipInput } from './clip/clip-input.ts'
import type { ControlInput } from './control/control-input.ts'
import type { ModelSources } from './model/model.ts'
import type { Size } from './nets.ts'

/** Absent ones are decided by the motion module. */
export interface EngineInput
  extends ClipInput,
    Partial<Pick<DrawSettings, 'steps' | 'guidance' | 'guidanceEnd' | 'clipSkip' | 'method' | 'sampler' | 'spacing' | 'betas'>> {
  readonly model: ModelSources
  /** Where the model has a SparseCtrl, and nowhere else. */
  readonly control?: ControlInput
  /** Unsigned 64-bit. */
  readonly seed: bigint
}

/** What decides which graphs are loaded. */
export type Loading = Size & Pick<EngineInput, 'model'> & Pick<EngineInput, 'clipSkip' | 'clip' | 'method'>

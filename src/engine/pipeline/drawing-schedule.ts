// The schedule of a drawing: which sampler and which guidance it is drawn with, from what was asked for and from how its model was trained.

import { omitUndefined } from '../omit-undefined.ts'
import { lcmDistillation } from '../samplers/distillation.ts'
import { type Schedule, scheduleFor } from '../samplers/schedule.ts'
import type { PreparedClip } from './clip/clip-input.ts'
import type { EngineInput } from './engine-input.ts'
import type { AppliedLoras } from './loras/applied-loras.ts'
import type { Model } from './model/model.ts'
import { isZero } from './zero/zero-clip.ts'

/** Where guidance travels it must be right at every key; the largest is told. */
export function scheduleOf(drawing: EngineInput, { guidance: keys }: PreparedClip, model: Model, applied: AppliedLoras): Schedule {
  if (!keys) return scheduleAt(drawing, drawing.guidance, model, applied)
  const schedules = keys.map(({ value }) => scheduleAt(drawing, value, model, applied))
  return schedules.reduce((most, it) => (it.guidance > most.guidance ? it : most))
}

function scheduleAt(
  drawing: EngineInput,
  guidance: number | undefined,
  { motion, trained }: Model,
  { distilledLora: said }: AppliedLoras,
): Schedule {
  const { steps, guidanceEnd, sampler, spacing, betas, model } = drawing
  const wanted = omitUndefined({ steps, guidance, guidanceEnd, sampler, spacing, betas })
  // Not every LCM LoRA says that it is one: a person who asks for its sampler is believed.
  const distilledLora = said ?? (sampler === 'lcm' && model.loras.some(({ strength }) => strength > 0) ? lcmDistillation : undefined)
  return scheduleFor(drawing.frames > 1 && !isZero(drawing) ? (motion?.architecture ?? null) : null, wanted, {
    ...trained,
    ...omitUndefined({ distilledLora }),
  })
}

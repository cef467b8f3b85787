// The noise schedule that a checkpoint was trained on, what it predicts, and whether it was distilled: from the scheduler_config.json of its
// folder, or from what its file says of itself.

import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { parameterizationOf } from '../../checkpoint/architecture/parameterization.ts'
import { quoteUntrusted } from '../../checkpoint/quote-untrusted.ts'
import { elementsOf, float32Of, type TensorFile } from '../../checkpoint/tensor/tensor.ts'
import { readJson } from '../../checkpoint/weight-folder.ts'
import { type Note, UserError } from '../../errors.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { alphasCumprod, trainSteps, zeroTerminalSnr } from '../../samplers/betas.ts'
import { distillationOf, lcmDistillation } from '../../samplers/distillation.ts'
import type { Companions } from '../../samplers/schedule-input.ts'
import { recommendedSettings } from './recommended-settings.ts'

export interface CheckpointSchedule extends Omit<Companions, 'distilledLora'> {
  /** On what was only guessed. */
  readonly notes: readonly Note[]
}

export interface DescribedCheckpoint {
  readonly checkpoint: string
  /** Where it is one. */
  readonly folder: string | null
  /** The file that holds its UNet. */
  readonly unet: TensorFile
  /** Its UNet is told the guidance, as LCM's are that were distilled whole. */
  readonly takesGuidance: boolean
}

/** @throws UserError `checkpoint-config`, `defaults-file`, `json-broken` */
export function checkpointSchedule({ checkpoint, folder, unet, takesGuidance }: DescribedCheckpoint): CheckpointSchedule {
  const path = folder && join(folder, 'scheduler', 'scheduler_config.json')
  const { sampler: recommendedSampler, guidanceEnd: recommendedGuidanceEnd } = recommendedSettings(checkpoint)
  const said = {
    ...(path && existsSync(path) ? scheduleIn(path) : ofFile(unet)),
    ...omitUndefined({ recommendedSampler, recommendedGuidanceEnd }),
  }
  if (takesGuidance) return { ...said, distilledCheckpoint: { ...wholeLcm, mostGuidance: 20 } }
  if (said.distilledCheckpoint || !namedLcm.test(basename(checkpoint))) return said
  const message = `${basename(checkpoint)} is drawn as a checkpoint that was distilled (LCM), by its name: in ${wholeLcm.steps} steps of guidance ${wholeLcm.guidance}, unless you say otherwise.`
  const note: Note = { code: 'distilled-by-name', message, data: { file: basename(checkpoint) } }
  return { ...said, distilledCheckpoint: wholeLcm, notes: [...said.notes, note] }
}

/** A checkpoint of its own takes fewer steps than a LoRA (model card of SimianLuo/LCM_Dreamshaper_v7). */
const wholeLcm = { ...lcmDistillation, steps: 4 }
/** Those of Stable Diffusion and of AnimateDiff alike. */
const usualBetas = [0.00085, 0.012] as const

const namedLcm = /(^|[^a-zA-Z])lcm([^a-zA-Z]|$)|LCM/

function ofFile(unet: TensorFile): CheckpointSchedule {
  const { velocity, zeroTerminalSnr: zero, byName } = parameterizationOf(unet)
  const file = basename(unet.path)
  const { notes = [], ...stored } = storedSchedule(unet)
  const message = `${file} is drawn as a checkpoint that predicts velocity (v-prediction), by its name: nothing else says what it predicts.`
  return {
    ...(velocity && { predictsVelocity: true }),
    ...stored,
    ...(zero && { zeroTerminalSnr: zero }),
    notes: byName ? [...notes, { code: 'velocity-by-name', message, data: { file } }] : notes,
  }
}

/** Of single files, those that training wrote carry what was left of the picture at each step; they are rounded, some to halves. */
function storedSchedule({ path, tensors }: TensorFile): Partial<CheckpointSchedule> {
  const stored = tensors.get('alphas_cumprod')
  if (!stored || elementsOf(stored.shape) !== trainSteps) return {}
  const alphas = float32Of(stored)
  const [scaled, linear] = (['scaled_linear', 'linear'] as const).map((betas) => alphasCumprod(betas, ...usualBetas)) as [
    Float64Array,
    Float64Array,
  ]
  const is = (known: Float64Array): boolean => known.every((value, t) => Math.abs(alphas[t]! - value) < 2e-3)
  if (is(scaled)) return {}
  if (is(zeroTerminalSnr(scaled))) return { zeroTerminalSnr: true }
  if (is(linear)) return { checkpointBetas: 'linear' }
  const file = basename(path)
  const message = `${file} was trained on a noise schedule of its own (alphas_cumprod), which is not followed here: it may look too dark, or too bright.`
  return { notes: [{ code: 'schedule-unknown', message, data: { file } }] }
}

const schedulerConfig = z.object({
  _class_name: z.string().nullish(),
  prediction_type: z.string().nullish(),
  beta_schedule: z.string().nullish(),
  beta_start: z.number().nullish(),
  beta_end: z.number().nullish(),
  trained_betas: z.unknown().optional(),
  num_train_timesteps: z.number().nullish(),
  rescale_betas_zero_snr: z.boolean().nullish(),
  use_flow_sigmas: z.boolean().nullish(),
})

/** diffusers' schedulers for nets that predict neither noise nor velocity, whatever else their files say: rectified flows, EDM, consistency models. */
const otherNets = /^(FlowMatch|EDM|CMStochasticIterative|ScoreSde|KarrasVe|UnCLIP|VQDiffusion)/

/** @throws UserError `checkpoint-config` for what nothing here computes */
function scheduleIn(path: string): CheckpointSchedule {
  const { data: config, error } = schedulerConfig.safeParse(readJson(path))
  if (!config) throw new UserError('checkpoint-config', `${path} is no configuration of a scheduler: ${z.prettifyError(error)}`, { path })
  const expect = (name: keyof typeof config, known: readonly (string | number)[]): void => {
    const value = config[name]
    if (value === undefined || value === null || known.includes(value as string | number)) return
    const expected = known.join(' or ')
    const sentence = `${path} says ${name} = ${quoteUntrusted(value)}; what can be drawn with is ${expected}.`
    throw new UserError('checkpoint-config', sentence, { path, name, expected, got: value })
  }
  expect('prediction_type', ['epsilon', 'v_prediction'])
  expect('num_train_timesteps', [1000])
  expect('beta_schedule', ['scaled_linear', 'linear'])
  const other = config.use_flow_sigmas ? 'use_flow_sigmas = true' : `_class_name = ${quoteUntrusted(config._class_name ?? '')}`
  if (config.use_flow_sigmas || otherNets.test(config._class_name ?? '')) {
    const sentence = `${path} says ${other}, so its UNet predicts neither noise nor velocity, which is all that can be drawn with.`
    throw new UserError('checkpoint-config', sentence, { path, name: other })
  }
  if (Array.isArray(config.trained_betas)) {
    const sentence = `${path} lists ${config.trained_betas.length} betas of its own (trained_betas); what can be drawn with is scaled_linear or linear.`
    throw new UserError('checkpoint-config', sentence, { path, name: 'trained_betas' })
  }
  const [start, end] = [config.beta_start ?? usualBetas[0], config.beta_end ?? usualBetas[1]]
  const distilled = distillationOf(config._class_name?.replace(/Scheduler$/, '') ?? '')
  return {
    ...(config.beta_schedule && { checkpointBetas: config.beta_schedule as 'linear' | 'scaled_linear' }),
    ...((start !== usualBetas[0] || end !== usualBetas[1]) && { checkpointBetaRange: [start, end] as const }),
    ...(config.prediction_type === 'v_prediction' && { predictsVelocity: true as const }),
    ...(config.rescale_betas_zero_snr && { zeroTerminalSnr: true as const }),
    ...(distilled && { distilledCheckpoint: { ...distilled, steps: wholeLcm.steps } }),
    notes: [],
  }
}

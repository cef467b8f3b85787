// A folder of training answers: which cases it has, and what they were computed from.

import { join } from 'node:path'
import { z } from 'zod'
import { openReferenceTensors, type ReferenceTensors } from '../reference-tensors.ts'
import { readTables } from '../tables.ts'

/** ‖x‖, Σ xᵢ and Σ xᵢ cos i: what a tensor that was turned, permuted or scaled does not keep. */
export type Digest = readonly [norm: number, sum: number, wave: number]

const digest = z.tuple([z.number(), z.number(), z.number()])
const digests = z.record(z.string(), digest)

const format = z.object({
  /** The folder beside this one with the nets. */
  base: z.string().regex(/^[\w.-]+$/),
  cases: z.record(
    z.string(),
    z.object({
      loss: z.number(),
      of_clips: z.array(z.number()).optional(),
      reconstruction: z.number().optional(),
      kl: z.number().optional(),
      grad_norm: z.number(),
      tensors: digests,
      /** Without a gradient but rounding. */
      zero: z.array(z.string()),
    }),
  ),
  adamw: z.record(
    z.string(),
    z.object({
      losses: z.array(z.number()),
      norms_before_clip: z.array(z.number()),
      left_out_of_float32: z.array(z.string()),
      /** Of the weights, by step. */
      tensors: z.record(z.string(), digests),
    }),
  ),
  optimizer: z.record(
    z.string(),
    z.object({
      norms_before_clip: z.array(z.number()),
      clip: z.number().optional(),
      weight_decay: z.number().optional(),
      warmup: z.number().optional(),
      accumulate: z.number().optional(),
    }),
  ),
})

export type TrainingTables = z.infer<typeof format>

export interface TrainingAnswers {
  readonly dir: string
  readonly baseDir: string
  readonly tables: TrainingTables
  /** Every input. */
  readonly batch: ReferenceTensors
  /** `<case>/<tensor>` */
  readonly gradients: ReferenceTensors
  /** `<case>/step<n>/<tensor>` and so on; absent where no case has any. */
  readonly adamw: ReferenceTensors | null
  readonly optimizer: ReferenceTensors | null
}

/** What tells such a folder from others. */
export const trainingTablesIn = (dir: string): string => join(dir, 'train.json')

/** @throws UserError `json-broken`, `verify-answer`, and those of opening files */
export function openTrainingAnswers(dir: string): TrainingAnswers {
  const path = trainingTablesIn(dir)
  const tables = readTables(path, format, 'training answers')
  const open = (name: string): ReferenceTensors => openReferenceTensors([join(dir, `${name}.safetensors`)])
  return {
    dir,
    baseDir: join(dir, '..', tables.base),
    tables,
    batch: open('batch'),
    gradients: open('gradients'),
    adamw: Object.keys(tables.adamw).length > 0 ? open('adamw') : null,
    optimizer: Object.keys(tables.optimizer).length > 0 ? open('optimizer') : null,
  }
}

// Low-rank adapters to be trained: beside which weights, of which ranks; new ones, or those of a file that is gone on with.

import type { Named } from '../../checkpoint/dialects/parts.ts'
import type { LoraDelta } from '../../checkpoint/lora/delta.ts'
import { lowRankFactors } from '../../checkpoint/lora/merge/merge.ts'
import { readLora } from '../../checkpoint/lora/read.ts'
import type { Factors } from '../../checkpoint/lora/runtime/adapter-inputs.ts'
import { type AdapterSlot, adapterSlotOf } from '../../checkpoint/lora/runtime/adapter-slots.ts'
import { openTensorFile } from '../../checkpoint/open.ts'
import { UserError } from '../../errors.ts'
import { type Model, netsOf } from '../../pipeline/model/model.ts'

/** The net that is adapted. */
export type TrainedPart = 'unet' | 'motion'

/** What is trained beside a weight. */
interface TrainedAdapter {
  /** Of the weight. */
  readonly shape: readonly number[]
  readonly rank: number
  /** alpha / rank */
  readonly scale: number
  /** Of the file that is gone on with. */
  readonly factors?: Pick<Factors, 'down' | 'up'>
}

/** By the weight's name. */
export type AdapterMap = ReadonlyMap<string, TrainedAdapter>

interface NewAdapters extends Pick<TrainedAdapter, 'rank' | 'scale'> {
  readonly part: TrainedPart
  readonly slots: readonly AdapterSlot[]
}

export const newAdapters = (tensors: Named, { part, slots, rank, scale }: NewAdapters): AdapterMap =>
  new Map(
    [...tensors]
      .filter(([name, { shape }]) => slots.includes(adapterSlotOf(part, name, shape)!))
      .map(([name, { shape }]) => [name, { shape, rank, scale }]),
  )

/** @throws UserError those of reading it · `train-from` where it has what is not learned here: other nets, other forms than low rank */
export function continuedAdapters(path: string, part: TrainedPart, model: Model): AdapterMap {
  const nets = netsOf(model)
  const { deltas } = readLora(openTensorFile(path), nets)
  return new Map(
    deltas.map((delta): [string, TrainedAdapter] => {
      if (delta.part !== part || delta.kind !== 'low-rank') throw notContinued(path, delta, part)
      const { weight, rank, scale } = delta
      return [weight, { shape: nets[part]!.get(weight)!.shape, rank, scale, factors: lowRankFactors(delta) }]
    }),
  )
}

function notContinued(path: string, { part, kind, weight }: LoraDelta, learned: TrainedPart): UserError {
  const what =
    part === learned
      ? `${weight} otherwise than by two factors (${kind}), which no training here goes on with.`
      : `the ${netNames[part]}, and what is learned here changes the ${netNames[learned]} alone.`
  return new UserError('train-from', `${path} changes ${what}`, { path, weight, kind })
}

const netNames: Readonly<Record<LoraDelta['part'], string>> = { unet: 'UNet', text: 'text encoder', motion: 'motion module' }

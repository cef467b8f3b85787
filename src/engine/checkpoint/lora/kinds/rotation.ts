// Rotation: OFT and BOFT, which turn the output channels.

import { UserError } from '../../../errors.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { LoraDelta } from '../delta.ts'
import { type Adapter, shaped, wrongShape } from '../factors.ts'
import { type AdapterReader, alphaOf, touching } from './adapter-reader.ts'

export const rotation: AdapterReader<LoraDelta> = (adapter, take) => {
  const [blocks, rotations] = [take('blocks'), take('turns')]
  const turning = blocks ?? rotations
  if (!turning) return undefined
  const [out, ...rest] = adapter.weight.shape as [number, ...number[]]
  const side = turning.shape.at(-1)!
  const rank = turning.shape.length
  if (rank !== 3 && rank !== 4) throw wrongShape(adapter, turning, [out / side, side, side])
  const [count, stages] = rank === 3 ? [turning.shape[0]!, 1] : [turning.shape[1]!, turning.shape[0]!]
  const fits = turning.shape.at(-2) === side && count * side === out
  if (!fits) throw wrongShape(adapter, turning, [...(rank === 3 ? [] : [stages]), out / side, side, side])
  if (rank === 4 && (side % 2 !== 0 || out % (2 ** stages * (side / 2)) !== 0)) throw unevenStages(adapter, turning)
  const rescale = take('rescale')
  return {
    kind: rank === 3 ? 'rotation' : 'butterfly',
    ...touching(adapter),
    blocks: turning,
    turns: blocks ? 'cayley' : 'rotations',
    ...(rescale ? { rescale: shaped(adapter, rescale, [out, ...rest.map(() => 1)]) } : {}),
    // Both trainers store the constraint in alpha and use it times the output's width.
    constraint: blocks ? alphaOf(adapter) * out : 0,
  }
}

const unevenStages = ({ file, module, weight }: Adapter, { name, shape }: Tensor): UserError =>
  new UserError(
    'lora-shape',
    `${name} in ${file} pairs channels in ${shape[0]} stages of blocks of ${shape.at(-1)}, which the ${weight.shape[0]} of ${module.path} cannot be divided into. It was made for another base.`,
    { path: file, key: name, got: shape, weight: weight.shape },
  )

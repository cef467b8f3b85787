// SparseCtrls for the tiny nets: one that begins as training does, and the first layers of the fixtures with zeros behind them.

import { join } from 'node:path'
import { openTensorFile } from '../../src/engine/checkpoint/open.ts'
import { type TensorToWrite, writeSafetensors } from '../../src/engine/checkpoint/safetensors/write-safetensors.ts'
import { bytesOf, elementsOf, type Tensor } from '../../src/engine/checkpoint/tensor/tensor.ts'
import { openModel } from '../../src/engine/pipeline/model/model.ts'
import { fixtures, tiny } from './cpu-session.ts'

const toWrite = (name: string, { dtype, shape, ...tensor }: Tensor): TensorToWrite => ({
  ...{ name, dtype, shape },
  bytes: () => bytesOf({ ...tensor, dtype, shape }),
})

/** A copy of the tiny nets' way down, with convolutions that are not zero. */
function copiedTensors(): Map<string, Tensor> {
  const { unet } = openModel({ checkpoint: join(tiny, 'checkpoint.safetensors') })
  const motion = openTensorFile(join(tiny, 'motion_v3.safetensors')).tensors
  const own = openTensorFile(join(fixtures, 'train/sparsectrl_extra.safetensors')).tensors
  return new Map([
    ...[...unet.tensors].filter(([name]) => /^(conv_in|time_embedding|down_blocks|mid_block)\./.test(name)),
    ...[...motion].filter(([name]) => name.startsWith('down_blocks.') && !/attention_blocks\.1\.|norms\.1\./.test(name)),
    ...own,
  ])
}

/** It is shown latents. */
export function writeTinySparseControl(path: string): string {
  const tensors = [...copiedTensors()].map(([name, tensor]) => toWrite(name, tensor))
  writeSafetensors(path, tensors)
  return path
}

/** @param name of a fixture, without its ending */
export function writeFirstLayer(name: string, path: string): string {
  const first = openTensorFile(join(fixtures, `control/${name}.safetensors`)).tensors
  const pixels = first.has('controlnet_cond_embedding.conv_in.weight')
  // The first module stands there under diffusers' names already.
  const behind = [...copiedTensors()].filter(
    ([key]) =>
      !first.has(key) &&
      !key.startsWith('down_blocks.0.motion_modules.0.') &&
      !(pixels && key.startsWith('controlnet_cond_embedding.')) &&
      !key.endsWith('.pe'),
  )
  const zeros = behind.map(([key, { dtype, shape }]): TensorToWrite => ({ name: key, dtype, shape, bytes: zerosFor(dtype, shape) }))
  writeSafetensors(path, [...[...first].map(([key, tensor]) => toWrite(key, tensor)), ...zeros])
  return path
}

const zerosFor = (dtype: Tensor['dtype'], shape: readonly number[]): Uint8Array =>
  new Uint8Array(elementsOf(shape) * (dtype === 'F32' ? 4 : 2))

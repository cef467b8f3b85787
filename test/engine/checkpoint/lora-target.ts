// A handful of weights to lay LoRAs on: a matrix, a 3×3 and a 1×1 convolution, a norm, a text layer and a motion layer, and what merging gives.

import { mergeDelta } from '../../../src/engine/checkpoint/lora/merge.ts'
import type { LoraTarget } from '../../../src/engine/checkpoint/lora/modules.ts'
import { readLora } from '../../../src/engine/checkpoint/lora/read.ts'
import { float32Of, type Tensor } from '../../../src/engine/checkpoint/tensor.ts'
import { type Content, fileOf, values } from './tensors-in-memory.ts'

export const [matrix, conv, pointwise] = [
  'mid_block.attentions.0.transformer_blocks.0.attn1.to_q',
  'down_blocks.0.resnets.0.conv1',
  'mid_block.attentions.0.proj_in',
]

export const kohya = (path: string): string => `lora_unet_${path.replaceAll('.', '_')}`

const named = (shapes: Readonly<Record<string, readonly number[]>>): ReadonlyMap<string, Tensor> =>
  new Map(Object.entries(shapes).map(([name, shape], i) => [name, { ...values(shape, i + 1), name }]))

export const target = {
  unet: named({
    [`${matrix}.weight`]: [6, 4],
    [`${conv}.weight`]: [6, 4, 3, 3],
    [`${conv}.bias`]: [6],
    [`${pointwise}.weight`]: [4, 4, 1, 1],
    'down_blocks.0.resnets.0.norm1.weight': [4],
    'down_blocks.0.resnets.0.norm1.bias': [4],
  }),
  text: named({ 'text_model.encoder.layers.0.self_attn.q_proj.weight': [4, 4] }),
  motion: named({ 'mid_block.motion_modules.0.transformer_blocks.0.attn1.to_out.0.weight': [4, 4] }),
} satisfies LoraTarget

/** The file's only module, laid on its weight: [before, after]. `end` is `.weight` or `.bias`. */
export function laid(
  path: string,
  contents: Readonly<Record<string, Content>>,
  strength: number,
  end = 'weight',
): [Float32Array, Float32Array] {
  const named = Object.entries(contents).map(([slot, content]) => [`${kohya(path)}.${slot}`, content] as const)
  const { deltas } = readLora(fileOf(named), target)
  const tensor = target.unet.get(`${path}.${end}`)!
  const before = float32Of(tensor)
  let after = before
  for (const delta of deltas) if (delta.weight === `${path}.${end}`) after = mergeDelta(after, tensor.shape, delta, strength)
  return [before, after]
}

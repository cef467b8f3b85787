// A LoRA target for tests, of a handful of weights: a matrix, a 3×3 and a 1×1 convolution, a norm, a text layer and a motion layer, and
// what merging gives.

import { mergeDelta } from '../../../../src/engine/checkpoint/lora/merge/merge.ts'
import type { LoraTarget } from '../../../../src/engine/checkpoint/lora/modules.ts'
import { readLora } from '../../../../src/engine/checkpoint/lora/read.ts'
import { float32Of, type Tensor } from '../../../../src/engine/checkpoint/tensor/tensor.ts'
import { type Content, fileOf, scalar, values } from '../tensor/tensors-in-memory.ts'

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

/** The file's only module, applied to its weight: [before, after]. `end` is `.weight` or `.bias`. */
export function applied(
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

/** One adapter of each kind. */
export const kinds: Readonly<Record<string, readonly [path: string, contents: Readonly<Record<string, Content>>]>> = {
  lora: [matrix, { 'lora_down.weight': values([2, 4]), 'lora_up.weight': values([6, 2]), alpha: scalar(1) }],
  locon: [conv, { 'lora_down.weight': values([2, 4, 3, 3]), 'lora_up.weight': values([6, 2, 1, 1]) }],
  tucker: [
    conv,
    { 'lora_down.weight': values([2, 4, 1, 1]), 'lora_mid.weight': values([2, 2, 3, 3]), 'lora_up.weight': values([6, 2, 1, 1]) },
  ],
  loha: [
    matrix,
    {
      hada_w1_a: values([6, 2], 1),
      hada_w1_b: values([2, 4], 2),
      hada_w2_a: values([6, 2], 3),
      hada_w2_b: values([2, 4], 4),
      alpha: scalar(4),
    },
  ],
  'loha tucker': [
    conv,
    {
      hada_w1_a: values([2, 6], 1),
      hada_w1_b: values([2, 4], 2),
      hada_t1: values([2, 2, 3, 3], 3),
      hada_w2_a: values([2, 6], 4),
      hada_w2_b: values([2, 4], 5),
      hada_t2: values([2, 2, 3, 3], 6),
    },
  ],
  lokr: [matrix, { lokr_w1: values([2, 2], 1), lokr_w2_a: values([3, 1], 2), lokr_w2_b: values([1, 2], 3), alpha: scalar(3) }],
  'lokr full': [matrix, { lokr_w1: values([2, 2], 1), lokr_w2: values([3, 2], 2), alpha: scalar(99) }],
  'lokr both': [
    matrix,
    { lokr_w1_a: values([2, 1], 1), lokr_w1_b: values([1, 2], 2), lokr_w2_a: values([3, 1], 3), lokr_w2_b: values([1, 2], 4) },
  ],
  'lokr tucker': [
    conv,
    { lokr_w1: values([2, 2], 1), lokr_w2_a: values([1, 3], 2), lokr_w2_b: values([1, 2], 3), lokr_t2: values([1, 1, 3, 3], 4) },
  ],
  ia3: [matrix, { weight: values([6]), on_input: scalar(0) }],
  'ia3 on input': [conv, { weight: values([1, 4, 1, 1]), on_input: scalar(1) }],
  full: [conv, { diff: values([6, 4, 3, 3]) }],
  glora: [
    conv,
    {
      'a1.weight': values([4, 2, 1, 1], 1),
      'a2.weight': values([2, 4, 1, 1], 2),
      'b1.weight': values([6, 2, 1, 1], 3),
      'b2.weight': values([2, 4, 3, 3], 4),
    },
  ],
  dora: [matrix, { 'lora_down.weight': values([2, 4]), 'lora_up.weight': values([6, 2]), dora_scale: values([6, 1]) }],
  oft: [matrix, { oft_blocks: values([3, 2, 2]) }],
  'oft rescaled': [conv, { oft_blocks: values([2, 3, 3]), rescale: values([6, 1, 1, 1]), alpha: scalar(0.01) }],
}

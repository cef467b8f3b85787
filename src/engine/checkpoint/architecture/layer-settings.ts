// Layer settings of a config.json that change what a net computes and leave no trace in its weights: what is not computed here is refused,
// or pictures would be wrong and nothing would say so. Names are diffusers' and transformers'.

import type { Named } from '../dialects/parts.ts'
import { field, wrongConfig } from './architecture-readers.ts'

/** Each with what is computed here; null is none. */
const computed: Readonly<Record<'unet' | 'vae' | 'text', Readonly<Record<string, readonly unknown[]>>>> = {
  unet: {
    act_fn: ['silu', 'swish'],
    center_input_sample: [false],
    flip_sin_to_cos: [true],
    freq_shift: [0],
    downsample_padding: [1],
    mid_block_scale_factor: [1],
    norm_eps: [1e-5],
    only_cross_attention: [false],
    dual_cross_attention: [false],
    resnet_time_scale_shift: ['default'],
    resnet_out_scale_factor: [1],
    resnet_skip_time_act: [false],
    time_embedding_type: ['positional'],
    time_embedding_act_fn: [null],
    timestep_post_act: [null],
    class_embed_type: [null],
    addition_embed_type: [null],
    encoder_hid_dim_type: [null],
  },
  vae: { act_fn: ['silu', 'swish'], shift_factor: [null, 0], latents_mean: [null], latents_std: [null] },
  text: { layer_norm_eps: [1e-5] },
}

/** @throws UserError `checkpoint-config` */
export function refuseOtherLayers(tensors: Named, config: unknown, net: keyof typeof computed): void {
  for (const [name, values] of Object.entries(computed[net])) {
    const said = field(config, name) ?? null
    const each: readonly unknown[] = Array.isArray(said) ? said : [said]
    if (said === null || each.every((value) => values.includes(value))) continue
    wrongConfig(tensors, name, values.map((value) => value ?? 'none').join(' or '), said)
  }
}

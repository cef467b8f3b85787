// A key mapping for the VAE: LDM (`decoder.up.3.block.0`, numbered from the pixels) beside diffusers' (`decoder.up_blocks.0.resnets.0`,
// numbered in running order), and what diffusers itself called the attention's parts before 0.18.
// Sources: CompVis/stable-diffusion ldm/modules/diffusionmodules/model.py; diffusers loaders/single_file_utils.py.

import type { Table } from './table.ts'
import { under } from './table.ts'

export interface VaeLayout {
  readonly levels: number
  /** Resnets to a level, in the half that has more of them: the decoder has one more than the encoder. */
  readonly resnets: number
}

const mid: Table = [
  ['mid.block_1', 'mid_block.resnets.0'],
  ['mid.block_2', 'mid_block.resnets.1'],
  ['mid.attn_1.norm', 'mid_block.attentions.0.group_norm'],
  ['mid.attn_1.q', 'mid_block.attentions.0.to_q'],
  ['mid.attn_1.k', 'mid_block.attentions.0.to_k'],
  ['mid.attn_1.v', 'mid_block.attentions.0.to_v'],
  ['mid.attn_1.proj_out', 'mid_block.attentions.0.to_out.0'],
  ['conv_in', 'conv_in'],
  ['norm_out', 'conv_norm_out'],
  ['conv_out', 'conv_out'],
]

const quantizers: Table = [
  ['quant_conv', 'quant_conv'],
  ['post_quant_conv', 'post_quant_conv'],
]

/** LDM ↔ diffusers. */
export function ldmVae({ levels, resnets }: VaeLayout): Table {
  const rows: (readonly [string, string])[] = [...quantizers, ...under('encoder', 'encoder', mid), ...under('decoder', 'decoder', mid)]
  const pair = (theirs: string, ours: string) => rows.push([theirs, ours], [`${theirs}.nin_shortcut`, `${ours}.conv_shortcut`])
  for (let i = 0; i < levels; i++) {
    const up = levels - 1 - i
    for (let j = 0; j < resnets; j++) {
      pair(`encoder.down.${i}.block.${j}`, `encoder.down_blocks.${i}.resnets.${j}`)
      pair(`decoder.up.${up}.block.${j}`, `decoder.up_blocks.${i}.resnets.${j}`)
    }
    rows.push([`encoder.down.${i}.downsample`, `encoder.down_blocks.${i}.downsamplers.0`])
    rows.push([`decoder.up.${up}.upsample`, `decoder.up_blocks.${i}.upsamplers.0`])
  }
  return rows
}

/** diffusers' names as they were before 0.18 ↔ as they are. Everything else stays. */
export const oldDiffusersVae: Table = [
  ['encoder', 'encoder'],
  ['decoder', 'decoder'],
  ...quantizers,
  ...['encoder', 'decoder'].flatMap((half) =>
    under(`${half}.mid_block.attentions.0`, `${half}.mid_block.attentions.0`, [
      ['query', 'to_q'],
      ['key', 'to_k'],
      ['value', 'to_v'],
      ['proj_attn', 'to_out.0'],
    ]),
  ),
]

/** How many levels and resnets there are, from names in LDM's dialect. */
export function vaeLayoutOfLdm(names: Iterable<string>): VaeLayout {
  let [levels, resnets] = [0, 0]
  for (const name of names) {
    const found = /^(?:encoder\.down|decoder\.up)\.(\d+)\.block\.(\d+)\./.exec(name)
    if (!found) continue
    levels = Math.max(levels, Number(found[1]) + 1)
    resnets = Math.max(resnets, Number(found[2]) + 1)
  }
  return { levels, resnets }
}

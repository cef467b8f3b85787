// Architectures of the nets, read from their weights: widths, levels, attention, heads. Names are diffusers' (see dialects/parts.ts).
// A config.json, where there is one, is asked only for what weights do not show: heads, group counts, the latent scale.

import type { Named } from '../dialects/parts.ts'
import { configured, countBlocks, dims, field, refuseDepth, refuseUneven, wrongConfig, wrongShape } from './architecture-readers.ts'
import { refuseOtherLayers } from './layer-settings.ts'

export interface UNetArchitecture {
  readonly inChannels: number
  readonly outChannels: number
  /** Channels of each level, from the full resolution down. */
  readonly widths: readonly number[]
  /** Resnets in a down block; an up block has one more. */
  readonly layersPerBlock: number
  /** Whether a level has spatial transformers, from the full resolution down; the way up mirrors it. */
  readonly attention: readonly boolean[]
  readonly midAttention: boolean
  readonly transformerDepth: number
  readonly heads: number
  readonly contextWidth: number
  readonly timeWidth: number
  readonly normGroups: number
}

export interface VaeArchitecture {
  /** Channels of each level, from the pixels down. */
  readonly widths: readonly number[]
  /** Resnets to a level of the encoder; the decoder has one more. */
  readonly layersPerBlock: number
  readonly latentChannels: number
  readonly scalingFactor: number
  /** Pixels along the side of one latent. */
  readonly factor: number
  readonly normGroups: number
  readonly encoder: boolean
  readonly decoder: boolean
}

export interface TextArchitecture {
  readonly width: number
  readonly layers: number
  readonly heads: number
  readonly vocabulary: number
  readonly positions: number
  readonly mlpWidth: number
  readonly activation: 'quick_gelu' | 'gelu'
}

/** SD v1's UNet, of any widths. @throws UserError `checkpoint-key-missing`, `checkpoint-shape`, `checkpoint-config` */
export function unetArchitecture(tensors: Named, config?: unknown): UNetArchitecture {
  const levels = countBlocks(tensors, /^down_blocks\.(\d+)\./)
  const [first, inChannels] = dims(tensors, 'conv_in.weight', 4)
  const widths = Array.from({ length: levels }, (_, b) => dims(tensors, `down_blocks.${b}.resnets.0.conv1.weight`, 4)[0]!)
  if (widths[0] !== first) wrongShape(tensors, 'down_blocks.0.resnets.0.conv1.weight', `${first} channels, as conv_in has`)
  const attention = widths.map((_, b) => tensors.has(`down_blocks.${b}.attentions.0.norm.weight`))
  const midAttention = tensors.has('mid_block.attentions.0.norm.weight')
  const level = attention.indexOf(true)
  const transformer = level >= 0 ? `down_blocks.${level}.attentions.0` : 'mid_block.attentions.0'
  // Files of SD v1 say attention_head_dim where they mean heads; num_attention_heads came later and means what it says.
  const heads = configured(tensors, config, ['num_attention_heads', 'attention_head_dim']) ?? 8
  const attending = widths.filter((_, b) => attention[b])
  refuseUneven(tensors, midAttention ? [...attending, widths.at(-1)!] : attending, heads, 'heads')
  const normGroups = configured(tensors, config, ['norm_num_groups']) ?? 32
  refuseUneven(tensors, widths, normGroups, 'groups')
  refuseOtherLayers(tensors, config, 'unet')
  const transformerDepth = countBlocks(tensors, new RegExp(`^${transformer.replaceAll('.', '\\.')}\\.transformer_blocks\\.(\\d+)\\.`))
  if (transformerDepth > 1) refuseDepth(tensors, `${transformer}.transformer_blocks`, transformerDepth)
  return {
    inChannels: inChannels!,
    outChannels: dims(tensors, 'conv_out.weight', 4)[0]!,
    widths,
    layersPerBlock: countBlocks(tensors, /^down_blocks\.0\.resnets\.(\d+)\./),
    attention,
    midAttention,
    transformerDepth,
    heads,
    contextWidth: dims(tensors, `${transformer}.transformer_blocks.0.attn2.to_k.weight`, 2)[1]!,
    timeWidth: dims(tensors, 'time_embedding.linear_1.weight', 2)[0]!,
    normGroups,
  }
}

/** AutoencoderKL, whole or one half of it. @throws UserError `checkpoint-key-missing`, `checkpoint-shape`, `checkpoint-config` */
export function vaeArchitecture(tensors: Named, config?: unknown): VaeArchitecture {
  const encoder = tensors.has('encoder.conv_in.weight')
  const decoder = tensors.has('decoder.conv_in.weight') || !encoder
  const levels = countBlocks(tensors, decoder ? /^decoder\.up_blocks\.(\d+)\./ : /^encoder\.down_blocks\.(\d+)\./)
  const key = (level: number) => (decoder ? `decoder.up_blocks.${levels - 1 - level}` : `encoder.down_blocks.${level}`)
  refuseOtherLayers(tensors, config, 'vae')
  const resnets = countBlocks(tensors, decoder ? /^decoder\.up_blocks\.0\.resnets\.(\d+)\./ : /^encoder\.down_blocks\.0\.resnets\.(\d+)\./)
  const widths = Array.from({ length: levels }, (_, level) => dims(tensors, `${key(level)}.resnets.0.conv1.weight`, 4)[0]!)
  const normGroups = configured(tensors, config, ['norm_num_groups']) ?? 32
  refuseUneven(tensors, widths, normGroups, 'groups')
  return {
    widths,
    layersPerBlock: decoder ? resnets - 1 : resnets,
    latentChannels: decoder ? dims(tensors, 'decoder.conv_in.weight', 4)[1]! : dims(tensors, 'encoder.conv_out.weight', 4)[0]! / 2,
    scalingFactor: configured(tensors, config, ['scaling_factor']) ?? 0.18215,
    factor: 2 ** (levels - 1),
    normGroups,
    encoder,
    decoder,
  }
}

/** CLIP's text model. @throws UserError `checkpoint-key-missing`, `checkpoint-shape`, `checkpoint-config` */
export function textArchitecture(tensors: Named, config?: unknown): TextArchitecture {
  const [vocabulary, width] = dims(tensors, 'text_model.embeddings.token_embedding.weight', 2)
  const activation = field(config, 'hidden_act') ?? 'quick_gelu'
  if (activation !== 'quick_gelu' && activation !== 'gelu') wrongConfig(tensors, 'hidden_act', 'quick_gelu or gelu', activation)
  // CLIP's heads are 64 wide in every published size.
  const heads = configured(tensors, config, ['num_attention_heads']) ?? Math.max(1, Math.round(width! / 64))
  refuseUneven(tensors, [width!], heads, 'heads')
  refuseOtherLayers(tensors, config, 'text')
  return {
    width: width!,
    layers: countBlocks(tensors, /^text_model\.encoder\.layers\.(\d+)\./),
    heads,
    vocabulary: vocabulary!,
    positions: positionsOf(tensors),
    mlpWidth: dims(tensors, 'text_model.encoder.layers.0.mlp.fc1.weight', 2)[0]!,
    activation: activation as 'quick_gelu' | 'gelu',
  }
}

/** Prompts are read in chunks of 77 tokens. */
const leastPositions = 77

function positionsOf(tensors: Named): number {
  const key = 'text_model.embeddings.position_embedding.weight'
  const [positions] = dims(tensors, key, 2)
  if (positions! < leastPositions) wrongShape(tensors, key, `positions for ${leastPositions} tokens at least`)
  return positions!
}

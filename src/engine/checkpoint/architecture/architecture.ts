// Architectures of the nets, read from their weights: widths, levels, attention, heads. Names are diffusers' (see dialects/parts.ts).
// A config.json, where there is one, is asked only for what weights do not show: heads, group counts, the latent scale.

import type { Named } from '../dialects/parts.ts'
import { tellingName } from '../telling-name.ts'
import {
  configured,
  countBlocks,
  dims,
  field,
  refuseDepth,
  refuseManyPositions,
  refuseUneven,
  wrongConfig,
  wrongShape,
} from './architecture-readers.ts'
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

export const motionVersions = ['v1', 'v2', 'v3', 'animatelcm', 'lightning'] as const
export type MotionVersion = (typeof motionVersions)[number]

export interface MotionArchitecture {
  readonly version: MotionVersion
  /** Neither the file nor its name says so: it is what most such files are. */
  readonly guessed?: true
  /** Steps that a Lightning module was distilled for. */
  readonly steps?: number
  readonly midBlock: boolean
  readonly heads: number
  /** Rows of the position table it was trained with. */
  readonly peRows: number
  /** Frames that one window may have. */
  readonly maxFrames: number
  /** It was trained on loops of so many frames: they close by themselves. */
  readonly loopFrames?: number
  /** Channels of each level, from the full resolution down. */
  readonly widths: readonly number[]
  /** Modules in a down block; an up block has one more. */
  readonly layersPerBlock: number
  /** Resnets take their group statistics across the frames of a window (v1 alone). */
  readonly acrossFrames: boolean
  readonly attentionsPerBlock: number
  readonly normGroups: number
  /** It was trained with other positions than the usual sines: those that it stores count. */
  readonly ownPositions?: true
}

/** What is known of a motion module besides its weights. */
export interface MotionSource {
  readonly path?: string
  readonly metadata?: ReadonlyMap<string, string>
  /** Rows of the stored position tables (`Parts.peRows`). */
  readonly peRows?: number
  /** A MotionAdapter's config.json. */
  readonly config?: unknown
  /** Said by the user: overrules what the file looks like. */
  readonly version?: MotionVersion
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

/** Far above every published module, of which the longest knows 64: a table is read whole, and says how long a window may be. */
const mostPositions = 1024

/**
 * AnimateDiff's motion modules. v1 is known by a position table of other than 32 rows, the v2 family by its mid block, AnimateLCM by no table;
 * Lightning has v2's layout, so only its name or metadata tells (huggingface ByteDance/AnimateDiff-Lightning).
 * @throws UserError `checkpoint-key-missing`, `checkpoint-shape`, `checkpoint-config`
 */
export function motionArchitecture(tensors: Named, source: MotionSource = {}): MotionArchitecture {
  const levels = countBlocks(tensors, /^down_blocks\.(\d+)\.motion_modules\./)
  const midBlock = tensors.has('mid_block.motion_modules.0.norm.weight')
  const stored = source.peRows ?? configured(tensors, source.config, ['motion_max_seq_length'])
  if (source.peRows !== undefined && source.peRows > mostPositions) refuseManyPositions(tensors, source.peRows, mostPositions)
  const version = source.version ?? versionOf(midBlock, stored, source)
  const named = says('v[123]|mm_sd_v1[45]', tellingName(source.path ?? '').toLowerCase()) || /lcm|lightning/.test(saidOf(source))
  const guessed = source.version === undefined && stored === undefined && !named
  const steps = version === 'lightning' ? stepsOf(source) : undefined
  const loopFrames = configured(tensors, source.config, ['motion_loop_frames'])
  const peRows = stored ?? (version === 'v1' ? 24 : version === 'animatelcm' ? 64 : 32)
  const first = 'down_blocks.0.motion_modules.0'
  const widths = Array.from({ length: levels }, (_, b) => dims(tensors, `down_blocks.${b}.motion_modules.0.norm.weight`, 1)[0]!)
  const heads = configured(tensors, source.config, ['motion_num_attention_heads']) ?? 8
  refuseUneven(tensors, widths, heads, 'heads')
  const normGroups = configured(tensors, source.config, ['motion_norm_num_groups']) ?? 32
  refuseUneven(tensors, widths, normGroups, 'groups')
  const depth = countBlocks(tensors, /\.motion_modules\.\d+\.transformer_blocks\.(\d+)\./)
  if (depth > 1) refuseDepth(tensors, `${first}.transformer_blocks`, depth)
  return {
    version,
    ...(guessed && { guessed }),
    ...(steps === undefined ? {} : { steps }),
    midBlock,
    heads,
    peRows,
    maxFrames: stored === undefined ? Math.min(peRows, 32) : peRows,
    ...(loopFrames !== undefined && { loopFrames }),
    widths,
    layersPerBlock: countBlocks(tensors, /^down_blocks\.0\.motion_modules\.(\d+)\./),
    acrossFrames: version === 'v1',
    attentionsPerBlock: tensors.has(`${first}.transformer_blocks.0.attn2.to_q.weight`) ? 2 : 1,
    normGroups,
  }
}

function versionOf(midBlock: boolean, peRows: number | undefined, source: MotionSource): MotionVersion {
  const name = tellingName(source.path ?? '').toLowerCase()
  if (midBlock) {
    if (saidOf(source).includes('lightning')) return 'lightning'
    // Saved as a MotionAdapter it has a table, or a configuration that says how long one is.
    if (/animate[-_ ]?lcm/.test(saidOf(source))) return 'animatelcm'
    return peRows === undefined && !says('v2', name) ? 'animatelcm' : 'v2'
  }
  // v3 was published with 32 rows. Trained on for other lengths, a v1 module stays one (so has ComfyUI-AnimateDiff-Evolved it too).
  if (peRows !== undefined) return peRows === 32 || (peRows !== 24 && says('v3', name)) ? 'v3' : 'v1'
  // Without a table only the name is left; the first modules were called after the SD they were trained on.
  return says('v1|mm_sd_v1[45]', name) ? 'v1' : 'v3'
}

const says = (version: string, name: string): boolean => new RegExp(`(^|[^a-z0-9])(${version})([^0-9]|$)`).test(name)

function stepsOf(source: MotionSource): number | undefined {
  const found = /(\d+)[ _-]?step/.exec(saidOf(source))
  return found ? Number(found[1]) : undefined
}

/** What the file's name and its metadata say, in one lower-case text. */
const saidOf = ({ path = '', metadata }: MotionSource): string =>
  [tellingName(path), ...(metadata?.values() ?? [])].join('\n').toLowerCase()

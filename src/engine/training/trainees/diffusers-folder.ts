// A Stable Diffusion folder as diffusers has one: every net in a folder of its own, its tokenizer, the noise schedule, and an index of them.
// Names of the settings as in diffusers' UNet2DConditionModel, AutoencoderKL and DDIMScheduler, and transformers' CLIPTextConfig.

import { join } from 'node:path'
import type { TextArchitecture, UNetArchitecture, VaeArchitecture } from '../../checkpoint/architecture/architecture.ts'
import type { TensorToWrite } from '../../checkpoint/safetensors/write-safetensors.ts'
import type { Model } from '../../pipeline/model/model.ts'
import { endOfText, startOfText, type Tokenizer, vocabularyOf } from '../../text/tokenizer.ts'
import { json, netFolder, type WrittenFile } from './trainee.ts'

export interface FolderTensors {
  readonly unet: readonly TensorToWrite[]
  readonly text: readonly TensorToWrite[]
  readonly vae: readonly TensorToWrite[]
}

export function diffusersFolder(model: Model, { unet, text, vae }: FolderTensors): WrittenFile[] {
  return [
    ...netFolder('unet', unet, unetConfig(model.unet.architecture, model.trainedSide)),
    ...netFolder('text_encoder', text, textConfig(model.text.architecture, model.tokenizer), 'model'),
    ...netFolder('vae', vae, vaeConfig(model.vae.architecture, model.trainedSide)),
    ...tokenizerFolder(model.tokenizer),
    { path: join('scheduler', 'scheduler_config.json'), text: json(schedulerConfig(model)) },
    { path: 'model_index.json', text: json(modelIndex) },
  ]
}

const modelIndex = {
  _class_name: 'StableDiffusionPipeline',
  unet: ['diffusers', 'UNet2DConditionModel'],
  vae: ['diffusers', 'AutoencoderKL'],
  text_encoder: ['transformers', 'CLIPTextModel'],
  tokenizer: ['transformers', 'CLIPTokenizer'],
  scheduler: ['diffusers', 'DDIMScheduler'],
  safety_checker: [null, null],
  feature_extractor: [null, null],
}

const unetConfig = (arch: UNetArchitecture, side: number) => ({
  _class_name: 'UNet2DConditionModel',
  sample_size: side,
  in_channels: arch.inChannels,
  out_channels: arch.outChannels,
  block_out_channels: arch.widths,
  ...wayDown(arch, ''),
  mid_block_type: arch.midAttention ? 'UNetMidBlock2DCrossAttn' : 'UNetMidBlock2D',
  up_block_types: arch.attention.toReversed().map((attends) => (attends ? 'CrossAttnUpBlock2D' : 'UpBlock2D')),
})

/** What a UNet shares with the nets that are copied from its way down. @param kind of block: '' or 'Motion' */
export const wayDown = (arch: UNetArchitecture, kind: '' | 'Motion') => ({
  down_block_types: arch.attention.map((attends) => {
    const name = attends ? 'CrossAttnDownBlock' : 'DownBlock'
    return kind === 'Motion' ? `${name}Motion` : `${name}2D`
  }),
  layers_per_block: arch.layersPerBlock,
  cross_attention_dim: arch.contextWidth,
  // Means heads, in all of Stable Diffusion 1.x.
  attention_head_dim: arch.heads,
  norm_num_groups: arch.normGroups,
  norm_eps: 1e-5,
  act_fn: 'silu',
  flip_sin_to_cos: true,
  freq_shift: 0,
})

export const vaeConfig = (arch: VaeArchitecture, side: number) => ({
  _class_name: 'AutoencoderKL',
  in_channels: 3,
  out_channels: 3,
  latent_channels: arch.latentChannels,
  block_out_channels: arch.widths,
  down_block_types: arch.widths.map(() => 'DownEncoderBlock2D'),
  up_block_types: arch.widths.map(() => 'UpDecoderBlock2D'),
  layers_per_block: arch.layersPerBlock,
  norm_num_groups: arch.normGroups,
  act_fn: 'silu',
  sample_size: side * arch.factor,
  scaling_factor: arch.scalingFactor,
})

const textConfig = (arch: TextArchitecture, { start, end, pad }: Tokenizer) => ({
  architectures: ['CLIPTextModel'],
  model_type: 'clip_text_model',
  vocab_size: arch.vocabulary,
  hidden_size: arch.width,
  intermediate_size: arch.mlpWidth,
  num_hidden_layers: arch.layers,
  num_attention_heads: arch.heads,
  max_position_embeddings: arch.positions,
  hidden_act: arch.activation,
  layer_norm_eps: 1e-5,
  bos_token_id: start,
  eos_token_id: end,
  pad_token_id: pad,
})

function schedulerConfig({ trained }: Model) {
  const [start, end] = trained.checkpointBetaRange ?? [0.00085, 0.012]
  return {
    _class_name: 'DDIMScheduler',
    num_train_timesteps: 1000,
    beta_start: start,
    beta_end: end,
    beta_schedule: trained.checkpointBetas ?? 'scaled_linear',
    clip_sample: false,
    set_alpha_to_one: false,
    steps_offset: 1,
    prediction_type: trained.predictsVelocity ? 'v_prediction' : 'epsilon',
    ...(trained.zeroTerminalSnr && { rescale_betas_zero_snr: true }),
  }
}

function tokenizerFolder({ merges, start, end, pad, added }: Tokenizer): WrittenFile[] {
  const vocabulary = vocabularyOf(merges).set(startOfText, start).set(endOfText, end)
  const padToken = [...vocabulary].find(([, id]) => id === pad)![0]
  const special = { bos_token: startOfText, eos_token: endOfText, unk_token: endOfText, pad_token: padToken }
  const files: Readonly<Record<string, string>> = {
    'vocab.json': JSON.stringify(Object.fromEntries(vocabulary)),
    'merges.txt': `#version: 0.2\n${merges.join('\n')}\n`,
    'tokenizer_config.json': json({ tokenizer_class: 'CLIPTokenizer', model_max_length: 77, ...special }),
    'special_tokens_map.json': json(special),
    ...(added && { 'added_tokens.json': json(Object.fromEntries(added)) }),
  }
  return Object.entries(files).map(([name, text]) => ({ path: join('tokenizer', name), text }))
}

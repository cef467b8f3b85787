// Unsupported models: files that look as if they could be used and cannot, each with the keys that give it away and a sentence for people.

import { basename } from 'node:path'
import type { Tensor, TensorFile } from './tensor.ts'

export interface UnsupportedModel {
  /** Kebab-case, for tests and translations. */
  readonly code: string
  /** What it is and what would be needed instead; follows the file's name. */
  readonly sentence: string
}

interface Sign extends UnsupportedModel {
  readonly is: (names: Names) => boolean
}

/** A file's names, asked for patterns and shapes. */
interface Names {
  readonly file: TensorFile
  has(pattern: RegExp): boolean
  /** The shape of the first tensor whose name matches. */
  shape(pattern: RegExp): readonly number[] | undefined
}

const input = /^(module\.)?(model\.diffusion_model\.|unet\.)?(input_blocks\.0\.0|conv_in)\.weight$/
const tokens = /token_embedding\.weight$/
const crossKey = /attn2\.to_k\.weight$/
const needs = 'only Stable Diffusion 1.x checkpoints are animated'

/** In order: the first that fits speaks. */
const signs: readonly Sign[] = [
  {
    code: 'sparse-ctrl',
    sentence: 'is a SparseCtrl encoder, which steers an animation by pictures; that is not supported.',
    is: (n) => n.has(/controlnet_cond_embedding\./) && n.has(/motion_modules\./),
  },
  {
    code: 'control-net',
    sentence: 'is a ControlNet, which steers a picture by another; that is not supported.',
    is: (n) => n.has(/(^|\.)(control_model|controlnet_(cond_embedding|down_blocks|mid_block))\.|(^|\.)(zero_convs|input_hint_block)\.\d/),
  },
  {
    code: 'hotshot-xl',
    sentence:
      'is the motion module of HotShot-XL, which moves SDXL alone; a module of AnimateDiff for Stable Diffusion 1.5 is needed (v1, v2, v3).',
    is: (n) => n.has(/temporal_attentions\.\d|pos_encoder\.positional_encoding$/),
  },
  {
    code: 'pia',
    sentence: 'is PIA, a motion module that continues a given picture (its input has 9 channels); that is not supported.',
    is: (n) => n.has(/motion_modules\./) && (n.shape(input)?.[1] ?? 4) === 9,
  },
  {
    code: 'motion-sdxl',
    sentence: "is AnimateDiff's beta module for SDXL; one for Stable Diffusion 1.5 is needed (v1, v2, v3).",
    is: (n) => n.shape(/up_blocks\.2\.motion_modules\.0\.(temporal_transformer\.)?norm\.weight$/)?.[0] === 320,
  },
  {
    code: 'motion-image-to-video',
    sentence: 'is a motion module that needs an image encoder (AnimateLCM-I2V or alike); that is not supported.',
    is: (n) => n.has(/motion_modules\./) && n.has(/img_encoder\.|image_encoder\.|camera_encoder\.|cc_projection/),
  },
  {
    code: 'flux',
    sentence: `is Flux; ${needs}.`,
    is: (n) => n.has(/(^|\.)(double_blocks|single_blocks|single_transformer_blocks)\.\d/),
  },
  {
    code: 'sd3',
    sentence: `is Stable Diffusion 3; ${needs}.`,
    is: (n) => n.has(/(^|\.)(joint_blocks|pos_embed\.proj|context_embedder)\b/),
  },
  {
    code: 'sdxl',
    sentence: `is SDXL; ${needs}, and motion modules for them.`,
    is: (n) =>
      n.has(/^conditioner\.embedders\.|(^|\.)(label_emb|add_embedding)\.|text_encoder_2\./) ||
      [2048, 1280].includes(n.shape(crossKey)?.at(-1) ?? 0) ||
      n.shape(tokens)?.[1] === 1280 ||
      /stable-diffusion-xl/.test(n.file.metadata.get('modelspec.architecture') ?? ''),
  },
  {
    code: 'sd2',
    sentence: `is Stable Diffusion 2; ${needs}.`,
    is: (n) => n.has(/^cond_stage_model\.model\./) || n.shape(crossKey)?.at(-1) === 1024 || n.shape(tokens)?.[1] === 1024,
  },
  {
    code: 'v-prediction',
    sentence: 'predicts velocity (v-prediction), not noise; motion modules were trained on noise prediction.',
    is: ({ has, file }) => has(/^v_pred$/) || file.metadata.get('modelspec.prediction_type') === 'v',
  },
  {
    code: 'inpainting',
    sentence:
      'is an inpainting model (its UNet takes 9 channels: latents, mask and masked picture); the plain model that it was made from is needed.',
    is: (n) => n.shape(input)?.[1] === 9,
  },
  {
    code: 'extra-channels',
    sentence:
      'has a UNet that takes more than the 4 channels of a latent (depth, or a picture to edit); a plain text-to-image model is needed.',
    is: (n) => [5, 8].includes(n.shape(input)?.[1] ?? 4),
  },
  {
    code: 'other-vae',
    sentence: 'is a small or foreign decoder (TAESD, VQ, a consistency decoder or alike); a VAE of Stable Diffusion 1.x is needed.',
    is: (n) =>
      n.has(
        /^(taesd_)?(decoder|encoder)(\.layers)?\.\d+\.(weight|bias|conv)|^\d+\.conv\.\d+\.weight$|(^|\.)quantize\.embedding\.weight$|^(ckpt|up_convs)\./,
      ) || latentChannels(n) !== 4,
  },
  {
    code: 'sdxl-vae',
    // Its shapes are those of SD 1.x and its numbers are not: only the name tells.
    sentence: "is named as SDXL's VAE, whose latents are others than those of Stable Diffusion 1.x.",
    is: (n) =>
      n.has(/^(first_stage_model\.|vae\.)?decoder\.conv_in\.weight$/) && !n.has(tokens) && /sdxl|xl[-_.]?vae/i.test(basename(n.file.path)),
  },
  {
    code: 'ip-adapter',
    sentence: 'is an IP-Adapter, which steers by a picture; that is not supported.',
    is: (n) => n.has(/^(image_proj|ip_adapter)\./),
  },
  {
    code: 'upscaler',
    sentence: 'is an image upscaler (ESRGAN or alike), not a diffusion model.',
    is: (n) => n.has(/^(params(_ema)?\.|model\.\d+\.sub\.\d|body\.\d+\.rdb\d|conv_body\.)/),
  },
]

/** VAEs of other families have the same names and more channels in a latent. */
const latentChannels = (n: Names): number => n.shape(/(^|\.)decoder\.conv_in\.weight$/)?.[1] ?? 4

/** What this file is if it cannot be used. LoRAs are asked elsewhere: their names contain those of the models that they are for. */
export function unsupportedModel(file: TensorFile): UnsupportedModel | undefined {
  const first = (pattern: RegExp): Tensor | undefined => {
    for (const [name, tensor] of file.tensors) if (pattern.test(name)) return tensor
    return undefined
  }
  const names: Names = { file, has: (pattern) => first(pattern) !== undefined, shape: (pattern) => first(pattern)?.shape }
  return signs.find(({ is }) => is(names))
}

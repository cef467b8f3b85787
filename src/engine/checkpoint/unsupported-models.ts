// Unsupported models: files that look as if they could be used and cannot, each with the keys that give it away and a sentence for people.

import { field } from './architecture/architecture-readers.ts'
import { tellingName } from './telling-name.ts'
import type { Tensor, TensorFile } from './tensor/tensor.ts'

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
  /** The config.json beside it. */
  readonly config: unknown
  has(pattern: RegExp): boolean
  /** The shape of the first tensor whose name matches. */
  shape(pattern: RegExp): readonly number[] | undefined
}

/** Of a UNet; VAEs have one to a half. */
const input = /^(?!(?:.*\.)?(?:encoder|decoder)\.)(?:.*\.)?(?:input_blocks\.0\.0|conv_in)\.weight$/
const tokens = /token_embedding\.weight$/
const crossKey = /attn2\.to_k\.weight$/
const needs = 'only Stable Diffusion 1.x checkpoints are animated'

const isSparseControl = (n: Names): boolean => n.has(/controlnet_cond_embedding\./) && n.has(/motion_modules\./)

/** In order: the first that fits speaks. */
const signs: readonly Sign[] = [
  {
    code: 'embedding-sdxl',
    sentence:
      'is a textual inversion for SDXL (or a later model): it has vectors for several text encoders; one for Stable Diffusion 1.x is needed.',
    is: (n) => n.file.tensors.size <= 8 && n.has(/^(clip_g|text_encoders_1|t5xxl|t5)$/),
  },
  {
    code: 'several-words',
    sentence: 'holds several words in one file of textual inversions; one word to a file is needed.',
    is: ({ file }) => file.tensors.size > 1 && file.tensors.keys().every((name) => /^(string_to_param\..*|<[^>]+>)$/.test(name)),
  },
  {
    code: 'lora-numbered',
    sentence:
      "is a LoRA that numbers the layers it is for instead of naming them (cloneofsimo/lora); one with diffusers' or kohya's names is needed.",
    is: (n) => n.has(/^(unet|text_encoder):\d+:(up|down)$/),
  },
  {
    code: 'quantized',
    sentence:
      'holds quantized weights with their scales beside them (scaled fp8, bitsandbytes or alike); the same model in fp16, bf16 or plain fp8 is needed.',
    is: (n) =>
      n.has(/(^scaled_fp8$|\.(scale_weight|weight_scale|weight_scale_inv|comfy_quant|absmax|SCB|qweight|qzeros)$|\.quant_state\.)/),
  },
  {
    code: 'sparse-ctrl-sdxl',
    sentence: 'is a SparseCtrl for SDXL; one for Stable Diffusion 1.5 is needed.',
    is: (n) => isSparseControl(n) && (n.has(/(^|\.)(label_emb|add_embedding)\./) || [2048, 1280].includes(n.shape(crossKey)?.at(-1) ?? 0)),
  },
  {
    code: 'control-net',
    sentence: 'is a ControlNet, which steers a picture by another; that is not supported.',
    is: (n) =>
      !isSparseControl(n) &&
      n.has(/(^|\.)(control_model|controlnet_(cond_embedding|down_blocks|mid_block))\.|(^|\.)(zero_convs|input_hint_block)\.\d/),
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
    sentence: `is Flux, or HunyuanVideo, which is built alike; ${needs}.`,
    is: (n) => n.has(/(^|\.)(double_blocks|single_blocks|single_transformer_blocks)\.\d/),
  },
  {
    code: 'sd3',
    sentence: `is Stable Diffusion 3; ${needs}.`,
    is: (n) => n.has(/(^|\.)joint_blocks\.\d/) || (n.has(/(^|\.)pos_embed\.proj\./) && n.has(/(^|\.)context_embedder\./)),
  },
  {
    code: 'diffusion-transformer',
    sentence: `is a diffusion transformer (PixArt, Wan, LTX, Qwen-Image or alike); ${needs}.`,
    is: (n) =>
      n.has(/(^|\.)(pos_embed\.proj|patch_embedding|patchify_proj|x_embedder|img_in)\./) &&
      n.has(/(^|\.)(transformer_)?(blocks|layers)\.\d/),
  },
  {
    code: 'video-diffusion',
    sentence: `is Stable Video Diffusion, or a model made of it; ${needs}.`,
    is: (n) => n.has(/(^|\.)(time_stack|time_mixer|temporal_res_block|temporal_transformer_blocks)\b/),
  },
  {
    code: 'sdxl',
    sentence: `is SDXL; ${needs}, and motion modules for them.`,
    is: (n) =>
      n.has(/^conditioner\.embedders\.|(^|\.)clip_g\.|text_encoder_2\./) ||
      // Stable Diffusion 2's variants by pictures have a label too.
      (n.has(/(^|\.)(label_emb|add_embedding)\./) && n.shape(crossKey)?.at(-1) !== 1024) ||
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
    // Its shapes are those of SD 1.x and its numbers are not: only what is said of it tells.
    sentence: "is SDXL's VAE, by its name or its configuration: its latents are others than those of Stable Diffusion 1.x.",
    is: (n) =>
      n.has(/(^|\.)(decoder|encoder)\.conv_in\.weight$/) &&
      !n.has(tokens) &&
      (/sdxl|(^|[^a-z])xl[-_.]?vae/i.test(tellingName(n.file.path)) || field(n.config, 'scaling_factor') === sdxlScale),
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

/** diffusers' scaling_factor of SDXL's VAE. */
const sdxlScale = 0.13025

/** VAEs of other families have the same names and more channels in a latent. */
const latentChannels = (n: Names): number => n.shape(/(^|\.)decoder\.conv_in\.weight$/)?.[1] ?? 4

/** What this file is if it cannot be used. LoRAs are asked elsewhere: their names contain those of the models that they are for. */
export function unsupportedModel(file: TensorFile, config?: unknown): UnsupportedModel | undefined {
  const first = (pattern: RegExp): Tensor | undefined => {
    for (const [name, tensor] of file.tensors) if (pattern.test(name)) return tensor
    return undefined
  }
  const names: Names = { file, config, has: (pattern) => first(pattern) !== undefined, shape: (pattern) => first(pattern)?.shape }
  return signs.find(({ is }) => is(names))
}

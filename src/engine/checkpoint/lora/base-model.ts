// The base model of a LoRA: which one it was made for, from the names in it, the width of the text that it reads, and its metadata.

import type { TensorFile } from '../tensor/tensor.ts'
import { tensorRoleOf } from './tensor-roles.ts'

/** Names that only one family of models has, or several that are built alike; those with what others have too come last. */
const families: readonly (readonly [pattern: RegExp, base: string])[] = [
  [/^lora_te3_|joint_blocks|context_block/, 'Stable Diffusion 3'],
  [/single_transformer_blocks/, 'Flux'],
  [/double_blocks|single_blocks/, 'Flux or HunyuanVideo'],
  [/^(transformer\.)?transformer_blocks\.\d/, 'a diffusion transformer (Stable Diffusion 3, Qwen-Image, LTX or alike)'],
  [/^lora_te2_|text_encoder_2\.|^(lora_unet_|diffusion_model\.)label_emb|add_embedding/, 'SDXL'],
]

/** Widths of the text that cross-attention reads. SD 1.x has 768; small models of one's own have any other. */
const contexts: Readonly<Record<number, string>> = { 1024: 'Stable Diffusion 2', 2048: 'SDXL', 1280: "SDXL's refiner" }

const trainers: readonly (readonly [pattern: RegExp, base: string])[] = [
  [/sdxl|xl-base|xl_base|stable-diffusion-xl/, 'SDXL'],
  [/^sd_v2|^sd_2|stable-diffusion-v2/, 'Stable Diffusion 2'],
  [/^sd3|stable-diffusion-3/, 'Stable Diffusion 3'],
  [/^flux/, 'Flux'],
]

/** The base that this LoRA is for when it is none of SD 1.x's kind, else undefined. */
export function unsupportedBase(file: TensorFile): string | undefined {
  for (const [pattern, base] of families) if (file.tensors.keys().some((name) => pattern.test(name))) return base
  const width = contextWidthOf(file)
  if (width !== undefined && contexts[width]) return contexts[width]
  const said = baseSaidBy(file)?.toLowerCase()
  // A width of SD 1.x is seen, what a trainer says is only read.
  return said === undefined || width === 768 ? undefined : trainers.find(([pattern]) => pattern.test(said))?.[1]
}

/** The base as its trainer names it. */
export const baseSaidBy = ({ metadata }: TensorFile): string | undefined =>
  metadata.get('ss_base_model_version') ?? metadata.get('modelspec.architecture') ?? undefined

/** Columns of the delta of a cross-attention's key or value: the width of a text token. */
export function contextWidthOf(file: TensorFile): number | undefined {
  // LoKr's columns are those of its two sides multiplied.
  const sides = new Map<string, { left?: number; right?: number }>()
  for (const [name, { shape }] of file.tensors) {
    const named = tensorRoleOf(name)
    if (!named || !/attn2[._](processor[._])?to_[kv]$/.test(named.module) || named.module.includes('motion_modules')) continue
    const { module, role } = named
    if (role === 'down' || role === 'w1b' || role === 'diff' || role === 'b2') return shape[1]
    if (role !== 'k1' && role !== 'k1b' && role !== 'k2' && role !== 'k2b') continue
    const pair = sides.get(module) ?? {}
    sides.set(module, pair)
    pair[role === 'k1' || role === 'k1b' ? 'left' : 'right'] = shape[1] ?? 0
    if (pair.left !== undefined && pair.right !== undefined) return pair.left * pair.right
  }
  return undefined
}

// Identification of a file of weights, by its keys and shapes, never by its name alone; and why it cannot be used, if it cannot.

import { UserError } from '../../errors.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import {
  type TextArchitecture,
  textArchitecture,
  type UNetArchitecture,
  unetArchitecture,
  type VaeArchitecture,
  vaeArchitecture,
} from '../architecture/architecture.ts'
import { type MotionArchitecture, motionArchitecture } from '../architecture/motion-architecture.ts'
import { type Parameterization, parameterizationOf } from '../architecture/parameterization.ts'
import { type SparseControlArchitecture, sparseControlArchitecture } from '../architecture/sparse-control-architecture.ts'
import { whyIgnored } from '../dialects/ignored.ts'
import { type Parts, partsOf } from '../dialects/parts.ts'
import { type Embedding, embeddingIn } from '../embedding.ts'
import { unsupportedBase } from '../lora/base-model.ts'
import { describeLora, type LoraDescription } from '../lora/describe.ts'
import { bundledWord, tensorRoleOf } from '../lora/tensor-roles.ts'
import { byteLengthOf, type DType, elementsOf, type Tensor, type TensorFile } from '../tensor/tensor.ts'
import { type UnsupportedModel, unsupportedModel } from '../unsupported-models.ts'
import { configBeside } from '../weight-folder.ts'

/** True of every file. */
export interface Contents {
  readonly path: string
  readonly container: TensorFile['container']
  readonly tensors: number
  /** Numbers in all tensors but the ignored ones. */
  readonly parameters: number
  readonly bytes: number
  /** Tensors of each type, most first. */
  readonly dtypes: readonly { readonly dtype: DType; readonly tensors: number }[]
  /** What no net takes, by reason. */
  readonly ignored: readonly { readonly reason: string; readonly names: readonly string[] }[]
}

interface UNetInFile extends Parameterization {
  readonly unet: UNetArchitecture
}

export type Identity = Contents &
  (
    | ({ readonly kind: 'sd1-checkpoint'; readonly vae?: VaeArchitecture; readonly text?: TextArchitecture } & UNetInFile)
    | ({ readonly kind: 'unet' } & UNetInFile)
    | { readonly kind: 'vae'; readonly vae: VaeArchitecture }
    | { readonly kind: 'text-encoder'; readonly text: TextArchitecture }
    | { readonly kind: 'motion-module'; readonly motion: MotionArchitecture }
    | { readonly kind: 'sparse-control'; readonly control: SparseControlArchitecture }
    | { readonly kind: 'motion-lora' | 'domain-adapter' | 'lora'; readonly lora: LoraDescription }
    | { readonly kind: 'textual-inversion'; readonly embedding: Embedding }
    | { readonly kind: 'refused'; readonly code: string; readonly sentence: string }
  )

/**
 * Never throws for what a file holds: what cannot be used is `refused`, with a whole sentence. Reads scalars only (alphas), and the config.json
 * beside a file of a net's folder.
 */
export function identify(file: TensorFile, configOf: (path: string) => unknown = configBeside): Identity {
  const refused = ({ code, sentence }: UnsupportedModel): Identity => ({
    ...contentsOf(file, []),
    kind: 'refused',
    code,
    sentence: new UserError(code, `${file.path} ${sentence}`).message,
  })
  if (file.tensors.size === 0) return refused({ code: 'empty', sentence: 'holds no tensors.' })
  const lora = describeLora(file)
  if (lora) return loraIdentity(file, lora, refused)
  try {
    const config = configOf(file.path)
    const unsupported = unsupportedModel(file, config)
    if (unsupported) return refused(unsupported)
    return netsIdentity(file, partsOf(file), config) ?? refused({ code: 'unknown', sentence: unknownSentence(file) })
  } catch (error) {
    if (error instanceof UserError) return { ...contentsOf(file, []), kind: 'refused', code: error.code, sentence: error.message }
    throw error
  }
}

function loraIdentity(file: TensorFile, lora: LoraDescription, refused: (unsupported: UnsupportedModel) => Identity): Identity {
  const base = unsupportedBase(file)
  if (base) return refused({ code: 'lora-other-base', sentence: `is a LoRA for ${base}; only LoRAs for Stable Diffusion 1.x fit.` })
  const contents = contentsOf(
    file,
    [...file.tensors.keys()].filter((name) => !tensorRoleOf(name) && bundledWord(name) === undefined),
  )
  if (lora.parts.every((part) => part === 'motion')) return { ...contents, kind: 'motion-lora', lora }
  // AnimateDiff's own LoRA names, at the rank that its adapter was published with; other files of this form are image LoRAs like any.
  const official = [...file.tensors.keys()].every((name) => /^(down|mid|up)_block.*attn[12]\.processor\.to_(q|k|v|out)_lora\./.test(name))
  return { ...contents, kind: official && lora.ranks.join() === '128' ? 'domain-adapter' : 'lora', lora }
}

function netsIdentity(file: TensorFile, parts: Parts, config: unknown): Identity | undefined {
  const contents = contentsOf(file, parts.ignored)
  if (parts.control) {
    const control = sparseControlArchitecture(parts.control, omitUndefined({ config, peRows: parts.peRows }))
    return { ...contents, kind: 'sparse-control', control }
  }
  if (parts.motion && !parts.unet) {
    const { path, metadata } = file
    const motion = motionArchitecture(parts.motion, omitUndefined({ path, metadata, config, peRows: parts.peRows }))
    return { ...contents, kind: 'motion-module', motion }
  }
  const text = parts.text && textArchitecture(parts.text, config)
  const vae = parts.vae && vaeArchitecture(parts.vae, config)
  if (parts.unet) {
    const unet = { unet: unetArchitecture(parts.unet, config), ...parameterizationOf(file) }
    if (!text && !vae) return { ...contents, kind: 'unet', ...unet }
    return { ...contents, kind: 'sd1-checkpoint', ...unet, ...omitUndefined({ vae, text }) }
  }
  if (vae) return { ...contents, kind: 'vae', vae }
  if (text) return { ...contents, kind: 'text-encoder', text }
  const found = embeddingIn(file)
  if (!found) return undefined
  const { embedding, unused } = found
  const { ignored } = contentsOf(file, unused)
  return { ...contents, ignored, parameters: embedding.vectors * embedding.width, kind: 'textual-inversion', embedding }
}

function unknownSentence(file: TensorFile): string {
  const examples = [...file.tensors.keys()].slice(0, 3).join(', ')
  return `is none of what is known here: checkpoint, VAE, text encoder, motion module, SparseCtrl, LoRA or textual inversion (its tensors: ${examples}${file.tensors.size > 3 ? ' …' : ''}).`
}

function contentsOf(file: TensorFile, ignored: readonly string[]): Contents {
  const left = new Set(ignored)
  const tensors = [...file.tensors.values()]
  const sum = (of: (tensor: Tensor) => number): number => tensors.reduce((total, tensor) => total + of(tensor), 0)
  const types = Object.entries(Object.groupBy(tensors, ({ dtype }) => dtype)).map(([dtype, group]) => ({
    dtype: dtype as DType,
    tensors: group.length,
  }))
  const reasons = Object.groupBy(ignored, (name) => whyIgnored(name) ?? 'nothing here takes it')
  return {
    path: file.path,
    container: file.container,
    tensors: tensors.length,
    parameters: sum((tensor) => (left.has(tensor.name) ? 0 : elementsOf(tensor.shape))),
    bytes: sum(byteLengthOf),
    dtypes: types.sort((a, b) => b.tensors - a.tensors),
    ignored: Object.entries(reasons).map(([reason, names]) => ({ reason, names: names ?? [] })),
  }
}

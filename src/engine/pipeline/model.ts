// Everything that one animation is drawn with, opened but not loaded: which nets, how they are built, where their weights lie.
// Reads tables of contents and configurations only; a wrong file is refused here, before anything is computed.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  type MotionArchitecture,
  motionArchitecture,
  type TextArchitecture,
  textArchitecture,
  type UNetArchitecture,
  unetArchitecture,
  type VaeArchitecture,
  vaeArchitecture,
} from '../checkpoint/architecture.ts'
import { type Named, type Part, partsOf } from '../checkpoint/dialects/parts.ts'
import { openTensorFile } from '../checkpoint/open.ts'
import { UserError } from '../errors.ts'
import type { Betas } from '../samplers/betas.ts'
import { clipTokenizer, loadTokenizer, type Tokenizer } from '../text/tokenizer.ts'

/** What a person names. `checkpoint` is a file or a diffusers folder; so may `motion` and `vae` be. */
export interface ModelFiles {
  readonly checkpoint: string
  readonly motion?: string
  readonly vae?: string
  readonly loras: readonly { readonly file: string; readonly strength: number }[]
}

/** A net: how it is built, its weights by diffusers' names, and the file to name in errors. */
export interface Net<Architecture> {
  readonly architecture: Architecture
  readonly tensors: Named
  readonly file: string
}

export interface Model {
  readonly text: Net<TextArchitecture>
  readonly unet: Net<UNetArchitecture>
  readonly vae: Net<VaeArchitecture>
  /** null draws stills only. */
  readonly motion: Net<MotionArchitecture> | null
  readonly tokenizer: Tokenizer
  /** What the checkpoint's own scheduler says of its noise; believed for stills. */
  readonly checkpointBetas?: Betas
}

/** @throws UserError where a file is missing, is not what its place needs, or was made for another base */
export function openModel(files: Omit<ModelFiles, 'loras'>): Model {
  const folder = statSync(files.checkpoint, { throwIfNoEntry: false })?.isDirectory() ? files.checkpoint : null
  const single = folder ? null : partsOf(openTensorFile(files.checkpoint))
  const part = (name: Part, inFolder: string): { tensors: Named; file: string; config?: unknown } => {
    if (folder) return folderPart(join(folder, inFolder), name)
    const tensors = single?.[name]
    if (!tensors) throw lacks(files.checkpoint, name)
    return { tensors, file: files.checkpoint }
  }
  const unet = part('unet', 'unet')
  const text = part('text', 'text_encoder')
  const vae = files.vae ? filePart(files.vae, 'vae') : part('vae', 'vae')
  const inside = folder && existsSync(join(folder, 'motion')) ? join(folder, 'motion') : undefined
  const motion = files.motion ?? inside
  const textNet = { ...text, architecture: textArchitecture(text.tensors, text.config) }
  const tokenizer = folder && existsSync(join(folder, 'tokenizer')) ? loadTokenizer(join(folder, 'tokenizer')) : undefined

  const model = {
    unet: { ...unet, architecture: unetArchitecture(unet.tensors, unet.config) },
    text: textNet,
    vae: { ...vae, architecture: vaeArchitecture(vae.tensors, vae.config) },
    motion: motion === undefined ? null : openMotion(motion),
    tokenizer: tokenizer ?? clipTokenizer(textNet.architecture.vocabulary),
    ...schedulerOf(folder),
  }
  refuseMismatch(model)
  return model
}

function openMotion(path: string): Net<MotionArchitecture> {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  const config = isFolder ? readConfig(path) : undefined
  const file = openTensorFile(isFolder ? weightsIn(path) : path)
  const { motion, peRows } = partsOf(file)
  if (!motion) throw lacks(path, 'motion')
  const source = { path: file.path, metadata: file.metadata, config, ...(peRows === undefined ? {} : { peRows }) }
  return { architecture: motionArchitecture(motion, source), tensors: motion, file: path }
}

/** The nets must have been trained together, or at least on the same base. */
function refuseMismatch({ unet, text, vae, motion }: Pick<Model, 'unet' | 'text' | 'vae' | 'motion'>): void {
  const { widths, inChannels, contextWidth } = unet.architecture
  if (inChannels !== vae.architecture.latentChannels) {
    const { latentChannels } = vae.architecture
    throw new UserError(
      'checkpoint-kind',
      `${unet.file} takes ${inChannels} channels and the VAE gives ${latentChannels}: this looks like an inpainting or depth model, which cannot be animated.`,
      { inChannels, latentChannels, file: unet.file },
    )
  }
  if (contextWidth !== text.architecture.width) {
    throw new UserError(
      'checkpoint-kind',
      `${unet.file} reads text of width ${contextWidth}, but the text encoder in ${text.file} writes ${text.architecture.width}: they belong to different models.`,
      { contextWidth, width: text.architecture.width, file: unet.file },
    )
  }
  if (motion && motion.architecture.widths.join() !== widths.join()) {
    throw new UserError(
      'motion-base',
      `The motion module ${motion.file} was made for a base of widths ${motion.architecture.widths.join(', ')}; ${unet.file} has ${widths.join(', ')}.`,
      { expected: widths, got: motion.architecture.widths, file: motion.file },
    )
  }
}

const words: Readonly<Record<Part, string>> = { unet: 'UNet', vae: 'VAE', text: 'text encoder', motion: 'motion module' }

const lacks = (file: string, part: Part): UserError =>
  new UserError('checkpoint-part', `${file} holds no ${words[part]} of Stable Diffusion v1.`, { file, part })

function filePart(path: string, name: Part): { tensors: Named; file: string; config?: unknown } {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return folderPart(path, name)
  const tensors = partsOf(openTensorFile(path))[name]
  if (!tensors) throw lacks(path, name)
  return { tensors, file: path }
}

function folderPart(folder: string, name: Part): { tensors: Named; file: string; config?: unknown } {
  const file = weightsIn(folder)
  const tensors = partsOf(openTensorFile(file))[name]
  if (!tensors) throw lacks(file, name)
  return { tensors, file, config: readConfig(folder) }
}

/** diffusers' and transformers' names for weights, best first; fp16 variants are what many folders hold. */
const weightNames = ['diffusion_pytorch_model', 'model', 'pytorch_model'].flatMap((name) =>
  ['.safetensors', '.fp16.safetensors', '.bin', '.fp16.bin'].map((end) => name + end),
)

function weightsIn(folder: string): string {
  const name = weightNames.find((it) => existsSync(join(folder, it)))
  if (!name) {
    throw new UserError('folder-weights', `${folder} holds no weights; expected one of ${weightNames.slice(0, 3).join(', ')} …`, { folder })
  }
  return join(folder, name)
}

function readConfig(folder: string): unknown {
  const path = join(folder, 'config.json')
  return existsSync(path) ? readJson(path) : undefined
}

function schedulerOf(folder: string | null): { checkpointBetas?: Betas } {
  const path = folder && join(folder, 'scheduler', 'scheduler_config.json')
  if (!path || !existsSync(path)) return {}
  const config = readJson(path)
  const betas = typeof config === 'object' && config !== null && 'beta_schedule' in config ? config.beta_schedule : undefined
  return betas === 'linear' || betas === 'scaled_linear' ? { checkpointBetas: betas } : {}
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new UserError('json-broken', `${path} is not JSON.`, { path }, { cause })
  }
}

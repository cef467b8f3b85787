// Describes a file of weights in lines that people read: what it is, what it holds, what would be left aside and why.

import type { TextArchitecture, UNetArchitecture, VaeArchitecture } from '../../engine/checkpoint/architecture/architecture.ts'
import type { MotionArchitecture } from '../../engine/checkpoint/architecture/motion-architecture.ts'
import type { SparseControlArchitecture } from '../../engine/checkpoint/architecture/sparse-control-architecture.ts'
import type { Identity } from '../../engine/checkpoint/identify/identify.ts'
import type { LoraDescription } from '../../engine/checkpoint/lora/describe.ts'
import { distillationSaid, openModel } from '../../engine/index.ts'
import { UserError } from '../../errors.ts'
import { inBytes, inMillions, plain } from '../terminal/plain-text.ts'

/** A label and what stands beside it. */
export type LabelledLine = readonly [label: string, text: string]

export const kindWords: Readonly<Record<Identity['kind'], string>> = {
  'sd1-checkpoint': 'checkpoint of Stable Diffusion 1.x',
  unet: 'UNet of Stable Diffusion 1.x',
  vae: 'VAE',
  'text-encoder': 'CLIP text encoder',
  'motion-module': 'motion module',
  'sparse-control': 'SparseCtrl',
  'motion-lora': 'motion LoRA',
  'domain-adapter': 'domain adapter of AnimateDiff v3 (a LoRA)',
  lora: 'LoRA',
  'textual-inversion': 'textual inversion',
  refused: 'cannot be used',
}

const containers: Readonly<Record<Identity['container'], string>> = {
  safetensors: 'safetensors',
  'torch-zip': 'torch.save',
  'torch-legacy': 'torch.save, the form before 1.6',
}

export function weightLines(identity: Identity, metadata: ReadonlyMap<string, string> = new Map()): LabelledLine[] {
  const { container, bytes, tensors, dtypes, parameters, ignored } = identity
  const types = dtypes.map(({ dtype, tensors }) => (dtypes.length === 1 ? dtype : `${tensors} ${dtype}`)).join(', ')
  const license = metadata.get('modelspec.license') ?? metadata.get('license')
  return [
    ['kind', identity.kind === 'refused' ? `${kindWords.refused}: ${plain(identity.sentence)}` : kindWords[identity.kind]],
    ['file', `${containers[container]}, ${inBytes(bytes)}`],
    ['tensors', `${tensors} (${types}), ${inMillions(parameters)} parameters`],
    ...particulars(identity),
    ...('lora' in identity ? fewSteps(identity.path, metadata) : []),
    ...(license === undefined ? [] : [['license', plain(license)] as const]),
    ...ignored.map(({ reason, names }): LabelledLine => ['left aside', `${named(names)}: ${reason}`]),
  ]
}

function particulars(identity: Identity): LabelledLine[] {
  switch (identity.kind) {
    case 'sd1-checkpoint': {
      const { vae, text } = identity
      return [...unetLines(identity), ['VAE', vae ? vaeText(vae) : 'none'], ['text encoder', text ? textText(text) : 'none']]
    }
    case 'unet':
      return unetLines(identity)
    case 'vae':
      return [['VAE', vaeText(identity.vae)]]
    case 'text-encoder':
      return [['text encoder', textText(identity.text)]]
    case 'motion-module':
      return [['module', motionText(identity.motion)]]
    case 'sparse-control':
      return [['SparseCtrl', controlText(identity.control)]]
    case 'motion-lora':
    case 'domain-adapter':
    case 'lora':
      return loraLines(identity.lora)
    case 'textual-inversion': {
      const { vectors, width, word } = identity.embedding
      const said = word === undefined ? 'its file name is its word' : `the file calls it ${plain(word)}`
      return [['embedding', `${vectors} ${vectors === 1 ? 'vector' : 'vectors'} of ${width}; ${said}`]]
    }
    case 'refused':
      return []
  }
}

function fewSteps(path: string, metadata: ReadonlyMap<string, string>): LabelledLine[] {
  const found = distillationSaid({ path, metadata })
  if (!found) return []
  const { method, steps, sampler, guidance } = found
  return [['drawn with', `${steps} steps of ${sampler}, guidance ${guidance}: by its name it was distilled (${method})`]]
}

/** Of the nets of a folder together: how they were trained, or why they cannot be drawn with. */
export function folderLines(path: string): LabelledLine[] {
  try {
    const { predictsVelocity, zeroTerminalSnr, distilledCheckpoint: few, checkpointBetas } = openModel({ checkpoint: path }).trained
    const said = [
      ...(predictsVelocity ? [velocityWords] : []),
      ...(zeroTerminalSnr ? [zeroSnrWords] : []),
      ...(checkpointBetas ? [`${checkpointBetas} betas`] : []),
      ...(few ? [`distilled (${few.method}): ${few.steps} steps of ${few.sampler}, guidance ${few.guidance}`] : []),
    ]
    return said.length > 0 ? [['trained on', said.join(', ')]] : []
  } catch (error) {
    if (error instanceof UserError) return [['together', plain(error.message)]]
    throw error
  }
}

const velocityWords = 'velocity (v-prediction)'
const zeroSnrWords = 'nothing but noise at the end (zero terminal SNR)'

function unetLines({ unet, velocity, zeroTerminalSnr, byName }: Extract<Identity, { kind: 'sd1-checkpoint' | 'unet' }>): LabelledLine[] {
  const said = [...(velocity ? [velocityWords] : []), ...(zeroTerminalSnr ? [zeroSnrWords] : [])]
  return [
    ['UNet', unetText(unet)],
    ...(said.length > 0 ? [['trained on', `${said.join(', ')}${byName ? ', by its name' : ''}`] as const] : []),
  ]
}

export const unetText = ({ widths, attention, heads, contextWidth, inChannels }: UNetArchitecture): string => {
  const levels = attention.flatMap((has, level) => (has ? [level + 1] : []))
  return `widths ${widths.join(' ')}, attention in ${levels.length === 1 ? 'level' : 'levels'} ${levels.join(' ')}, ${heads} heads, text width ${contextWidth}, ${inChannels} channels in`
}

export const vaeText = ({ widths, factor, latentChannels, encoder, decoder }: VaeArchitecture): string => {
  const halves = encoder && decoder ? 'encoder and decoder' : encoder ? 'encoder only' : 'decoder only'
  return `widths ${widths.join(' ')}, ${factor} pixels a latent, ${latentChannels} channels, ${halves}`
}

export const textText = ({ width, layers, heads, vocabulary }: TextArchitecture): string =>
  `width ${width}, ${layers} layers, ${heads} ${heads === 1 ? 'head' : 'heads'}, ${vocabulary} tokens`

export function motionText({ version, guessed, steps, midBlock, maxFrames, widths, acrossFrames }: MotionArchitecture): string {
  const name = version === 'animatelcm' ? 'AnimateLCM' : version === 'lightning' ? 'AnimateDiff-Lightning' : `AnimateDiff ${version}`
  return [
    `${name}${guessed ? ' by guess' : ''}${steps === undefined ? '' : `, distilled for ${steps} steps`}, for a UNet of widths ${widths.join(' ')}`,
    `up to ${maxFrames} frames`,
    midBlock ? 'with a module in the middle' : 'none in the middle',
    ...(acrossFrames ? ['norms across frames'] : []),
  ].join(', ')
}

const controlText = ({ condition, widths, motion }: SparseControlArchitecture): string => {
  const shown = condition === 'latents' ? 'pictures, as the VAE encodes them (rgb)' : 'drawings, as they are (scribble)'
  return `shown ${shown}, for a UNet of widths ${widths.join(' ')}, up to ${motion.maxFrames} frames`
}

function loraLines({ kinds, ranks, alphas, parts, modules, contextWidth, ...said }: LoraDescription): LabelledLine[] {
  const nets = parts.map((part) => ({ unet: 'UNet', text: 'text encoder', motion: 'motion module' })[part]).join(' and ')
  const numbers = [ranks.length > 0 ? `rank ${ranks.join(', ')}` : 'no rank', alphas.length > 0 ? `alpha ${alphas.join(', ')}` : 'no alpha']
  const lines: LabelledLine[] = [
    ['adapters', `${kinds.join(', ')}, ${numbers.join(', ')}, on ${modules} modules of the ${nets}`],
    ...(contextWidth === undefined ? [] : [['text width', String(contextWidth)] as const]),
  ]
  for (const [label, value] of [
    ['base', said.base],
    ['title', said.title],
    ['author', said.author],
    ['trigger words', said.triggerWords.join(', ') || undefined],
    ['textual inversions', said.bundledWords.join(', ') || undefined],
  ] as const) {
    if (value !== undefined) lines.push([label, plain(value)])
  }
  return lines
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => plain(name.slice(0, 100)))
  return names.length <= 3 ? shown.join(', ') : `${names.length} tensors (${shown[0]} …)`
}

// A model: the nets that an animation is drawn with, opened but not loaded. Which they are, how they are built, where their weights lie.
// Reads tables of contents and configurations only; a wrong file is refused here, before anything is computed.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import {
  type MotionArchitecture,
  motionArchitecture,
  type TextArchitecture,
  textArchitecture,
  type UNetArchitecture,
  unetArchitecture,
  type VaeArchitecture,
  vaeArchitecture,
} from '../../checkpoint/architecture/architecture.ts'
import { field } from '../../checkpoint/architecture/architecture-readers.ts'
import {
  pixelsToLatent,
  type SparseControlArchitecture,
  sparseControlArchitecture,
} from '../../checkpoint/architecture/sparse-control-architecture.ts'
import { whyIgnored } from '../../checkpoint/dialects/ignored.ts'
import type { Named } from '../../checkpoint/dialects/parts.ts'
import { byteLengthOf, type Tensor } from '../../checkpoint/tensor/tensor.ts'
import { configBeside, isFolder } from '../../checkpoint/weight-folder.ts'
import { UserError } from '../../errors.ts'
import { isSinusoidal } from '../../nets/sinusoidal-positions.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { clipTokenizer, loadTokenizer, type Tokenizer } from '../../text/tokenizer.ts'
import { type CheckpointSchedule, checkpointSchedule } from './checkpoint-schedule.ts'
import { openWeights, partIn, type WeightFile } from './weight-files.ts'

/** What a person names. `checkpoint` is a file or a diffusers folder; so may `motion`, `vae` and `control` be. */
export interface ModelSources extends BaseFiles {
  /** Every kind, motion LoRAs and domain adapters too, applied in this order. */
  readonly loras: readonly NamedLora[]
  /** Textual inversions, and the words that stand for them in prompts. */
  readonly embeddings?: readonly NamedEmbedding[]
}

/** What stays loaded whatever is applied to it. */
export interface BaseFiles {
  readonly checkpoint: string
  readonly motion?: string
  readonly vae?: string
  /** A SparseCtrl. */
  readonly control?: string
}

export interface NamedLora {
  readonly file: string
  /** 1 is as it was trained, 0 nothing, negative the opposite. */
  readonly strength: number
  /** Of what it changes in the text encoder, where that is another. */
  readonly textStrength?: number
  /** Merged into the weights that it touches, instead of being applied at run time. */
  readonly merged?: boolean
}

export interface NamedEmbedding {
  readonly file: string
  readonly word: string
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
  /** A SparseCtrl beside the UNet, which is then shown pictures for some frames. */
  readonly control: Net<SparseControlArchitecture> | null
  readonly tokenizer: Tokenizer
  /** Words that its tokenizer was given in training, each with its row of the text encoder, [1, D]. */
  readonly addedWords: ReadonlyMap<string, Tensor>
  /** How the checkpoint was trained. */
  readonly trained: CheckpointSchedule
  /** Of a UNet that is told its guidance, [widths[0], 256]. */
  readonly condProj?: Tensor
  /** Sides of the latents that the UNet was trained on: 64 for Stable Diffusion v1. */
  readonly trainedSide: number
  /** Tensors of no kind that is known to be of no use. */
  readonly leftAside: readonly { readonly file: string; readonly names: readonly string[] }[]
}

/** The nets that LoRAs are applied to. */
export const netsOf = ({ unet, text, motion }: Pick<Model, 'unet' | 'text' | 'motion'>) => ({
  unet: unet.tensors,
  text: text.tensors,
  ...(motion ? { motion: motion.tensors } : {}),
})

/** @throws UserError where a file is missing, is not what its place needs, or was made for another base */
export function openModel(files: BaseFiles): Model {
  const folder = isFolder(files.checkpoint) ? files.checkpoint : null
  const opened: WeightFile[] = []
  const open = (path: string): WeightFile => opened[opened.push(openWeights(path)) - 1]!
  const single = folder ? null : open(files.checkpoint)
  const within = (inFolder: string): WeightFile => single ?? open(join(folder!, inFolder))
  const unetWeights = within('unet')
  const unet = partIn(unetWeights, 'unet')
  const condProj = unet.tensors.get(condProjName)
  const text = partIn(within('text_encoder'), 'text')
  const vae = partIn(files.vae === undefined ? within('vae') : open(files.vae), 'vae')
  const motion = files.motion ?? (folder && existsSync(join(folder, 'motion')) ? join(folder, 'motion') : undefined)
  // A UNet may have been saved with the modules in it.
  const motionWeights = motion === undefined ? unetWeights.parts.motion && unetWeights : open(motion)
  const textNet = { ...text, architecture: textArchitecture(text.tensors, text.config) }
  const tokenizer = folder && existsSync(join(folder, 'tokenizer')) ? loadTokenizer(join(folder, 'tokenizer')) : undefined

  const model = {
    unet: {
      ...unet,
      tensors: condProj ? new Map([...unet.tensors].filter(([name]) => name !== condProjName)) : unet.tensors,
      architecture: unetArchitecture(unet.tensors, unet.config),
    },
    text: textNet,
    vae: { ...vae, architecture: vaeArchitecture(vae.tensors, vae.config) },
    motion: motionWeights ? motionOf(motionWeights) : null,
    control: files.control === undefined ? null : controlOf(open(files.control)),
    tokenizer: tokenizer ?? clipTokenizer(textNet.architecture.vocabulary),
    addedWords: rowsOf(text.tensors.get('text_model.embeddings.token_embedding.weight'), tokenizer?.added),
    trainedSide: trainedSideOf(unet.config),
    ...(condProj && { condProj }),
    trained: checkpointSchedule({ checkpoint: files.checkpoint, folder, unet: unetWeights.file, takesGuidance: condProj !== undefined }),
    leftAside: opened.map(({ file, parts }) => ({ file: file.path, names: parts.ignored.filter((name) => !whyIgnored(name)) })),
  }
  refuseMismatch(model)
  if (model.control) refuseOtherControl(model.control, model)
  if (files.vae !== undefined) refuseOtherLatents(model, folder)
  return model
}

/** A VAE that is named in the place of a checkpoint's own gives latents as that one does. */
function refuseOtherLatents({ unet, vae }: Pick<Model, 'unet' | 'vae'>, folder: string | null): void {
  const own = folder && field(configBeside(join(folder, 'vae')), 'scaling_factor')
  const expected = typeof own === 'number' ? own : usualScale
  const { scalingFactor, factor } = vae.architecture
  if (scalingFactor !== expected) {
    throw new UserError(
      'vae-scale',
      `${vae.file} gives latents that are scaled by ${scalingFactor}, and those of this checkpoint are by ${expected}: they belong to different models.`,
      { file: vae.file, got: scalingFactor, expected },
    )
  }
  if (unet.architecture.widths.join() === sd1Widths && factor !== sd1Factor) {
    throw new UserError(
      'vae-scale',
      `${vae.file} makes ${factor} × ${factor} pixels of a latent; Stable Diffusion 1.x has ${sd1Factor} × ${sd1Factor}.`,
      { file: vae.file, got: factor, expected: sd1Factor },
    )
  }
}

const usualScale = 0.18215
const sd1Widths = '320,640,1280,1280'
const sd1Factor = 8

function rowsOf(table: Tensor | undefined, ids: ReadonlyMap<string, number> = new Map()): ReadonlyMap<string, Tensor> {
  if (!table) return new Map()
  const [rows, D] = table.shape as [number, number]
  const bytes = byteLengthOf({ dtype: table.dtype, shape: [D] })
  const row = (id: number): Tensor => {
    const { at } = table
    const place = at instanceof Uint8Array ? at.subarray(id * bytes, (id + 1) * bytes) : { file: at.file, offset: at.offset + id * bytes }
    return { name: table.name, dtype: table.dtype, shape: [1, D], at: place }
  }
  return new Map([...ids].filter(([, id]) => id < rows).map(([word, id]) => [word, row(id)]))
}

const condProjName = 'time_embedding.cond_proj.weight'

function motionOf(weights: WeightFile): Net<MotionArchitecture> {
  const { tensors, file, config } = partIn(weights, 'motion')
  const { metadata } = weights.file
  const { peRows, positions } = weights.parts
  const architecture = motionArchitecture(tensors, omitUndefined({ path: file, metadata, config, peRows }))
  if (!positions || positions.values().every(isSinusoidal)) return { architecture, tensors, file }
  return { architecture: { ...architecture, ownPositions: true }, tensors: new Map([...tensors, ...positions]), file }
}

function controlOf(weights: WeightFile): Net<SparseControlArchitecture> {
  const { tensors, file, config } = partIn(weights, 'control')
  return { architecture: sparseControlArchitecture(tensors, omitUndefined({ config, peRows: weights.parts.peRows })), tensors, file }
}

/** A SparseCtrl was copied from a UNet like this one. @throws UserError `control-base`, `vae-encoder` */
function refuseOtherControl({ architecture, file }: Net<SparseControlArchitecture>, { unet, vae }: Pick<Model, 'unet' | 'vae'>): void {
  const { widths, layersPerBlock, contextWidth } = unet.architecture
  const shown = architecture.condition === 'latents' ? vae.architecture.latentChannels : 3
  const pairs = [
    ['widths', architecture.widths.join(', '), widths.join(', ')],
    ['layers in a block:', architecture.layersPerBlock, layersPerBlock],
    ['text of width', architecture.contextWidth, contextWidth],
    ['channels in what it is shown, mask included:', architecture.channels, shown + 1],
    ...(architecture.condition === 'pixels'
      ? [['pixels to a latent:', pixelsToLatent(architecture), vae.architecture.factor] as const]
      : []),
  ] as const
  for (const [what, got, expected] of pairs) {
    if (got === expected) continue
    throw new UserError(
      'control-base',
      `The SparseCtrl ${file} was made for another base: ${what} ${got}, where ${unet.file} has ${expected}.`,
      {
        ...{ file, got, expected },
      },
    )
  }
  if (architecture.condition === 'latents' && !vae.architecture.encoder) {
    throw new UserError('vae-encoder', `${vae.file} has no VAE encoder, so pictures cannot be made into latents with it.`, {
      file: vae.file,
    })
  }
}

/** The nets must have been trained together, or at least on the same base. */
function refuseMismatch({ unet, text, vae, motion }: Pick<Model, 'unet' | 'text' | 'vae' | 'motion'>): void {
  const { widths, layersPerBlock, inChannels, contextWidth } = unet.architecture
  if (inChannels !== vae.architecture.latentChannels) {
    const { latentChannels } = vae.architecture
    throw new UserError(
      'checkpoint-kind',
      `${unet.file} takes latents of ${inChannels} channels, the VAE in ${vae.file} gives ${latentChannels}: they belong to different models.`,
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
  if (motion && motion.architecture.layersPerBlock !== layersPerBlock) {
    throw new UserError(
      'motion-base',
      `The motion module ${motion.file} was made for a base with ${motion.architecture.layersPerBlock} layers in a block; ${unet.file} has ${layersPerBlock}.`,
      { expected: layersPerBlock, got: motion.architecture.layersPerBlock, file: motion.file },
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

const trainedSideOf = (config: unknown): number => unetConfig.safeParse(config).data?.sample_size ?? 64

const unetConfig = z.object({ sample_size: z.number().int().positive() })

// A model: the nets that an animation is drawn with, opened but not loaded. Which they are, how they are built, where their weights lie.
// Reads tables of contents and configurations only; a wrong file is refused here, before anything is computed.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { textArchitecture, unetArchitecture, vaeArchitecture } from '../../checkpoint/architecture/architecture.ts'
import { type MotionArchitecture, motionArchitecture } from '../../checkpoint/architecture/motion-architecture.ts'
import { type SparseControlArchitecture, sparseControlArchitecture } from '../../checkpoint/architecture/sparse-control-architecture.ts'
import { whyIgnored } from '../../checkpoint/dialects/ignored.ts'
import { motionModulePath } from '../../checkpoint/dialects/motion.ts'
import type { Named } from '../../checkpoint/dialects/parts.ts'
import { byteLengthOf, type Tensor } from '../../checkpoint/tensor/tensor.ts'
import { isFolder } from '../../checkpoint/weight-folder.ts'
import { UserError } from '../../errors.ts'
import { isSinusoidal } from '../../nets/sinusoidal-positions.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { knownWordsIn, readingOnly } from '../../text/known-words.ts'
import { clipTokenizer, loadTokenizer, type Tokenizer } from '../../text/tokenizer.ts'
import { type CheckpointSchedule, checkpointSchedule } from './checkpoint-schedule.ts'
import { refuseMismatch, refuseOtherControl, refuseOtherLatents } from './matching-nets.ts'
import type { ModelNets, Net } from './model-nets.ts'
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

export interface Model extends ModelNets {
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
  const whole = tokenizer ?? clipTokenizer(textNet.architecture.vocabulary)
  const known = folder ? knownWordsIn(folder) : undefined

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
    tokenizer: known ? readingOnly(known, whole) : whole,
    addedWords: rowsOf(text.tensors.get('text_model.embeddings.token_embedding.weight'), tokenizer?.added),
    trainedSide: trainedSideOf(unet.config),
    ...(condProj && { condProj }),
    trained: checkpointSchedule({ checkpoint: files.checkpoint, folder, unet: unetWeights.file, takesGuidance: condProj !== undefined }),
    leftAside: opened.map(({ file, parts }) => ({ file: file.path, names: parts.ignored.filter((name) => !whyIgnored(name)) })),
  }
  refuseMismatch(model)
  if (model.control) refuseOtherControl(model.control, model)
  if (files.vae !== undefined) refuseOtherLatents(model, folder)
  return { ...model, motion: model.motion && withOwnPositions(model.motion, motionWeights!.parts.positions) }
}

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
  const { peRows } = weights.parts
  return { architecture: motionArchitecture(tensors, omitUndefined({ path: file, metadata, config, peRows })), tensors, file }
}

/** Tables that are more than sines are weights of their own. They are read for that, so what no module of this base could have is refused. */
function withOwnPositions({ architecture, tensors, file }: Net<MotionArchitecture>, tables: Named = new Map()): Net<MotionArchitecture> {
  for (const [name, { shape }] of tables) {
    const channels = tensors.get(`${motionModulePath.exec(name)![0]}.norm.weight`)?.shape[0]
    if (channels !== undefined && shape[1] !== channels) throw otherPositions(file, name, shape, channels)
  }
  if (tables.values().every(isSinusoidal)) return { architecture, tensors, file }
  return { architecture: { ...architecture, ownPositions: true }, tensors: new Map([...tensors, ...tables]), file }
}

const otherPositions = (path: string, key: string, got: readonly number[], channels: number): UserError =>
  new UserError(
    'checkpoint-shape',
    `${key} in ${path}: expected positions of ${channels} channels, as its module has, got [${got.join(', ')}].`,
    {
      path,
      key,
      got,
    },
  )

function controlOf(weights: WeightFile): Net<SparseControlArchitecture> {
  const { tensors, file, config } = partIn(weights, 'control')
  return { architecture: sparseControlArchitecture(tensors, omitUndefined({ config, peRows: weights.parts.peRows })), tensors, file }
}

const trainedSideOf = (config: unknown): number => unetConfig.safeParse(config).data?.sample_size ?? 64

const unetConfig = z.object({ sample_size: z.number().int().positive() })

// A motion module in training: all of it, beside a frozen UNet. Anew it has AnimateDiff v3's form for the UNet's widths, PyTorch's initial
// values, and last projections of zero, so that at first it changes nothing (Guo et al., arXiv 2307.04725, section 4.2).

import { type MotionArchitecture, motionArchitecture } from '../../checkpoint/architecture/motion-architecture.ts'
import { motionModulePath, officialMotion } from '../../checkpoint/dialects/motion.ts'
import { type Named, partsOf } from '../../checkpoint/dialects/parts.ts'
import { flipped, translator } from '../../checkpoint/dialects/table.ts'
import type { TensorToWrite } from '../../checkpoint/safetensors/write-safetensors.ts'
import { elementsOf, float32Of, type Tensor } from '../../checkpoint/tensor/tensor.ts'
import { UserError } from '../../errors.ts'
import { sinusoidalPositions } from '../../nets/sinusoidal-positions.ts'
import type { Model } from '../../pipeline/model/model.ts'
import type { Net } from '../../pipeline/model/model-nets.ts'
import { officialModules } from '../../synthetic/sd15.ts'
import { denoising } from '../objectives/denoising.ts'
import type { Parameter } from '../parameters.ts'
import { randomStream } from '../random-stream.ts'
import { netFolder, type Trainee, tensorToWrite, type WrittenType } from './trainee.ts'

export const motionLayouts = ['official', 'diffusers'] as const
export type MotionLayout = (typeof motionLayouts)[number]

export interface MotionTraineeOptions {
  /** Goes on with the model's module; otherwise one is begun. */
  readonly continues: boolean
  readonly layout: MotionLayout
  readonly seed: bigint
  readonly writtenType: WrittenType
}

/** @throws UserError `train-no-motion`, `train-positions`, `train-layout` */
export function motionTrainee(model: Model, { continues, layout, seed, writtenType }: MotionTraineeOptions): Trainee {
  if (continues && !model.motion) throw new UserError('train-no-motion', 'There is no motion module to go on with.', {})
  const motion = continues ? model.motion! : newMotion(model)
  const { architecture, tensors } = motion
  refuseUntold(motion, layout)
  return {
    moves: true,
    objective: denoising({ model: { ...model, motion }, moves: true, trained: (name) => tensors.has(name) }),
    start: (parameter) => (continues ? float32Of(tensors.get(parameter.name)!) : startOf(parameter, seed)),
    written(read) {
      const trained = [...tensors].map(([name, { shape }]) => ({ name, shape, values: read(name)! }))
      return layout === 'official'
        ? [{ path: '', tensors: officialTensors(trained, architecture, writtenType), metadata: new Map() }]
        : netFolder('', diffusersTensors(trained, architecture, writtenType), configOf(architecture))
    },
  }
}

/** What a layout has no place for. @throws UserError `train-positions`, `train-layout` */
export function refuseUntold({ architecture, file }: Net<MotionArchitecture>, layout: MotionLayout): void {
  if (architecture.ownPositions) {
    throw new UserError('train-positions', `${file} has learned tables of positions, which no training here goes on with.`, { file })
  }
  const { heads, normGroups: groups } = architecture
  if (layout === 'official' && (heads !== 8 || groups !== 32)) {
    throw new UserError(
      'train-layout',
      `A motion module of ${heads} heads and ${groups} groups can be written in diffusers' layout only: name a folder with --out.`,
      { heads, groups },
    )
  }
}

function newMotion({ unet }: Model): { tensors: Named; architecture: MotionArchitecture; file: string } {
  const { widths, layersPerBlock } = unet.architecture
  const shapes = officialModules({ levels: widths, layersPerBlock, peRows: null })
  const placeholders = new Map(
    [...shapes].map(([name, shape]): [string, Tensor] => [name, { name, dtype: 'F32', shape, at: new Uint8Array() }]),
  )
  const tensors = partsOf({ path: '', container: 'safetensors', tensors: placeholders, metadata: new Map() }).motion!
  return { tensors, architecture: motionArchitecture(tensors, { version: 'v3', peRows: 32 }), file: 'the new motion module' }
}

/** torch.nn.Linear: uniform between ±1/√fan-in, biases too; norms 1 and 0. */
function startOf({ name, shape, offset }: Parameter, seed: bigint): Float32Array {
  const values = new Float32Array(elementsOf(shape))
  if (/\.proj_out\.(weight|bias)$/.test(name)) return values
  if (/\.norm\d?\.(weight|bias)$/.test(name)) return values.fill(name.endsWith('weight') ? 1 : 0)
  const { uniform } = randomStream(seed, offset)
  const bound = 1 / Math.sqrt(fanIn(name, shape))
  return values.map(() => (2 * uniform() - 1) * bound)
}

/** A bias's is that of its weight: everywhere the width, but for the last layer of the feed-forward, which reads four times that. */
function fanIn(name: string, shape: readonly number[]): number {
  if (shape.length === 2) return shape[1]!
  if (name.includes('.ff.net.0.proj.')) return shape[0]! / 8
  return name.includes('.ff.net.2.') ? 4 * shape[0]! : shape[0]!
}

interface TrainedTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** With the position tables, which diffusers keeps in a module's state (models/embeddings.py, SinusoidalPositionalEmbedding). */
export const diffusersTensors = (trained: readonly TrainedTensor[], { peRows }: MotionArchitecture, type: WrittenType): TensorToWrite[] => [
  ...trained.map(({ name, shape, values }) => tensorToWrite(name, shape, values, type)),
  ...positionTables(trained, peRows, type, (path) => [`${path}.transformer_blocks.0.pos_embed.pe`]),
]

/** With the position tables, by whose rows programs tell a module's kind (AnimateDiff-Evolved model_utils). */
export function officialTensors(trained: readonly TrainedTensor[], architecture: MotionArchitecture, type: WrittenType): TensorToWrite[] {
  const { peRows, attentionsPerBlock } = architecture
  const paths = new Set(trained.map(({ name }) => motionModulePath.exec(name)![0]))
  const toOfficial = translator(flipped(officialMotion(paths, 1, attentionsPerBlock)))
  const blocks = (path: string): string => `${path}.temporal_transformer.transformer_blocks.0.attention_blocks`
  const tables = positionTables(trained, peRows, type, (path) =>
    Array.from({ length: attentionsPerBlock }, (_, i) => `${blocks(path)}.${i}.pos_encoder.pe`),
  )
  return [...trained.map(({ name, shape, values }) => tensorToWrite(toOfficial(name)!, shape, values, type)), ...tables]
}

/** Of every module, under these names: [1, rows, C]. */
function positionTables(
  trained: readonly TrainedTensor[],
  rows: number,
  type: WrittenType,
  namesIn: (path: string) => readonly string[],
): TensorToWrite[] {
  return trained.flatMap(({ name, shape: [C] }) => {
    const path = /^(.*\.motion_modules\.\d+)\.norm\.weight$/.exec(name)?.[1]
    return path === undefined ? [] : namesIn(path).map((table) => tensorToWrite(table, [1, rows, C!], sinusoidalPositions(rows, C!), type))
  })
}

const configOf = ({ widths, layersPerBlock, heads, normGroups, peRows, midBlock }: MotionArchitecture) => ({
  _class_name: 'MotionAdapter',
  block_out_channels: widths,
  motion_layers_per_block: layersPerBlock,
  motion_mid_block_layers_per_block: 1,
  motion_num_attention_heads: heads,
  motion_norm_num_groups: normGroups,
  motion_max_seq_length: peRows,
  use_motion_mid_block: midBlock,
})

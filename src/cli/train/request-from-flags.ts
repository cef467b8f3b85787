// From the flags of `zoetrope train` to what is trained, with AnimateDiff's recipe for what is not said (configs/training/v1/training.yaml).

import { existsSync, statSync } from 'node:fs'
import { extname, parse, resolve } from 'node:path'
import { type Device, modelDefaults } from '../../engine/index.ts'
import {
  type LearningRate,
  type LossWeighting,
  type Recomputation,
  type TraineeName,
  trainSteps,
  type VaePart,
  type WrittenType,
} from '../../engine/train.ts'
import { UserError } from '../../errors.ts'
import type { ModelFiles } from '../../jobs/request.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import type { CameraName } from '../../pocket-world/camera.ts'
import type { LookName } from '../../pocket-world/looks.ts'
import type { TrainingRequest } from '../../trainer/training-request.ts'
import { kinds } from './kinds.ts'

export interface TrainFlags {
  readonly out: string
  readonly checkpoint?: string
  readonly motion?: string
  readonly vae?: string
  readonly from?: string
  readonly caption?: string
  readonly world?: 'pocket'
  readonly count: number
  readonly look?: LookName
  readonly camera?: CameraName
  readonly rank?: number
  readonly alpha?: number
  readonly size?: readonly [width: number, height: number]
  readonly frames?: number
  readonly stride?: number
  readonly clipSkip?: number
  readonly steps: number
  readonly batch: number
  readonly learningRate: number
  readonly schedule: LearningRate
  readonly warmup: number
  readonly weightDecay: number
  readonly clip: number
  readonly average?: number
  readonly weighting?: LossWeighting
  readonly offsetNoise?: number
  readonly minTimestep?: number
  readonly maxTimestep?: number
  readonly emptyCaptions?: number
  readonly textEncoder?: true
  readonly part?: VaePart
  readonly reconstruction?: TrainingRequest['reconstruction']
  readonly klWeight?: number
  readonly word?: string
  readonly vectors?: number
  readonly init?: string
  readonly shownFrames?: number
  readonly flip: boolean
  readonly seed: string
  readonly type: WrittenType
  readonly recomputation?: Recomputation
  readonly saveEvery: number
  readonly preview?: string
  readonly restart?: true
  readonly device: Device
  readonly threads?: number
}

/** Sides of the published clips; stills are as large as what the base was trained on. */
const clipSide = 256

/**
 * @param base draws where no checkpoint is named
 * @throws UserError `train-out`, `train-data`, `train-number`, `train-from`, `train-timesteps`
 */
export function trainingRequestFrom(kind: TraineeName, folder: string | undefined, flags: TrainFlags, base: ModelFiles): TrainingRequest {
  const path = (file: string | undefined): string | undefined => (file === undefined ? undefined : resolve(file))
  const from = path(flags.from)
  const under = flags.checkpoint === undefined ? base : { checkpoint: resolve(flags.checkpoint) }
  const moving = kind === 'motion' ? from : path(flags.motion)
  const { checkpoint, motion, vae } = { ...under, ...omitUndefined({ motion: moving, vae: path(flags.vae) }) }
  const model = { checkpoint, ...omitUndefined({ motion, vae }) }
  const defaults = modelDefaults(model)
  const { moves } = kinds[kind]
  const frames = flags.frames ?? (moves ? 16 : 1)
  const side = frames > 1 ? Math.min(defaults.width, clipSide) : defaults.width
  const [width, height] = flags.size ?? [side, side]
  const rank = flags.rank ?? 16
  for (const [flag, value, least] of [
    ['batch', flags.batch, 1],
    ['rank', rank, 1],
    ['stride', flags.stride ?? 4, 1],
    ['frames', frames, moves ? 2 : 1],
    ['vectors', flags.vectors ?? 1, 1],
    ['shown-frames', flags.shownFrames ?? 1, 1],
  ] as const) {
    if (value < least) throw new UserError('train-number', `--${flag} is at least ${least}, not ${value}.`, { flag, value, least })
  }
  if (from !== undefined && from === resolve(flags.out))
    throw new UserError('train-from', `--out would overwrite what --from goes on with: name another file.`, { file: from })
  for (const flag of ['rank', 'alpha'] as const) {
    if (from !== undefined && flags[flag] !== undefined)
      throw new UserError('train-from', `--from goes on with a file whose ${flag} is as it is: leave --${flag} out.`, { flag })
  }
  const { steps, batch, learningRate, schedule, warmup, weightDecay, clip, flip, seed } = flags
  const { weighting = 'none', offsetNoise = 0, emptyCaptions = 0 } = flags
  return {
    ...{ kind, ...sourceOf(folder, flags), model, continues: kind === 'motion' && from !== undefined, layout: layoutOf(kind, flags.out) },
    ...{
      rank,
      alpha: flags.alpha ?? rank,
      width,
      height,
      frames,
      stride: frames > 1 ? (flags.stride ?? 4) : 1,
    },
    ...{ clipSkip: flags.clipSkip ?? defaults.clipSkip, writtenType: flags.type },
    ...{ steps, batch, learningRate, schedule, warmup, weightDecay, clip, weighting, offsetNoise, emptyCaptions, flip, seed },
    ...timestepsOf(flags),
    ...omitUndefined({ caption: flags.caption, average: flags.average, ...(kind !== 'motion' && { from }) }),
    ...ofKind(kind, flags),
  }
}

function timestepsOf(flags: TrainFlags): Pick<TrainingRequest, 'minTimestep' | 'maxTimestep'> {
  const { minTimestep: min = 0, maxTimestep: max = trainSteps } = flags
  if (min < max && max <= trainSteps) return omitUndefined({ minTimestep: flags.minTimestep, maxTimestep: flags.maxTimestep })
  throw new UserError('train-timesteps', `Timesteps go from 0 to ${trainSteps}: there are none from ${min} up to ${max}.`, { min, max })
}

/** What one kind alone has; of the rest nothing is said. */
function ofKind(kind: TraineeName, flags: TrainFlags): Partial<TrainingRequest> {
  switch (kind) {
    case 't2i':
      return { textEncoder: flags.textEncoder ?? false }
    case 'vae': {
      const { part: vaePart, reconstruction, klWeight } = flags
      return { caption: '', ...omitUndefined({ vaePart, reconstruction, klWeight }) }
    }
    case 'textual-inversion': {
      const { word = parse(flags.out).name, vectors, init: initialWords, caption = `a picture of ${word}` } = flags
      return { word, caption, ...omitUndefined({ vectors, initialWords }) }
    }
    case 'sparsectrl':
      return omitUndefined({ shownFrames: flags.shownFrames })
    default:
      return {}
  }
}

function sourceOf(folder: string | undefined, { world, count, look, camera }: TrainFlags): Pick<TrainingRequest, 'data' | 'world'> {
  if ((folder === undefined) === (world === undefined)) {
    throw new UserError('train-data', 'Learn either from a folder or from a world: name the one or the other.', { folder, world })
  }
  const drawn = omitUndefined({ look, camera })
  const [flag] = Object.keys(drawn)
  if (folder !== undefined && flag) {
    throw new UserError('train-data', `--${flag} is for scenes that are drawn by program (--world), not for those in a folder.`, { flag })
  }
  return folder === undefined ? { data: 'pocket world', world: { count, ...drawn } } : { data: resolve(folder) }
}

const mayBe = {
  file: 'a file that ends in .safetensors',
  folder: 'a folder',
  either: 'a file that ends in .safetensors, or a folder',
} as const

/** Folders are as diffusers has them. @throws UserError `train-out` */
function layoutOf(kind: TraineeName, out: string): TrainingRequest['layout'] {
  const may = kinds[kind].out
  const isFile = existsSync(out) && statSync(out).isFile()
  if (may !== 'folder' && extname(out).toLowerCase() === '.safetensors') return 'official'
  if (may !== 'file' && extname(out) === '' && !isFile) return 'diffusers'
  throw new UserError('train-out', `${out} should be ${mayBe[may]}.`, { out, kind })
}

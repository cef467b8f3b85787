// Low-rank adapters in training: a style's LoRA, AnimateDiff's domain adapter and its motion LoRA. W + (alpha / rank) up · down, up zero at
// the start: Hu et al., "LoRA" (arXiv 2106.09685), section 4.1; initial values as in kohya-ss/sd-scripts networks/lora.py.
// Written as others read them: kohya's names for a LoRA, the official ones for the other two (animatediff/utils/convert_lora_safetensor_to_diffusers.py).

import { motionModulePath, officialMotion } from '../../checkpoint/dialects/motion.ts'
import type { Named } from '../../checkpoint/dialects/parts.ts'
import { flipped, translator } from '../../checkpoint/dialects/table.ts'
import { type AdapterSlot, adapterSlotOf } from '../../checkpoint/lora/adapter-slots.ts'
import type { TensorToWrite } from '../../checkpoint/safetensors/write-safetensors.ts'
import { elementsOf } from '../../checkpoint/tensor/tensor.ts'
import { UserError } from '../../errors.ts'
import type { Model } from '../../pipeline/model/model.ts'
import { denoising } from '../objectives/denoising.ts'
import type { Parameter } from '../parameters.ts'
import { randomStream } from '../random-stream.ts'
import { type Trainee, tensorToWrite, type WrittenType } from './trainee.ts'

export interface LowRankOptions {
  readonly rank: number
  /** Of a LoRA alone; the official files know none, which means the rank. */
  readonly alpha: number
  readonly seed: bigint
  readonly writtenType: WrittenType
}

interface Kind {
  readonly part: 'unet' | 'motion'
  readonly slots: readonly AdapterSlot[]
  readonly moves: boolean
  readonly official: boolean
}

const kinds = {
  lora: { part: 'unet', slots: ['attention', 'transformer'], moves: false, official: false },
  adapter: { part: 'unet', slots: ['attention'], moves: false, official: true },
  'motion-lora': { part: 'motion', slots: ['motion attention'], moves: true, official: true },
} as const satisfies Record<string, Kind>

export type LowRankKind = keyof typeof kinds

/** @throws UserError `train-no-motion` for a motion LoRA without a motion module */
export function lowRankTrainee(kind: LowRankKind, model: Model, { rank, alpha, seed, writtenType }: LowRankOptions): Trainee {
  const { part, slots, moves, official }: Kind = kinds[kind]
  if (moves && !model.motion) {
    throw new UserError('train-no-motion', 'A motion LoRA is learned on a motion module, and none was named: --motion FILE.', { kind })
  }
  const tensors = part === 'motion' ? model.motion!.tensors : model.unet.tensors
  const weights = new Map(
    [...tensors].filter(([name, { shape }]) => slots.includes(adapterSlotOf(part, name, shape)!)).map(([name, { shape }]) => [name, shape]),
  )
  const scale = official ? 1 : alpha / rank
  const nameOf = official ? officialNames(tensors) : kohyaName
  return {
    moves,
    objective: denoising({
      model: moves ? model : { ...model, motion: null },
      moves,
      trained: (name) => factor.test(name) && weights.has(name.replace(factor, '')),
      adapterRank: (weight) => (weights.has(weight) ? rank : 0),
      feeds: Object.fromEntries([...weights.keys()].map((weight) => [`${weight}.lora_scale`, new Float32Array(rank).fill(scale)])),
    }),
    start: (parameter) => startOf(parameter, seed),
    written(read) {
      const written = [...weights].flatMap(([weight, [out, ...inner]]): TensorToWrite[] => {
        const { down, up } = nameOf(weight.slice(0, -'.weight'.length))
        const ones = inner.slice(1).map(() => 1)
        return [
          tensorToWrite(down, [rank, ...inner], read(`${weight}.lora_down`)!, writtenType),
          tensorToWrite(up, [out!, rank, ...ones], read(`${weight}.lora_up`)!, writtenType),
          ...(official ? [] : [tensorToWrite(down.replace('.lora_down.weight', '.alpha'), [], Float32Array.of(alpha), 'float32')]),
        ]
      })
      return [{ path: '', tensors: written, metadata: official ? new Map() : kohyaMetadata(rank, alpha, model) }]
    },
  }
}

const factor = /\.lora_(down|up)$/

/** down: kaiming_uniform with a = √5, which is uniform between ±1/√fan-in; up: 0. */
function startOf({ name, shape, offset }: Parameter, seed: bigint): Float32Array {
  const values = new Float32Array(elementsOf(shape))
  if (name.endsWith('.lora_up')) return values
  const bound = 1 / Math.sqrt(elementsOf(shape.slice(1)))
  const { uniform } = randomStream(seed, offset)
  return values.map(() => (2 * uniform() - 1) * bound)
}

interface FactorNames {
  readonly down: string
  readonly up: string
}

function kohyaName(path: string): FactorNames {
  const module = `lora_unet_${path.replaceAll('.', '_')}`
  return { down: `${module}.lora_down.weight`, up: `${module}.lora_up.weight` }
}

/** `….attn1.to_out.0` is `….attn1.processor.to_out_lora` there. */
function officialNames(tensors: Named): (path: string) => FactorNames {
  const paths = new Set([...tensors.keys()].flatMap((name) => motionModulePath.exec(name)?.[0] ?? []))
  const toOfficial = translator(flipped(officialMotion(paths)))
  return (path) => {
    const module = (toOfficial(path) ?? path).replace(/\.(to_[qkv]|to_out)(\.0)?$/, '.processor.$1_lora')
    return { down: `${module}.down.weight`, up: `${module}.up.weight` }
  }
}

/** Width of the text in Stable Diffusion 1.x; what else we draw with has a name of its own. */
const kohyaMetadata = (rank: number, alpha: number, { unet }: Model): ReadonlyMap<string, string> =>
  new Map([
    ['ss_network_module', 'networks.lora'],
    ['ss_network_dim', String(rank)],
    ['ss_network_alpha', String(alpha)],
    ['ss_base_model_version', unet.architecture.contextWidth === 768 ? 'sd_v1' : 'zoetrope_small'],
    ['modelspec.sai_model_spec', '1.0.0'],
    ...(unet.architecture.contextWidth === 768 ? [['modelspec.architecture', 'stable-diffusion-v1/lora'] as const] : []),
  ])

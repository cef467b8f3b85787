// Low-rank adapters in training: a style's LoRA, AnimateDiff's domain adapter and its motion LoRA. W + (alpha / rank) up · down, up zero at
// the start: Hu et al., "LoRA" (arXiv 2106.09685), section 4.1; initial values as in kohya-ss/sd-scripts networks/lora.py.
// Written as others read them: kohya's names for a LoRA, the official ones for the other two (animatediff/utils/convert_lora_safetensor_to_diffusers.py).

import { motionModulePath, officialMotion } from '../../checkpoint/dialects/motion.ts'
import type { Named } from '../../checkpoint/dialects/parts.ts'
import { flipped, translator } from '../../checkpoint/dialects/table.ts'
import type { AdapterSlot } from '../../checkpoint/lora/runtime/adapter-slots.ts'
import type { TensorToWrite } from '../../checkpoint/safetensors/write-safetensors.ts'
import { elementsOf } from '../../checkpoint/tensor/tensor.ts'
import { UserError } from '../../errors.ts'
import type { Model } from '../../pipeline/model/model.ts'
import { denoising } from '../objectives/denoising.ts'
import type { Parameter } from '../parameters.ts'
import { randomStream } from '../random-stream.ts'
import { type AdapterMap, continuedAdapters, newAdapters, type TrainedPart } from './low-rank-adapters.ts'
import { type Trainee, tensorToWrite, type WrittenType } from './trainee.ts'

export interface LowRankOptions {
  readonly rank: number
  /** Of a LoRA alone; the official files know none, which means the rank. */
  readonly alpha: number
  /** Of an example: several are a clip, which is learned from beside the motion module. */
  readonly frames: number
  /** A file to go on with, its places and ranks as they are; absent: begun anew, of `rank` and `alpha`. */
  readonly from?: string
  readonly seed: bigint
  readonly writtenType: WrittenType
}

interface Kind {
  readonly part: TrainedPart
  readonly slots: readonly AdapterSlot[]
  readonly official: boolean
}

const kinds = {
  lora: { part: 'unet', slots: ['attention', 'transformer'], official: false },
  adapter: { part: 'unet', slots: ['attention'], official: true },
  'motion-lora': { part: 'motion', slots: ['motion attention'], official: true },
} as const satisfies Record<string, Kind>

export type LowRankKind = keyof typeof kinds

/** @throws UserError `train-no-motion` for clips without a motion module, and those of `continuedAdapters` */
export function lowRankTrainee(kind: LowRankKind, model: Model, options: LowRankOptions): Trainee {
  const { frames, from, seed, writtenType } = options
  const { part, slots, official }: Kind = kinds[kind]
  const moves = frames > 1
  if (moves && !model.motion) {
    const what = kind === 'motion-lora' ? 'A motion LoRA' : 'A LoRA of clips'
    throw new UserError('train-no-motion', `${what} is learned on a motion module, and none was named: --motion FILE.`, { kind })
  }
  const tensors = part === 'motion' ? model.motion!.tensors : model.unet.tensors
  const scale = official ? 1 : options.alpha / options.rank
  const adapters =
    from === undefined ? newAdapters(tensors, { part, slots, rank: options.rank, scale }) : continuedAdapters(from, part, model)
  const nameOf = official ? officialNames(tensors) : kohyaName
  return {
    moves,
    objective: denoising({
      model: moves ? model : { ...model, motion: null },
      moves,
      trained: (name) => factor.test(name) && adapters.has(name.replace(factor, '')),
      adapterRank: (weight) => adapters.get(weight)?.rank ?? 0,
      feeds: Object.fromEntries(
        [...adapters].map(([weight, { rank, scale }]) => [`${weight}.lora_scale`, new Float32Array(rank).fill(scale)]),
      ),
    }),
    start(parameter) {
      const { factors } = adapters.get(parameter.name.replace(factor, ''))!
      if (!factors) return startOf(parameter, seed)
      return parameter.name.endsWith('.lora_up') ? factors.up : factors.down
    },
    written(read) {
      const written = [...adapters].flatMap(([weight, { shape, rank, scale }]): TensorToWrite[] => {
        const [out, ...inner] = shape
        const { down, up } = nameOf(weight.slice(0, -'.weight'.length))
        const ones = inner.slice(1).map(() => 1)
        const ups = read(`${weight}.lora_up`)!
        return [
          tensorToWrite(down, [rank, ...inner], read(`${weight}.lora_down`)!, writtenType),
          tensorToWrite(up, [out!, rank, ...ones], official ? ups.map((value) => value * scale) : ups, writtenType),
          ...(official ? [] : [tensorToWrite(down.replace('.lora_down.weight', '.alpha'), [], Float32Array.of(scale * rank), 'float32')]),
        ]
      })
      return [{ path: '', tensors: written, metadata: official ? new Map() : kohyaMetadata(adapters, model) }]
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

/** Width of the text in Stable Diffusion 1.x; what else we draw with has a name of its own. Of several ranks the largest is said. */
function kohyaMetadata(adapters: AdapterMap, { unet }: Model): ReadonlyMap<string, string> {
  const { rank, scale } = [...adapters.values()].reduce((most, it) => (it.rank > most.rank ? it : most))
  const isV1 = unet.architecture.contextWidth === 768
  return new Map([
    ['ss_network_module', 'networks.lora'],
    ['ss_network_dim', String(rank)],
    ['ss_network_alpha', String(scale * rank)],
    ['ss_base_model_version', isV1 ? 'sd_v1' : 'zoetrope_small'],
    ['modelspec.sai_model_spec', '1.0.0'],
    ...(isV1 ? [['modelspec.architecture', 'stable-diffusion-v1/lora'] as const] : []),
  ])
}

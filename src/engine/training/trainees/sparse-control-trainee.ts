// A SparseCtrl in training: the UNet's way down and the motion module's first attentions there, copied, behind a convolution of the shown
// latents and in front of others, which are zero at the start (Guo et al., arXiv 2311.16933). Beside it everything is frozen.
// Written as AnimateDiff publishes them, or as a folder of diffusers' SparseControlNetModel.

import type { UNetArchitecture } from '../../checkpoint/architecture/architecture.ts'
import { motionArchitecture } from '../../checkpoint/architecture/motion-architecture.ts'
import { motionModulePath } from '../../checkpoint/dialects/motion.ts'
import type { Named } from '../../checkpoint/dialects/parts.ts'
import { elementsOf, float32Of, type Tensor, tensorOf } from '../../checkpoint/tensor/tensor.ts'
import { UserError } from '../../errors.ts'
import { sparseControlPath } from '../../nets/sparse-control.ts'
import type { Model } from '../../pipeline/model/model.ts'
import { denoising } from '../objectives/denoising.ts'
import { wayDown } from './diffusers-folder.ts'
import { diffusersTensors, type MotionLayout, officialTensors, refuseUntold } from './motion-module.ts'
import { netFolder, netToWrite, type Trainee, type WrittenTrainee, type WrittenType } from './trainee.ts'

export interface SparseControlOptions {
  /** The most frames that an example shows. */
  readonly shownFrames?: number
  readonly layout: MotionLayout
  readonly writtenType: WrittenType
}

/** @throws UserError `train-no-motion`, `train-positions`, `train-layout` */
export function sparseControlTrainee(model: Model, { shownFrames = 4, layout, writtenType }: SparseControlOptions): Trainee {
  if (!model.motion) {
    throw new UserError('train-no-motion', 'A SparseCtrl is learned beside a motion module, and none was named: --motion FILE.', {})
  }
  refuseUntold(model.motion, layout)
  const { architecture: arch, tensors: base } = model.unet
  const { heads, normGroups, peRows } = model.motion.architecture
  const modules = firstAttentions(model.motion.tensors)
  const config = { motion_num_attention_heads: heads, motion_norm_num_groups: normGroups }
  const motion = motionArchitecture(modules, { version: 'v3', peRows, config })
  const channels = model.vae.architecture.latentChannels + 1
  const tensors = new Map<string, Tensor>([
    ...[...base].filter(([name]) => /^(conv_in|time_embedding|down_blocks|mid_block)\./.test(name)),
    ...modules,
    ...zeroConvolutions(arch, channels),
  ])
  const prefix = `${sparseControlPath}.`
  return {
    moves: true,
    objective: denoising({
      ...{ model, moves: true, trained: (name) => name.startsWith(prefix), pictures: shownFrames },
      sparseControl: { tensors: new Map([...tensors].map(([name, tensor]) => [`${prefix}${name}`, tensor])), motion, channels },
    }),
    start: ({ name }) => float32Of(tensors.get(name.slice(prefix.length))!),
    written(read): WrittenTrainee {
      const spatial = netToWrite(tensors, read, writtenType, prefix).filter(({ name }) => !motionModulePath.test(name))
      const inLayout = layout === 'diffusers' ? diffusersTensors : officialTensors
      const temporal = inLayout(
        [...modules].map(([name, tensor]) => ({ name, shape: tensor.shape, values: read(`${prefix}${name}`) ?? float32Of(tensor) })),
        motion,
        writtenType,
      )
      const all = [...spatial, ...temporal]
      return layout === 'diffusers' ? netFolder('', all, configOf(arch, motion)) : [{ path: '', tensors: all, metadata: new Map() }]
    },
  }
}

const firstAttentions = (tensors: Named): Named =>
  new Map([...tensors].filter(([name]) => name.startsWith('down_blocks.') && !/\.(attn2|norm2)\./.test(name)))

/** In front, 3×3 over latents and mask; behind every skip and the middle, 1×1. */
function zeroConvolutions({ widths, layersPerBlock }: UNetArchitecture, channels: number): Named {
  const zeros = new Map<string, Tensor>()
  const convolution = (path: string, shape: readonly number[]): void => {
    for (const [name, sides] of [
      [`${path}.weight`, shape],
      [`${path}.bias`, [shape[0]!]],
    ] as const)
      zeros.set(name, tensorOf(name, sides, new Float32Array(elementsOf(sides))))
  }
  const skips = [widths[0]!, ...widths.flatMap((C, level) => Array<number>(layersPerBlock + (level < widths.length - 1 ? 1 : 0)).fill(C))]
  convolution('controlnet_cond_embedding', [widths[0]!, channels, 3, 3])
  for (const [i, C] of skips.entries()) convolution(`controlnet_down_blocks.${i}`, [C, C, 1, 1])
  convolution('controlnet_mid_block', [widths.at(-1)!, widths.at(-1)!, 1, 1])
  return zeros
}

const configOf = (arch: UNetArchitecture, { heads, peRows }: { readonly heads: number; readonly peRows: number }) => ({
  _class_name: 'SparseControlNetModel',
  in_channels: arch.inChannels,
  conditioning_channels: arch.inChannels,
  block_out_channels: arch.widths,
  ...wayDown(arch, 'Motion'),
  motion_num_attention_heads: heads,
  motion_max_seq_length: peRows,
  concat_conditioning_mask: true,
  use_simplified_condition_embedding: true,
})

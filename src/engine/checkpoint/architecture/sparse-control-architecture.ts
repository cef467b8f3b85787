// SparseCtrl's architecture, read from its weights. Heads and groups of what it copied from a UNet are that UNet's.

import type { Named } from '../dialects/parts.ts'
import { countBlocks, dims, refuseDepth, wrongShape } from './architecture-readers.ts'
import { type MotionArchitecture, motionArchitecture } from './motion-architecture.ts'

/** What it is shown: latents of pictures (published as `rgb`), or pixels of drawings (`scribble`). */
export type ControlCondition = 'latents' | 'pixels'

export interface SparseControlArchitecture {
  readonly condition: ControlCondition
  /** Of the condition, the mask among them. */
  readonly channels: number
  /** Of each convolution in front; behind the first, every second halves. Of latents: none but the one. */
  readonly embedding: readonly number[]
  /** Channels of each level, from the full resolution down. */
  readonly widths: readonly number[]
  readonly layersPerBlock: number
  readonly contextWidth: number
  readonly motion: MotionArchitecture
}

export interface SparseControlSource {
  /** Rows of the stored position tables. */
  readonly peRows?: number
  /** A SparseControlNetModel's config.json. */
  readonly config?: unknown
}

/** @throws UserError `checkpoint-key-missing`, `checkpoint-shape`, `checkpoint-config`, `checkpoint-depth` */
export function sparseControlArchitecture(tensors: Named, { peRows = 32, config }: SparseControlSource = {}): SparseControlArchitecture {
  const latents = tensors.has(`${embeddingPath}.weight`)
  const first = `${embeddingPath}.${latents ? '' : 'conv_in.'}weight`
  const [, channels] = dims(tensors, first, 4)
  const levels = countBlocks(tensors, /^down_blocks\.(\d+)\.resnets\./)
  const widths = Array.from({ length: levels }, (_, b) => dims(tensors, `down_blocks.${b}.resnets.0.conv1.weight`, 4)[0]!)
  const transformer = countBlocks(tensors, /^down_blocks\.\d+\.attentions\.0\.transformer_blocks\.(\d+)\./)
  if (transformer > 1) refuseDepth(tensors, 'attentions.0.transformer_blocks', transformer)
  const last = `${embeddingPath}.${latents ? '' : 'conv_out.'}weight`
  if (dims(tensors, last, 4)[0] !== widths[0]) wrongShape(tensors, last, `${widths[0]} channels, as its first level has`)
  return {
    condition: latents ? 'latents' : 'pixels',
    channels: channels!,
    embedding: latents ? [] : embeddingWidths(tensors),
    widths,
    layersPerBlock: countBlocks(tensors, /^down_blocks\.0\.resnets\.(\d+)\./),
    contextWidth: dims(tensors, 'down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight', 2)[1]!,
    // Norms are taken frame by frame, as v3's are, whatever its name says.
    motion: motionArchitecture(tensors, { version: 'v3', peRows, config }),
  }
}

/** Pixels along the side of one latent. */
export const pixelsToLatent = ({ embedding }: Pick<SparseControlArchitecture, 'embedding'>): number =>
  2 ** Math.floor((embedding.length - 1) / 2)

const embeddingPath = 'controlnet_cond_embedding'

/** conv_in, then blocks: every second one halves. */
function embeddingWidths(tensors: Named): number[] {
  const blocks = countBlocks(tensors, new RegExp(`^${embeddingPath}\\.blocks\\.(\\d+)\\.`))
  return ['conv_in', ...Array.from({ length: blocks }, (_, i) => `blocks.${i}`)].map(
    (path) => dims(tensors, `${embeddingPath}.${path}.weight`, 4)[0]!,
  )
}

// A model's nets as ONNX graphs, each for one size: what the pipeline loads, `verify` compares and `inspect` prints.
// B animations  F frames  N pictures  h w latent sides  L text tokens  D token width

import type { UNetArchitecture } from '../checkpoint/architecture/architecture.ts'
import { pixelsToLatent } from '../checkpoint/architecture/sparse-control-architecture.ts'
import { UserError } from '../errors.ts'
import { leave } from '../nets/image.ts'
import type { Motion, WeightedWindow } from '../nets/motion.ts'
import { sparseControl, sparseControlPath } from '../nets/sparse-control.ts'
import { textEncoder, tokenEmbedding, withVectors } from '../nets/text-encoder.ts'
import { type Residuals, unet } from '../nets/unet.ts'
import { vaeDecoder, vaeEncoder } from '../nets/vae.ts'
import { type Material, Weights } from '../nets/weights.ts'
import { Graph, type Value } from '../onnx/graph.ts'
import type { Target } from '../targets/target.ts'
import { chunkLength } from '../text/chunks.ts'
import type { Model } from './model/model.ts'

interface Common extends Pick<Material, 'adapterRank' | 'adapterFrames'> {
  /** Gathers the names of the weights that are asked for. */
  readonly asked?: Set<string>
}

export interface TextSize {
  readonly prompts: number
  /** L; 77 where absent. */
  readonly tokens?: number
  readonly clipSkip?: number
  /** With the inputs `keep` [B, L, 1] and `vectors` [B, L, D]: where keep is 0, the vector stands in the place of the token. */
  readonly takesVectors?: boolean
}

/** ids [B, L] → hidden [B, L, D]. @throws UserError `clip-skip` for more layers than there are */
export function textGraph(
  { text }: Pick<Model, 'text'>,
  target: Target,
  { prompts, tokens: L = chunkLength, clipSkip = 1, takesVectors = false, asked, ...adapted }: TextSize & Common,
): Graph {
  const { architecture: arch } = text
  if (!Number.isInteger(clipSkip) || clipSkip < 1 || clipSkip > arch.layers) {
    throw new UserError('clip-skip', `Clip skip runs from 1 to ${arch.layers}, the layers of this text encoder, not ${clipSkip}.`, {
      clipSkip,
      most: arch.layers,
    })
  }
  const graph = new Graph('text-encoder')
  const weights = new Weights({ graph, target, ...text, ...adapted }, '', asked)
  const D = arch.width
  let tokens = tokenEmbedding(weights, graph.input('ids', 'int32', [prompts, L]), arch)
  if (takesVectors) {
    tokens = withVectors(tokens, graph.input('keep', 'float32', [prompts, L, 1]), graph.input('vectors', 'float32', [prompts, L, D]))
  }
  graph.output('hidden', textEncoder(weights, tokens, arch, clipSkip))
  return graph
}

export interface DenoiserSize {
  readonly animations: number
  /** One skips the motion modules. */
  readonly frames: number
  readonly h: number
  readonly w: number
  /** Text tokens. */
  readonly tokens: number
  /** Every frame has a text of its own: context [(B F), L, D]. */
  readonly textPerFrame?: boolean
  /** Inside every motion module; absent: it sees all frames at once. */
  readonly motionWindows?: readonly WeightedWindow[]
  /** No motion modules: every frame's self-attention looks at the first frame. */
  readonly crossFrames?: boolean
}

/**
 * sample [(B F), 4, h, w], time [1, widths[0]], context [B, L, D] → noise [(B F), 4, h, w]. Of a model with a SparseCtrl there are two inputs
 * more: control_condition [(B F), K, h, w], or [(B F), 4, H, W] of one that sees pixels, and control_strength [1].
 */
export function unetGraph(
  model: Pick<Model, 'unet' | 'motion'> & Partial<Pick<Model, 'control'>>,
  target: Target,
  {
    animations,
    frames,
    h,
    w,
    tokens,
    textPerFrame = false,
    motionWindows: windows,
    crossFrames = false,
    asked,
    ...adapted
  }: DenoiserSize & Common,
): Graph {
  const motion =
    model.motion && frames > 1 && !crossFrames ? { frames, architecture: model.motion.architecture, ...(windows && { windows }) } : null
  const graph = new Graph(motion ? 'unet-motion' : 'unet')
  const tensors = model.motion && motion ? new Map([...model.unet.tensors, ...model.motion.tensors]) : model.unet.tensors
  const weights = new Weights({ graph, target, file: model.unet.file, tensors, ...adapted }, '', asked)
  const { inChannels, widths, contextWidth } = model.unet.architecture
  const sample = graph.input('sample', 'float32', [animations * frames, inChannels, h, w])
  const time = graph.input('time', 'float32', [1, widths[0]!])
  const context = graph.input('context', 'float32', [textPerFrame ? animations * frames : animations, tokens, contextWidth])
  const control = model.control
    ? residualsOf(graph, target, model.control, model.unet.architecture, { time, context }, { animations, frames, h, w, windows, asked })
    : null
  const options = { control, crossFrames: crossFrames ? frames : 1 }
  graph.output('noise', unet(weights, sample, time, context, model.unet.architecture, motion, options))
  return graph
}

/**
 * A SparseCtrl alone, with the inputs that it has beside a UNet → residual_00, …, residual_12 [(B F), C, h, w]: of the skips in their order, then
 * of the middle.
 */
export function residualsGraph(
  control: NonNullable<Model['control']>,
  arch: UNetArchitecture,
  target: Target,
  { animations, frames, h, w, tokens, asked }: Omit<DenoiserSize, 'textPerFrame' | 'motionWindows' | 'crossFrames'> & Pick<Common, 'asked'>,
): Graph {
  const graph = new Graph('sparse-control')
  const time = graph.input('time', 'float32', [1, arch.widths[0]!])
  const context = graph.input('context', 'float32', [animations, tokens, arch.contextWidth])
  const { skips, middle } = residualsOf(graph, target, control, arch, { time, context }, { animations, frames, h, w, asked })
  for (const [i, residual] of [...skips, middle].entries()) graph.output(`residual_${String(i).padStart(2, '0')}`, leave(target, residual))
  return graph
}

type ControlSize = Pick<DenoiserSize, 'animations' | 'frames' | 'h' | 'w'> & {
  readonly windows?: readonly WeightedWindow[] | undefined
  readonly asked?: Set<string> | undefined
}

/** Its tensors under names of their own, because they have those of the UNet that it was copied from. */
function residualsOf(
  graph: Graph,
  target: Target,
  { architecture, tensors, file }: NonNullable<Model['control']>,
  arch: UNetArchitecture,
  { time, context }: { readonly time: Value; readonly context: Value },
  { animations, frames, h, w, windows, asked }: ControlSize,
): Residuals {
  const own = new Map([...tensors].map(([name, tensor]) => [`${sparseControlPath}.${name}`, tensor]))
  const sides = architecture.condition === 'latents' ? [h, w] : [h, w].map((side) => side * pixelsToLatent(architecture))
  const condition = graph.input('control_condition', 'float32', [animations * frames, architecture.channels, ...sides])
  const strength = graph.input('control_strength', 'float32', [1])
  const motion: Motion | null = frames > 1 ? { frames, architecture: architecture.motion, ...(windows && { windows }) } : null
  const weights = new Weights({ graph, target, file, tensors: own }, '', asked).at(sparseControlPath)
  return sparseControl(weights, condition, time, context, arch, motion, { strength, embedding: architecture.embedding })
}

export interface PictureSize {
  readonly pictures: number
  readonly h: number
  readonly w: number
}

/** latents [N, 4, h, w], divided by the scaling factor → pictures [N, 3, H, W] in −1..1, not clamped */
export function decoderGraph({ vae }: Pick<Model, 'vae'>, target: Target, { pictures, h, w, asked }: PictureSize & Common): Graph {
  const graph = new Graph('vae-decoder')
  const latents = graph.input('latents', 'float32', [pictures, vae.architecture.latentChannels, h, w])
  graph.output('pictures', vaeDecoder(new Weights({ graph, target, ...vae }, '', asked), latents, vae.architecture))
  return graph
}

/** pictures [N, 3, H, W] in −1..1 → mean [N, 4, h, w], to be multiplied by the scaling factor */
export function encoderGraph({ vae }: Pick<Model, 'vae'>, target: Target, { pictures, h, w, asked }: PictureSize & Common): Graph {
  const graph = new Graph('vae-encoder')
  const { factor } = vae.architecture
  const images = graph.input('pictures', 'float32', [pictures, 3, h * factor, w * factor])
  graph.output('mean', vaeEncoder(new Weights({ graph, target, ...vae }, '', asked), images, vae.architecture))
  return graph
}

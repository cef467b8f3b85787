// Stable Diffusion v1's UNet, with or without motion modules: conv in, down, middle, up, norm, conv out.
// Rombach et al., arXiv 2112.10752; names as in diffusers' UNet2DConditionModel and UNetMotionModel.
// B animations  F frames  N = B·F images  C channels  h w latent sides  L text tokens  D token width  T time embedding

import type { UNetArchitecture } from '../checkpoint/architecture/architecture.ts'
import type { Value } from '../onnx/graph.ts'
import { Add, Cast, Reshape, Slice } from '../onnx/ops.ts'
import type { GroupNormOptions } from '../targets/target.ts'
import { concatChannels, enter, leave, picture, sides, tokens } from './image.ts'
import { attention, conv1x1, conv3x3, feedForward, groupNorm, layerNorm, linear, resnetBlock, upsample } from './layers.ts'
import { type Motion, motionModule } from './motion.ts'
import { block, type Weights } from './weights.ts'

/** What a control net adds: to every skip, in the order in which they are left, and to what the middle gives. */
export interface Residuals {
  readonly skips: readonly Value[]
  readonly middle: Value
}

interface Inputs {
  /** [1, T] */
  readonly temb: Value
  /** [B, L, D], or [(B F), L, D] where every frame has a text of its own. */
  readonly context: Value
  readonly arch: UNetArchitecture
  readonly motion: Motion | null
  /** The resnets' norms. */
  readonly norm: GroupNormOptions
  /** Self-attention looks at the first of so many frames instead of its own (Text2Video-Zero). */
  readonly crossFrames: number
}

export interface UNetOptions {
  readonly control?: Residuals | null
  readonly crossFrames?: number
}

/** sample [(B F), in, h, w]  time [1, widths[0]]  context [B, L, D] or [(B F), L, D] → noise [(B F), out, h, w] */
export function unet(
  w: Weights,
  sample: Value,
  time: Value,
  context: Value,
  arch: UNetArchitecture,
  motion: Motion | null,
  { control = null, crossFrames = 1 }: UNetOptions = {},
): Value {
  const { widths, layersPerBlock } = arch
  const last = widths.length - 1
  const inputs = inputsOf(w, time, context, arch, motion, crossFrames)
  const encoded = encoder(w, conv3x3(w.at('conv_in'), enter(w.target, sample), widths[0]!), inputs)
  const skips = control ? encoded.skips.map((skip, i) => Add(skip, control.skips[i]!)) : [...encoded.skips]
  let x = control ? Add(encoded.middle, control.middle) : encoded.middle
  widths.toReversed().forEach((C, i) => {
    x = upBlock(w.at(`up_blocks.${i}`), x, C, inputs, skips, {
      attends: arch.attention[last - i]!,
      layers: layersPerBlock + 1,
      doubles: i < last,
    })
  })
  x = groupNorm(w.at('conv_norm_out'), x, { ...inputs.norm, silu: true })
  return leave(w.target, conv3x3(w.at('conv_out'), x, arch.outChannels))
}

export const inputsOf = (
  w: Weights,
  time: Value,
  context: Value,
  arch: UNetArchitecture,
  motion: Motion | null,
  crossFrames = 1,
): Inputs => ({
  crossFrames,
  temb: timeEmbedding(w.at('time_embedding'), Cast(time, w.target.type), arch.timeWidth),
  context: Cast(context, w.target.type),
  arch,
  motion,
  norm: { groups: arch.normGroups, epsilon: 1e-5, frames: motion?.architecture.acrossFrames ? motion.frames : 1 },
})

/** The way down and the middle, from what conv_in gave: x [N, widths[0], h, w] */
export function encoder(w: Weights, x: Value, inputs: Inputs): Residuals {
  const { widths, attention } = inputs.arch
  const skips = [x]
  widths.forEach((C, i) => {
    x = downBlock(w.at(`down_blocks.${i}`), x, C, inputs, skips, { attends: attention[i]!, halves: i < widths.length - 1 })
  })
  return { skips, middle: midBlock(w.at('mid_block'), x, inputs) }
}

const timeEmbedding = block((w: Weights, time: Value, T: number): Value => {
  const y = linear(w.at('linear_1'), time, T)
  return linear(w.at('linear_2'), w.target.silu(y), T) // [1, T]
})

/** Every layer leaves a skip, after its motion module; so does the halving. */
const downBlock = block(
  (w: Weights, x: Value, C: number, inputs: Inputs, skips: Value[], { attends, halves }: { attends: boolean; halves: boolean }): Value => {
    for (let i = 0; i < inputs.arch.layersPerBlock; i++) {
      x = layer(w, i, x, C, inputs, attends)
      skips.push(x)
    }
    if (halves) {
      x = conv3x3(w.at('downsamplers.0.conv'), x, C, { stride: 2 }) // [N, C, h/2, w/2]
      skips.push(x)
    }
    return x
  },
)

const midBlock = block((w: Weights, x: Value, inputs: Inputs): Value => {
  const { C } = sides(w.target, x)
  x = resnetBlock(w.at('resnets.0'), x, inputs.temb, C, inputs.norm)
  x = spatialTransformer(w.at('attentions.0'), x, inputs)
  if (inputs.motion?.architecture.midBlock) x = motionModule(w.at('motion_modules.0'), x, inputs.motion)
  return resnetBlock(w.at('resnets.1'), x, inputs.temb, C, inputs.norm)
})

const upBlock = block(
  (
    w: Weights,
    x: Value,
    C: number,
    inputs: Inputs,
    skips: Value[],
    { attends, layers, doubles }: { attends: boolean; layers: number; doubles: boolean },
  ): Value => {
    for (let i = 0; i < layers; i++) x = layer(w, i, concatChannels(w.target, x, skips.pop()!), C, inputs, attends)
    return doubles ? upsample(w.at('upsamplers.0'), x, sides(w.target, skips.at(-1)!)) : x // [N, C, 2h, 2w]
  },
)

/** Resnet, attention where the level has it, motion module. */
function layer(w: Weights, i: number, x: Value, C: number, inputs: Inputs, attends: boolean): Value {
  x = resnetBlock(w.at(`resnets.${i}`), x, inputs.temb, C, inputs.norm)
  if (attends) x = spatialTransformer(w.at(`attentions.${i}`), x, inputs)
  if (inputs.motion) x = motionModule(w.at(`motion_modules.${i}`), x, inputs.motion)
  return x
}

/** Attention over a picture's positions, and from them to the text. x [N, C, h, w] */
const spatialTransformer = block((w: Weights, x: Value, inputs: Inputs): Value => {
  const { C, ...size } = sides(w.target, x)
  let y = groupNorm(w.at('norm'), x, { groups: inputs.arch.normGroups, epsilon: 1e-6 })
  y = tokens(w.target, conv1x1(w.at('proj_in'), y, C)) // [N, S, C]
  y = transformerBlock(w.at('transformer_blocks.0'), y, inputs)
  return Add(x, conv1x1(w.at('proj_out'), picture(w.target, y, size), C))
})

const transformerBlock = block((w: Weights, x: Value, { context, crossFrames, arch: { heads } }: Inputs): Value => {
  const y = layerNorm(w.at('norm1'), x)
  x =
    crossFrames > 1
      ? crossFrameAttention(w.at('attn1'), y, crossFrames, heads, x)
      : attention(w.at('attn1'), y, y, { kind: 'self', heads }, x)
  x = textAttention(w.at('attn2'), layerNorm(w.at('norm2'), x), context, heads, x)
  return feedForward(w.at('ff'), layerNorm(w.at('norm3'), x), x)
})

/** Every frame's queries, keys and values of the first: [(B F), S, C] is one long row of queries [B, (F S), C]. */
function crossFrameAttention(w: Weights, x: Value, F: number, heads: number, skip: Value): Value {
  const [N, S, C] = x.shape as [number, number, number]
  const row = (y: Value): Value => Reshape(y, [N / F, F * S, C])
  const first = Slice(row(x), 1, 0, S) // [B, S, C]
  return Reshape(attention(w, row(x), first, { kind: 'self', heads }, row(skip)), [N, S, C])
}

/** Frames that read the same text are one long row of queries: [(B F), S, C] is [B, (F S), C]. */
function textAttention(w: Weights, x: Value, context: Value, heads: number, skip: Value): Value {
  const [N, S, C] = x.shape as [number, number, number]
  const B = context.shape[0]!
  const row = (y: Value): Value => Reshape(y, [B, (N / B) * S, C])
  return Reshape(attention(w, row(x), context, { kind: 'cross', heads }, row(skip)), [N, S, C])
}

/** [cos(t w₀) … cos(t wₙ), sin(t w₀) … sin(t wₙ)], wᵢ = 10000^(−i/n), n = width/2: the input `time` for timestep t. */
export function timestepEmbedding(t: number, width: number): Float32Array {
  const n = width / 2
  return Float32Array.from({ length: width }, (_, i) => {
    const angle = t * Math.exp((-Math.log(10_000) * (i % n)) / n)
    return i < n ? Math.cos(angle) : Math.sin(angle)
  })
}

// AnimateDiff's motion module: what is done along time between the layers of a frozen picture net.
// Guo et al., "AnimateDiff" (arXiv 2307.04725), figure 3; names as in diffusers' MotionAdapter.
// B animations  F frames  N = B·F images  C channels  S = h·w positions

import type { MotionArchitecture } from '../checkpoint/architecture/motion-architecture.ts'
import type { Value } from '../onnx/graph.ts'
import { Add, Concat, MatMul, Reshape, Slice, Transpose } from '../onnx/ops.ts'
import { picture, sides, tokens } from './image.ts'
import { attention, feedForward, groupNorm, layerNorm, linear } from './layers.ts'
import { sinusoidalPositions } from './sinusoidal-positions.ts'
import { block, type Weights } from './weights.ts'

/** A context window: frames of the clip in the order in which they are shown, and its share in what is made of each. */
export interface WeightedWindow {
  /** [c], the same c in all windows. */
  readonly frames: readonly number[]
  /** [c]; those of one frame add up to 1. */
  readonly weights: readonly number[]
}

/** Absent: still pictures, the motion modules are skipped (as for one frame, which they were never trained on). */
export interface Motion {
  readonly frames: number
  readonly architecture: MotionArchitecture
  /** Absent: one, of all frames. */
  readonly windows?: readonly WeightedWindow[]
}

/** x [(B F), C, h, w] → the same shape. The last projection starts training at zero, so that an untrained module does nothing. */
export const motionModule = block((w: Weights, x: Value, { frames, architecture, windows }: Motion): Value => {
  const { N, C, h, w: wide } = sides(w.target, x)
  const [B, F, S] = [N / frames, frames, h * wide]
  let y = tokens(w.target, groupNorm(w.at('norm'), x, { groups: architecture.normGroups, epsilon: 1e-6 })) // [(B F), S, C]
  y = linear(w.at('proj_in'), y, C)
  y = framesLast(y, B, F, S) // [(B S), F, C]
  y = temporalTransformer(w.at('transformer_blocks.0'), y, architecture, windows)
  y = framesFirst(y, B, F, S) // [(B F), S, C]
  y = linear(w.at('proj_out'), y, C)
  return Add(x, picture(w.target, y, { h, w: wide }))
})

const temporalTransformer = block((w: Weights, x: Value, arch: MotionArchitecture, windows?: readonly WeightedWindow[]): Value => {
  const whole = x.shape // [(B S), F, C]
  if (windows) x = inWindows(x, windows) // [(B S W), c, C]
  const [, F, C] = x.shape as [number, number, number]
  const { heads, attentionsPerBlock } = arch
  const sines = arch.ownPositions ? undefined : x.graph.constant(sinusoidalPositions(F, C), [F, C], w.target.type)
  for (let i = 1; i <= attentionsPerBlock; i++) {
    const y = Add(layerNorm(w.at(`norm${i}`), x), sines ?? ownPositions(w, i, F, C, arch)) // [(B S), F, C]
    x = attention(w.at(`attn${i}`), y, y, { kind: 'temporal', heads }, x)
  }
  if (windows) x = fused(x, windows, whole) // [(B S), F, C]
  return feedForward(w.at('ff'), layerNorm(w.at('norm3'), x), x)
})

/** The first rows of the stored table, [F, C]: AnimateDiff has one for each attention, a MotionAdapter one for both. */
function ownPositions(w: Weights, attention: number, F: number, C: number, { peRows }: MotionArchitecture): Value {
  const name = w.has('pos_embed.pe') ? 'pos_embed.pe' : `attn${attention}.pos_encoder.pe`
  const table = w.get(name, [peRows, C])
  return F === peRows ? table : Slice(table, 0, 0, F)
}

/** Every window a clip of its own: [(B S), F, C] → [(B S W), c, C] */
function inWindows(x: Value, windows: readonly WeightedWindow[]): Value {
  const [N, , C] = x.shape as [number, number, number]
  const shown = windows.flatMap(({ frames }) => runsOf(frames).map(([start, end]) => Slice(x, 1, start, end)))
  return Reshape(Concat(shown, 1), [N * windows.length, windows[0]!.frames.length, C])
}

/** The weighted mean of what the windows make of each frame: [(B S W), c, C] → [(B S), F, C] */
function fused(x: Value, windows: readonly WeightedWindow[], whole: readonly number[]): Value {
  const [N, F, C] = whole as [number, number, number]
  const columns = windows.length * windows[0]!.frames.length
  const shares = new Float32Array(F * columns)
  windows.forEach(({ frames, weights }, k) => {
    for (const [n, frame] of frames.entries()) shares[frame * columns + k * frames.length + n] = weights[n]!
  })
  const type = x.type as 'float32' | 'float16'
  return MatMul(x.graph.constant(shares, [F, columns], type), Reshape(x, [N, columns, C]))
}

/** Frames as runs of neighbours, [start, end): a window that wraps has two. */
function runsOf(frames: readonly number[]): [start: number, end: number][] {
  const runs: [number, number][] = []
  for (const frame of frames) {
    const last = runs.at(-1)
    if (last?.[1] === frame) last[1]++
    else runs.push([frame, frame + 1])
  }
  return runs
}

/** [(B F), S, C] → [(B S), F, C] */
const framesLast = (x: Value, B: number, F: number, S: number): Value => {
  const C = x.shape.at(-1)!
  return Reshape(Transpose(Reshape(x, [B, F, S, C]), [0, 2, 1, 3]), [B * S, F, C])
}

/** [(B S), F, C] → [(B F), S, C] */
const framesFirst = (x: Value, B: number, F: number, S: number): Value => {
  const C = x.shape.at(-1)!
  return Reshape(Transpose(Reshape(x, [B, S, F, C]), [0, 2, 1, 3]), [B * F, S, C])
}

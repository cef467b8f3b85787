// Image layout (channels first or last): pictures inside a net, whichever way the target has them. Written [N, C, h, w] in the nets'
// comments.

import type { Value } from '../onnx/graph.ts'
import { Add, Cast, Concat, Reshape, Resize, Transpose } from '../onnx/ops.ts'
import type { Target } from '../targets/target.ts'

export interface Sides {
  readonly N: number
  readonly C: number
  readonly h: number
  readonly w: number
}

export function sides({ layout }: Target, x: Value): Sides {
  const [a, b, c, d] = x.shape as [number, number, number, number]
  return layout === 'channels-first' ? { N: a, C: b, h: c, w: d } : { N: a, h: b, w: c, C: d }
}

/** [N, C, h, w] in float32 as a graph's input → the target's layout and type. */
export const enter = (target: Target, x: Value): Value => laidOut(target, Cast(x, target.type))

/** The target's layout and type → [N, C, h, w] in float32 as a graph's output. */
export const leave = (target: Target, x: Value): Value => Cast(channelsFirst(target, x), 'float32')

const laidOut = ({ layout }: Target, x: Value): Value => (layout === 'channels-first' ? x : Transpose(x, [0, 2, 3, 1]))

const channelsFirst = ({ layout }: Target, x: Value): Value => (layout === 'channels-first' ? x : Transpose(x, [0, 3, 1, 2]))

/** Channels of a, then channels of b. */
export const concatChannels = ({ layout }: Target, a: Value, b: Value): Value => Concat([a, b], layout === 'channels-first' ? 1 : 3)

/** x + perChannel for perChannel [1 or N, C]. */
export function addPerChannel({ layout }: Target, x: Value, perChannel: Value): Value {
  const [N, C] = perChannel.shape as [number, number]
  return Add(x, Reshape(perChannel, layout === 'channels-first' ? [N, C, 1, 1] : [N, 1, 1, C]))
}

/** A picture as a sequence of its positions: [N, C, h, w] → [N, S, C], S = h·w. */
export function tokens(target: Target, x: Value): Value {
  const { N, C, h, w } = sides(target, x)
  return target.layout === 'channels-first' ? Transpose(Reshape(x, [N, C, h * w]), [0, 2, 1]) : Reshape(x, [N, h * w, C])
}

/** And back: [N, S, C] → [N, C, h, w]. */
export function picture(target: Target, x: Value, { h, w }: Pick<Sides, 'h' | 'w'>): Value {
  const [N, , C] = x.shape as [number, number, number]
  return target.layout === 'channels-first' ? Reshape(Transpose(x, [0, 2, 1]), [N, C, h, w]) : Reshape(x, [N, h, w, C])
}

/** Nearest neighbour. Resize works on channels-first pictures everywhere. */
export const resize = (target: Target, x: Value, { h, w }: Pick<Sides, 'h' | 'w'>): Value =>
  laidOut(target, Resize(channelsFirst(target, x), h, w))

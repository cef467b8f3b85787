// AdamW: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (arXiv 1711.05101), algorithm 2, in PyTorch's order of operations.
// The update is a graph over a stretch of the array that everything trained lies in, so that one small session serves any net.

import { Graph, type Value } from '../onnx/graph.ts'
import { Add, Div, Mul, Sqrt, Sub } from '../onnx/ops.ts'
import type { Session } from '../runtime/session.ts'

export interface AdamW {
  readonly learningRate: number
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
  /** The largest norm that a gradient may have, all tensors together; 0 for none. */
  readonly clip: number
}

/** What AnimateDiff was trained with (its configs/training/v1/training.yaml). */
export const animateDiffAdamW: AdamW = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-2, clip: 1 }

/** Everything that a step changes; arrays of one length, updated in place. */
export interface OptimizerState {
  readonly weights: Float32Array
  readonly firstMoment: Float32Array
  readonly secondMoment: Float32Array
  /** Steps done. */
  step: number
}

export interface Optimizer {
  /**
   * @param gradient summed over a step's examples; left as it is
   * @param factor of the learning rate at this step
   * @returns the gradient's norm before it was clipped; when that is no number, nothing was changed
   */
  update(state: OptimizerState, gradient: Float32Array, factor?: number): Promise<{ readonly norm: number }>
  release(): Promise<void>
}

/** Elements that are updated at a time: what a run is given and gives stays within 32 MiB. */
const stretch = 1 << 20

export const startState = (weights: Float32Array): OptimizerState => ({
  weights,
  firstMoment: new Float32Array(weights.length),
  secondMoment: new Float32Array(weights.length),
  step: 0,
})

/** @param length of the arrays that it will be given */
export async function createOptimizer(options: AdamW, length: number, load: (graph: Graph) => Promise<Session>): Promise<Optimizer> {
  const n = Math.min(stretch, length)
  const session = await load(adamWGraph(n, options))
  const { learningRate, beta1, beta2, weightDecay, clip } = options

  return {
    async update(state, gradient, factor = 1) {
      const norm = normOf(gradient)
      if (!Number.isFinite(norm)) return { norm }
      const step = state.step + 1
      const rate = learningRate * factor
      const scalars = {
        scale: Float32Array.of(clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1),
        keep: Float32Array.of(1 - rate * weightDecay),
        rate: Float32Array.of(rate / (1 - beta1 ** step)),
        correction: Float32Array.of(1 / Math.sqrt(1 - beta2 ** step)),
      }
      const arrays = { weights: state.weights, firstMoment: state.firstMoment, secondMoment: state.secondMoment }
      for (let at = 0; at < length; at += n) {
        // The last stretch begins where it ends whole; what it shares with the one before must not be updated twice.
        const from = Math.min(at, length - n)
        const cut = (values: Float32Array): Float32Array => values.subarray(from, from + n)
        const given = Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, cut(values)]))
        const next = await session.run({ ...given, gradient: cut(gradient), ...scalars })
        for (const [name, values] of Object.entries(arrays)) values.set(next[`next:${name}`]!.subarray(at - from), at)
      }
      state.step = step
      return { norm }
    },
    release: () => session.release(),
  }
}

function adamWGraph(n: number, { beta1, beta2, epsilon }: AdamW): Graph {
  const graph = new Graph('adamw')
  const array = (name: string): Value => graph.input(name, 'float32', [n])
  const scalar = (name: string): Value => graph.input(name, 'float32', [])
  const number = (value: number): Value => graph.constant([value], [], 'float32')
  const g = Mul(array('gradient'), scalar('scale'))
  const m = Add(Mul(array('firstMoment'), number(beta1)), Mul(g, number(1 - beta1)))
  const v = Add(Mul(array('secondMoment'), number(beta2)), Mul(Mul(g, g), number(1 - beta2)))
  const deviation = Add(Mul(Sqrt(v), scalar('correction')), number(epsilon))
  const kept = Mul(array('weights'), scalar('keep'))
  graph.output('next:weights', Sub(kept, Mul(Div(m, deviation), scalar('rate'))))
  graph.output('next:firstMoment', m)
  graph.output('next:secondMoment', v)
  return graph
}

/** ‖gradient‖, summed in double precision. */
export function normOf(gradient: Float32Array): number {
  let sum = 0
  for (let i = 0; i < gradient.length; i++) sum += gradient[i]! ** 2
  return Math.sqrt(sum)
}

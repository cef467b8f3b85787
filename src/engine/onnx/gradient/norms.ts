// Norms on the way back. With x̂ the normalised x, r = 1 / √(var + ε) and g = dy · scale: dx = r (g − mean g − x̂ mean(g x̂)).

import { elementsOf } from '../../checkpoint/tensor/tensor.ts'
import type { Value } from '../graph.ts'
import { Add, Div, LayerNormalizationStatistics, Mul, ReduceMean, ReduceSum, Reshape, Sqrt, Sub } from '../ops.ts'
import { number } from './products.ts'
import { floatOf, type Kernels, type Rule } from './rule.ts'

/** Over the last axis. */
export const layerNormGradient: Rule = ({ dy, x, node, kernels }) => {
  const norm = remembered(() => normalised(x(0), floatOf(node.attributes['epsilon']), kernels))
  return [() => rowGradient(scaled(dy, x(1)), norm()), () => Mul(dy, norm().unit), () => dy]
}

/** Over all axes but the first two; scale and bias are one number a channel. */
export const instanceNormGradient: Rule = ({ dy, x, node, kernels }) => {
  const [N, C] = dy.shape as [number, number]
  const rows = (v: Value): Value => Reshape(v, [N, C, elementsOf(v.shape) / (N * C)])
  const perChannel = (v: Value): Value => Reshape(ReduceSum(v, [0, 2]), [C])
  const norm = remembered(() => normalised(rows(x(0)), floatOf(node.attributes['epsilon']), kernels))
  return [
    () => Reshape(rowGradient(scaled(rows(dy), x(1), [C, 1]), norm()), dy.shape),
    () => perChannel(Mul(rows(dy), norm().unit)),
    () => perChannel(rows(dy)),
  ]
}

/** Of rows that were normalised each on its own, from g. */
function rowGradient(g: Value, { unit, r }: Normalised): Value {
  const last = [g.shape.length - 1]
  const across = Mul(unit, ReduceMean(Mul(g, unit), last))
  return Mul(r, Sub(Sub(g, ReduceMean(g, last)), across))
}

interface Normalised {
  /** x̂ */
  readonly unit: Value
  readonly r: Value
}

function normalised(x: Value, epsilon: number, { normStatistics }: Kernels): Normalised {
  if (normStatistics) {
    const side = x.shape.at(-1)!
    const row = (value: number): Value => x.graph.constant(Array(side).fill(value), [side], x.type as 'float32' | 'float16')
    const [unit, , r] = LayerNormalizationStatistics(x, row(1), row(0), epsilon)
    return { unit, r }
  }
  const last = [x.shape.length - 1]
  const centred = Sub(x, ReduceMean(x, last))
  const variance = ReduceMean(Mul(centred, centred), last)
  const r = Div(number(x, 1), Sqrt(Add(variance, number(x, epsilon))))
  return { unit: Mul(centred, r), r }
}

function remembered<T>(make: () => T): () => T {
  let known: T | undefined
  return () => (known ??= make())
}

/** dy · scale, shaped `along` dy's axes where they are not the last. */
const scaled = (dy: Value, scale: Value, along = scale.shape): Value => (isOne(scale) ? dy : Mul(dy, Reshape(scale, along)))

/** A scale that was written in to be none. */
function isOne({ graph, name, type }: Value): boolean {
  const tensor = graph.initializers.get(name)?.tensor
  return type === 'float32' && tensor?.at instanceof Uint8Array && new Float32Array(tensor.at.slice().buffer).every((value) => value === 1)
}

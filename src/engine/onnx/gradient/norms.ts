// Norms on the way back. With x̂ the normalised x, r = 1 / √(var + ε) and g = dy · scale: dx = r (g − mean g − x̂ mean(g x̂)).

import { elementsOf } from '../../checkpoint/tensor.ts'
import type { Value } from '../graph.ts'
import { Add, Div, Mul, ReduceMean, ReduceSum, Reshape, Sqrt, Sub } from '../ops.ts'
import { number } from './products.ts'
import { floatOf, type Rule } from './rule.ts'

/** Over the last axis. */
export const layerNormGradient: Rule = ({ dy, x, node }) => {
  const epsilon = floatOf(node.attributes['epsilon'])
  const last = dy.shape.length - 1
  return normGradient(
    dy,
    () => normalised(x(0), [last], epsilon),
    [last],
    () => x(1),
  )
}

/** Over all axes but the first two; scale and bias are one number a channel. */
export const instanceNormGradient: Rule = ({ dy, x, node }) => {
  const [N, C] = dy.shape as [number, number]
  const rows = (v: Value): Value => Reshape(v, [N, C, elementsOf(v.shape) / (N * C)])
  const epsilon = floatOf(node.attributes['epsilon'])
  const [dx, dscale, dbias] = normGradient(
    rows(dy),
    () => normalised(rows(x(0)), [2], epsilon),
    [2],
    () => x(1),
    [C, 1],
  ) as [() => Value, () => Value, () => Value]
  const perChannel = (v: Value): Value => Reshape(ReduceSum(v, [0, 2]), [C])
  return [() => Reshape(dx(), dy.shape), () => perChannel(dscale()), () => perChannel(dbias())]
}

function normGradient(
  dy: Value,
  normalise: () => Normalised,
  axes: readonly number[],
  scale: () => Value,
  along?: readonly number[],
): readonly (() => Value)[] {
  let known: Normalised | undefined
  const norm = (): Normalised => (known ??= normalise())
  return [
    () => {
      const { unit, r } = norm()
      const s = scale()
      const g = isOne(s) ? dy : Mul(dy, along ? Reshape(s, along) : s)
      const across = Mul(unit, ReduceMean(Mul(g, unit), axes))
      return Mul(r, Sub(Sub(g, ReduceMean(g, axes)), across))
    },
    () => Mul(dy, norm().unit),
    () => dy,
  ]
}

interface Normalised {
  readonly unit: Value
  readonly r: Value
}

function normalised(x: Value, axes: readonly number[], epsilon: number): Normalised {
  const centred = Sub(x, ReduceMean(x, axes))
  const variance = ReduceMean(Mul(centred, centred), axes)
  const r = Div(number(x, 1), Sqrt(Add(variance, number(x, epsilon))))
  return { unit: Mul(centred, r), r }
}

/** A scale that was written in to be none. */
function isOne({ graph, name, type }: Value): boolean {
  const tensor = graph.initializers.get(name)?.tensor
  return type === 'float32' && tensor?.at instanceof Uint8Array && new Float32Array(tensor.at.slice().buffer).every((value) => value === 1)
}

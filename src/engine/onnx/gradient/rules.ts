// The gradient of every operator that training takes, one line an operator where one is enough.

import { elementsOf } from '../../checkpoint/tensor/tensor.ts'
import type { Value } from '../graph.ts'
import { Add, Cast, Div, Equal, Erf, Exp, Expand, Mul, Neg, ReduceSum, Reshape, Sigmoid, Sign, Sub, Transpose } from '../ops.ts'
import { attentionGradient } from './attention.ts'
import { convGradient, convTransposeGradient } from './conv.ts'
import { instanceNormGradient, layerNormGradient } from './norms.ts'
import { number, productGradient, times, turnedBy } from './products.ts'
import { floatOf, type Rule } from './rule.ts'
import { cropped, gathered, inverse, joined, partsOf, scattered, spread } from './shapes.ts'

export const rules: Readonly<Record<string, Rule>> = {
  Identity: ({ dy }) => [() => dy],
  Cast: ({ dy, node }) => [() => Cast(dy, node.inputs[0]!.type)],
  Add: ({ dy }) => [() => dy, () => dy],
  Sub: ({ dy }) => [() => dy, () => Neg(dy)],
  Mul: ({ dy, x }) => [() => Mul(dy, x(1)), () => Mul(dy, x(0))],
  Div: ({ dy, x, y }) => [() => Div(dy, x(1)), () => Neg(Div(Mul(dy, y()), x(1)))],
  Neg: ({ dy }) => [() => Neg(dy)],
  Abs: ({ dy, x }) => [() => Mul(dy, Sign(x(0)))],
  Exp: ({ dy, y }) => [() => Mul(dy, y())],
  Sqrt: ({ dy, y }) => [() => Div(dy, times(y(), 2))],
  Sigmoid: ({ dy, y }) => [() => Mul(dy, Sub(y(), Mul(y(), y())))],
  Clip: ({ dy, x, y }) => [() => Mul(dy, Cast(Equal(x(0), y()), dy.type))],
  QuickGelu: ({ dy, x, y, node }) => [() => Mul(dy, quickGeluSlope(x(0), y(), floatOf(node.attributes['alpha'])))],
  Gelu: ({ dy, x }) => [() => Mul(dy, geluSlope(x(0)))],

  Reshape: ({ dy, node }) => [() => Reshape(dy, node.inputs[0]!.shape)],
  Expand: ({ dy }) => [() => dy],
  Transpose: ({ dy, node }) => [() => Transpose(dy, inverse(node.attributes['perm'] as readonly number[]))],
  Concat: ({ dy, node }) => partsOf(dy, node),
  Split: ({ dys, node }) => [() => joined(dys, node)],
  Slice: ({ dy, node }) => [() => spread(dy, node)],
  Pad: ({ dy, node }) => [() => cropped(dy, node)],
  Gather: ({ dy, x, node, kernels }) => [() => scattered(dy, x(1), node.inputs[0]!, kernels)],
  Resize: ({ dy, node }) => [() => gathered(dy, node.inputs[0]!)],

  ReduceSum: ({ dy, node }) => [() => Expand(dy, node.inputs[0]!.shape)],
  ReduceMean: ({ dy, node }) => [() => Expand(times(dy, share(dy, node.inputs[0]!)), node.inputs[0]!.shape)],
  Softmax: ({ dy, y }) => [() => Mul(y(), Sub(dy, ReduceSum(Mul(dy, y()), [dy.shape.length - 1])))],

  MatMul: (call) => productGradient(call, {}),
  FusedMatMul: (call) => productGradient(call, turnedBy(call.node)),
  Conv: convGradient,
  ConvTranspose: convTransposeGradient,
  LayerNormalization: layerNormGradient,
  InstanceNormalization: instanceNormGradient,
  Attention: attentionGradient,
  MultiHeadAttention: attentionGradient,
}

const share = (part: Value, whole: Value): number => elementsOf(part.shape) / elementsOf(whole.shape)

/** Of x s with s = sigmoid(alpha x): s (1 + alpha (x − x s)). */
function quickGeluSlope(x: Value, y: Value, alpha: number): Value {
  const s = Sigmoid(times(x, alpha))
  return Mul(s, Add(times(Sub(x, y), alpha), number(x, 1)))
}

/** Of x Φ(x): Φ(x) + x φ(x), which with z = x/√2 is (1 + erf z)/2 + z e^(−z²)/√π. */
function geluSlope(x: Value): Value {
  const z = times(x, Math.SQRT1_2)
  const cumulative = times(Add(Erf(z), number(x, 1)), 0.5)
  return Add(cumulative, Mul(times(z, 1 / Math.sqrt(Math.PI)), Exp(Neg(Mul(z, z)))))
}

// Every rule against finite differences: the gradient graph runs in ONNX Runtime, the differences are taken in float64.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compare } from '../../../src/engine/arrays/comparison.ts'
import { elementsOf } from '../../../src/engine/checkpoint/tensor/tensor.ts'
import { rules } from '../../../src/engine/onnx/gradient/rules.ts'
import { gradients } from '../../../src/engine/onnx/gradient.ts'
import { Graph, type Value } from '../../../src/engine/onnx/graph.ts'
import * as ops from '../../../src/engine/onnx/ops.ts'
import { runOnce } from '../../../src/engine/verify/test-session.ts'
import { cpuSession, someNumbers } from '../cpu-session.ts'
import { type Array64, evaluate } from './float64.ts'

/** Sides and choices of one example. */
const sizes = fc.record({
  N: fc.integer({ min: 1, max: 3 }),
  C: fc.integer({ min: 1, max: 4 }),
  K: fc.integer({ min: 1, max: 4 }),
  h: fc.integer({ min: 2, max: 6 }),
  w: fc.integer({ min: 2, max: 5 }),
  L: fc.integer({ min: 1, max: 5 }),
  p: fc.boolean(),
  q: fc.boolean(),
  seed: fc.integer({ min: 1, max: 1 << 20 }),
})
type Sizes = typeof sizes extends fc.Arbitrary<infer S> ? S : never

/** What the operator reads and gives: `x` makes inputs. */
type Example = (s: Sizes, x: (...shape: number[]) => Value, ids: (most: number, ...shape: number[]) => Value) => Value | readonly Value[]

const unary =
  (op: (x: Value) => Value): Example =>
  ({ N, C, h }, x) =>
    op(x(N, C, h))

/** Shapes that broadcast one way, the other way, or both. */
const binary =
  (op: (a: Value, b: Value) => Value): Example =>
  ({ N, C, h, p, q }, x) =>
    p ? op(x(N, C, h), q ? x(h) : x(N, 1, h)) : op(q ? x(1, h) : x(N, 1, h), x(C, q ? 1 : h))

const product = (
  { N, C, K, L, p, q }: Sizes,
  x: (...shape: number[]) => Value,
  transA = false,
  transB = false,
): readonly [Value, Value] => {
  const a = transA ? [C, L] : [L, C]
  const b = transB ? [K, C] : [C, K]
  return [x(...(p ? [N, ...a] : a)), x(...(q ? [p ? N : 2, ...b] : b))]
}

const examples: Readonly<Record<keyof typeof rules, Example>> = {
  Identity: unary((x) => x.graph.node('Identity', [x], {}, [x])[0]!),
  Cast: unary((x) => (ops.Cast(x, 'float32') === x ? x.graph.node('Cast', [x], { to: 1 }, [x])[0]! : x)),
  Add: binary(ops.Add),
  Sub: binary(ops.Sub),
  Mul: binary(ops.Mul),
  Div: binary((a, b) => ops.Div(a, ops.Add(ops.Abs(b), b.graph.constant([0.5], [], 'float32')))),
  Neg: unary(ops.Neg),
  Abs: unary(ops.Abs),
  Exp: unary(ops.Exp),
  Sqrt: unary((x) => ops.Sqrt(ops.Add(ops.Abs(x), x.graph.constant([0.25], [], 'float32')))),
  Sigmoid: unary(ops.Sigmoid),
  Clip: unary((x) => ops.Clip(x, -0.5, 0.75)),
  QuickGelu: ({ N, C, q }, x) => ops.QuickGelu(x(N, C), q ? 1.702 : 1),
  Gelu: unary(ops.Gelu),

  Reshape: ({ N, C, h }, x) => ops.Reshape(x(N, C, h), [C * h, N]),
  Expand: ({ N, C, h, p }, x) => ops.Expand(p ? x(C, 1) : x(1, C, h), [N, C, h]),
  Transpose: ({ N, C, h, w, p }, x) => ops.Transpose(x(N, C, h, w), p ? [2, 0, 3, 1] : [0, 3, 1, 2]),
  Concat: ({ N, C, K, h }, x) => ops.Concat([x(N, C, h), x(N, K, h), x(N, 1, h)], 1),
  Split: ({ N, C, h, p }, x) => ops.Split(x(N, 3 * C, h), 3, 1).slice(0, p ? 3 : 2),
  Slice: ({ N, h, w, p, q }, x) => ops.Slice(x(N, h, w), 1, p ? 1 : 0, h - (p && q && h > 2 ? 1 : 0), q ? 2 : 1),
  Pad: ({ N, C, h, L }, x) => ops.Pad(x(N, C, h), [0, 1, L, 2, 0, 1]),
  Gather: ({ N, C, L, h }, x, ids) => ops.Gather(x(h, C), ids(h, N, L)),
  Resize: ({ N, C, h, w, p }, x) => ops.Resize(x(N, C, h, w), p ? 2 * h : 2 * h - 1, p ? 2 * w : 2 * w - 1),

  ReduceSum: ({ N, C, h, p }, x) => ops.ReduceSum(x(N, C, h), p ? [0, 2] : [1]),
  ReduceMean: ({ N, C, h, p }, x) => ops.ReduceMean(x(N, C, h), p ? [0, 1, 2] : [2]),
  Softmax: unary(ops.Softmax),

  MatMul: (s, x) => ops.MatMul(...product(s, x)),
  FusedMatMul: (s, x) => {
    const [transA, transB] = [s.seed % 2 === 1, s.seed % 3 > 0]
    return ops.FusedMatMul(...product(s, x, transA, transB), { transA, transB, alpha: 0.75 })
  },
  Conv: ({ N, C, K, h, w, p, q, seed }, x) => {
    const k = p ? 3 : 1
    const pads = k === 1 ? [0, 0, 0, 0] : seed % 2 === 1 ? [1, 1, 1, 1] : [0, 0, 1, 1]
    return ops.Conv(x(N, C, h + 1, w + 1), x(K, C, k, k), seed % 3 > 0 ? x(K) : null, { stride: q ? 2 : 1, pads })
  },
  ConvTranspose: ({ N, C, K, h, w, p }, x) => ops.ConvTranspose(x(N, C, h, w), x(C, K, p ? 2 : 4, p ? 2 : 4), p ? 2 : 4),
  LayerNormalization: ({ N, C, h, p }, x) => ops.LayerNormalization(p ? x(N, C, h) : x(N, h), x(h), x(h), 1e-2),
  InstanceNormalization: ({ N, C, h, w, p }, x) => ops.InstanceNormalization(p ? x(N, C, h, w) : x(N, C, h * w), x(C), x(C), 1e-2),
  Attention: ({ N, K, L, h, p }, x) => {
    const C = 2 * K
    const S = p ? h : L
    return ops.Attention(x(N, S, C), x(N, p ? h : 3, C), x(N, p ? h : 3, C), { heads: K, causal: p })
  },
  MultiHeadAttention: ({ N, K, L, h }, x) => ops.MultiHeadAttention(x(N, h, 2 * K), x(N, L, 2 * K), x(N, L, 2 * K), { heads: 2 }),
}

interface Built {
  readonly graph: Graph
  readonly inputs: readonly Value[]
  readonly ids: Readonly<Record<string, Int32Array>>
  readonly ys: readonly Value[]
}

function build(example: Example, s: Sizes): Built {
  const graph = new Graph('rule')
  const inputs: Value[] = []
  const ids: Record<string, Int32Array> = {}
  const x = (...shape: number[]): Value => inputs[inputs.push(graph.input(`x${inputs.length}`, 'float32', shape)) - 1]!
  const whole = (most: number, ...shape: number[]): Value => {
    ids['ids'] = Int32Array.from(someNumbers(elementsOf(shape), s.seed), (value) => Math.floor(((value + 1) / 2) * most))
    return graph.input('ids', 'int32', shape)
  }
  const y = example(s, x, whole)
  return { graph, inputs, ids, ys: 'name' in y ? [y] : y }
}

/** Numbers from −2 to 2 in steps of 1/64, none of them within 1/128 of where an operator has a corner. */
const values = (count: number, seed: number): Float32Array => someNumbers(count, seed).map((x) => (Math.floor(x * 128) + 0.5) / 64)

/** Σ over all results of c · y: what the gradients are of. */
function objective({ graph, ys }: Built): { readonly total: Value; readonly seeds: readonly Value[] } {
  const seeds = ys.map(({ shape }, i) => graph.input(`c${i}`, 'float32', shape))
  const parts = ys.map((y, i) =>
    ops.Reshape(
      ops.ReduceSum(
        ops.Mul(y, seeds[i]!),
        y.shape.map((_, axis) => axis),
      ),
      [],
    ),
  )
  return { total: parts.reduce((a, b) => ops.Add(a, b)), seeds }
}

for (const [op, example] of Object.entries(examples)) {
  test(`the gradient of ${op} is what finite differences say`, async () => {
    const property = fc.asyncProperty(sizes, async (s) => {
      const built = build(example, s)
      const { graph, inputs, ids } = built
      const { total, seeds } = objective(built)
      const forward = [...graph.nodes]
      assert.ok(
        forward.some((node) => node.op === op),
        'the operator is in the graph',
      )
      const found = gradients(total, inputs, { kernels: { fusedMatMul: s.seed % 5 > 1, normStatistics: s.seed % 7 > 2 } })
      graph.output('total', total)
      for (const { name } of inputs) graph.output(`d ${name}`, found.get(name)!)

      const feeds: Record<string, Float32Array> = {}
      for (const [i, { name, shape }] of [...inputs, ...seeds].entries()) feeds[name] = values(elementsOf(shape), s.seed + i)
      const [got] = await runOnce(cpuSession, graph, [{ ...feeds, ...ids }])

      const shapes = new Map(graph.inputs.map(({ name, shape }) => [name, shape]))
      const wide = ([name, data]: [string, ArrayLike<number>]): [string, Array64] => [
        name,
        { shape: shapes.get(name)!, data: Float64Array.from(data) },
      ]
      const given = Object.fromEntries([...Object.entries(feeds), ...Object.entries(ids)].map(wide))
      const alone = { nodes: forward, initializers: graph.initializers } as Graph
      const at = (): number => evaluate(alone, given, [total])[0]!.data[0]!
      assert.ok(Math.abs(got!['total']![0]! - at()) <= 1e-5 * Math.max(1, Math.abs(at())), 'ONNX Runtime computes what the reference does')

      const step = 1e-4
      for (const { name } of inputs) {
        const { data } = given[name]!
        const expected = data.map((value, i) => {
          data[i] = value + step
          const above = at()
          data[i] = value - step
          const below = at()
          data[i] = value
          return (above - below) / (2 * step)
        })
        const size = Math.max(Math.hypot(...expected), 0.1) // some are zero but for rounding
        const { error } = compare(name, 'relative', [...got![`d ${name}`]!, size], [...expected, size], 0)
        assert.ok(error < 2e-5, `${name} [${shapes.get(name)}] is off by ${error}`)
      }
    })
    await fc.assert(property, { numRuns: 12, seed: 1 })
  })
}

test('every rule has an example', () => {
  assert.deepEqual(Object.keys(examples).toSorted(), Object.keys(rules).toSorted())
})

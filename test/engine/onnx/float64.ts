// ONNX's operators as the specification writes them, in float64 and one element at a time: what finite differences need, because ONNX
// Runtime has no float64 kernel for convolutions, fused products, erf and attention. Held against its float32 kernels in gradient-rules.test.ts.

import type { Graph, Node, Value } from '../../../src/engine/onnx/graph.ts'

export interface Array64 {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

type Index = readonly number[]

const elements = (shape: Index): number => shape.reduce((product, side) => product * side, 1)

function generate(shape: Index, value: (index: number[]) => number): Array64 {
  const data = new Float64Array(elements(shape))
  const index: number[] = Array(shape.length).fill(0)
  for (let i = 0; i < data.length; i++) {
    data[i] = value([...index])
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0
  }
  return { shape, data }
}

/** The element, with sides of 1 read as often as needed and axes that lack in front left out. */
function at({ shape, data }: Array64, index: Index): number {
  const own = index.slice(index.length - shape.length)
  return data[own.reduce((offset, i, axis) => offset * shape[axis]! + (shape[axis] === 1 ? 0 : i), 0)]!
}

const sum = (count: number, term: (i: number) => number): number => {
  let total = 0
  for (let i = 0; i < count; i++) total += term(i)
  return total
}

const integers = (value: Array64): number[] => [...value.data]

const elementwise =
  (f: (x: number, y: number) => number) =>
  ({ outputs }: Node, [x, y]: Inputs): Array64[] => [generate(outputs[0]!.shape, (i) => f(at(x!, i), y ? at(y, i) : Number.NaN))]

type Inputs = readonly (Array64 | null)[]
type Operator = (node: Node, inputs: Inputs) => Array64[]

/** Every element of the reduced axes that belongs to `index`. */
function reduction(mean: boolean): Operator {
  return ({ outputs }, [x, axes]) => {
    const over = integers(axes!)
    const sides = over.map((axis) => x!.shape[axis]!)
    const count = elements(sides)
    return [
      generate(outputs[0]!.shape, (index) => {
        const total = generate(sides, (inner) =>
          at(
            x!,
            index.map((i, axis) => (over.includes(axis) ? inner[over.indexOf(axis)]! : i)),
          ),
        )
        return total.data.reduce((a, b) => a + b, 0) / (mean ? count : 1)
      }),
    ]
  }
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** Abramowitz and Stegun 7.1.6: Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)) · 2/√π e^(−x²), which converges for every x. */
function erf(x: number): number {
  let term = x
  let total = x
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1)
    total += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total
}

const product: Operator = ({ outputs, attributes }, [a, b, c]) => {
  const turned = (x: Array64, flag: string) => (index: number[], row: number, column: number) =>
    at(x, [...index, ...(attributes[flag] === 1 ? [column, row] : [row, column])])
  const alpha = (attributes['alpha'] as { float: number } | undefined)?.float ?? 1
  const inner = attributes['transA'] === 1 ? a!.shape.at(-2)! : a!.shape.at(-1)!
  const [left, right] = [turned(a!, 'transA'), turned(b!, 'transB')]
  return [
    generate(outputs[0]!.shape, (index) => {
      const [row, column] = index.slice(-2) as [number, number]
      const batch = index.slice(0, -2)
      return alpha * sum(inner, (k) => left(batch, row, k) * right(batch, k, column)) + (c ? at(c, [column]) : 0)
    }),
  ]
}

const conv: Operator = ({ outputs, attributes }, [x, w, b]) => {
  const [, C, kh, kw] = w!.shape as [number, number, number, number]
  const [stride] = attributes['strides'] as readonly number[]
  const [top, left] = attributes['pads'] as readonly number[]
  const [, , h, wide] = x!.shape as [number, number, number, number]
  return [
    generate(outputs[0]!.shape, ([n, k, i, j]) => {
      const one = (c: number, p: number, q: number): number => {
        const [row, column] = [i! * stride! + p - top!, j! * stride! + q - left!]
        return row < 0 || row >= h || column < 0 || column >= wide ? 0 : at(x!, [n!, c, row, column]) * at(w!, [k!, c, p, q])
      }
      return sum(C, (c) => sum(kh, (p) => sum(kw, (q) => one(c, p, q)))) + (b ? at(b, [k!]) : 0)
    }),
  ]
}

/** (x − mean) / √(var + ε) over what `members` names for a place. */
function normalised(x: Array64, epsilon: number, row: (index: number[]) => number, rows: number): Array64 {
  const all: number[][] = Array.from({ length: rows }, () => [])
  generate(x.shape, (index) => all[row(index)]!.push(at(x, index)))
  const statistics = all.map((values) => {
    const mean = sum(values.length, (i) => values[i]!) / values.length
    return { mean, deviation: Math.sqrt(sum(values.length, (i) => (values[i]! - mean) ** 2) / values.length + epsilon) }
  })
  return generate(x.shape, (index) => (at(x, index) - statistics[row(index)]!.mean) / statistics[row(index)]!.deviation)
}

const epsilonOf = ({ attributes }: Node): number => (attributes['epsilon'] as { float: number }).float

const attention: Operator = ({ attributes }, [q, k, v]) => {
  const [N, S, C] = q!.shape as [number, number, number]
  const L = k!.shape[1]!
  const heads = (attributes['q_num_heads'] ?? attributes['num_heads']) as number
  const d = C / heads
  const causal = attributes['is_causal'] === 1
  const weights = generate([N, heads, S, L], ([n, head, s, l]) => {
    const dot = sum(d, (i) => at(q!, [n!, s!, head! * d + i]) * at(k!, [n!, l!, head! * d + i]))
    return causal && l! > s! ? 0 : Math.exp(dot / Math.sqrt(d))
  })
  return [
    generate([N, S, C], ([n, s, c]) => {
      const weight = (l: number): number => at(weights, [n!, Math.floor(c! / d), s!, l])
      return sum(L, (l) => weight(l) * at(v!, [n!, l, c!])) / sum(L, weight)
    }),
  ]
}

const operators: Readonly<Record<string, Operator>> = {
  Identity: elementwise((x) => x),
  Cast: elementwise((x) => x),
  Add: elementwise((x, y) => x + y),
  Sub: elementwise((x, y) => x - y),
  Mul: elementwise((x, y) => x * y),
  Div: elementwise((x, y) => x / y),
  Neg: elementwise((x) => -x),
  Abs: elementwise(Math.abs),
  Exp: elementwise(Math.exp),
  Sqrt: elementwise(Math.sqrt),
  Sigmoid: elementwise(sigmoid),
  Gelu: elementwise((x) => (x * (1 + erf(x * Math.SQRT1_2))) / 2),
  QuickGelu: (node, [x]) => {
    const { float: alpha } = node.attributes['alpha'] as { float: number }
    return [generate(x!.shape, (i) => at(x!, i) * sigmoid(alpha * at(x!, i)))]
  },
  Clip: (_, [x, least, most]) => [generate(x!.shape, (i) => Math.min(Math.max(at(x!, i), least!.data[0]!), most!.data[0]!))],

  Reshape: ({ outputs }, [x]) => [{ shape: outputs[0]!.shape, data: x!.data }],
  Expand: ({ outputs }, [x]) => [generate(outputs[0]!.shape, (i) => at(x!, i))],
  Transpose({ outputs, attributes }, [x]) {
    const perm = attributes['perm'] as Index
    return [
      generate(outputs[0]!.shape, (index) =>
        at(
          x!,
          perm.map((_, axis) => index[perm.indexOf(axis)]!),
        ),
      ),
    ]
  },
  Concat({ outputs, attributes }, values) {
    const axis = attributes['axis'] as number
    return [
      generate(outputs[0]!.shape, (index) => {
        let place = index[axis]!
        const from = values.find((value) => {
          const here = place < value!.shape[axis]!
          if (!here) place -= value!.shape[axis]!
          return here
        })
        return at(from!, index.with(axis, place))
      }),
    ]
  },
  Split: ({ outputs, attributes }, [x]) =>
    outputs.map(({ shape }, part) => {
      const axis = attributes['axis'] as number
      return generate(shape, (index) => at(x!, index.with(axis, index[axis]! + part * shape[axis]!)))
    }),
  Slice({ outputs }, [x, start, , axis, step]) {
    const along = axis!.data[0]!
    return [generate(outputs[0]!.shape, (i) => at(x!, i.with(along, start!.data[0]! + i[along]! * (step?.data[0] ?? 1))))]
  },
  Pad({ outputs }, [x, pads]) {
    const before = integers(pads!)
    return [
      generate(outputs[0]!.shape, (index) => {
        const from = index.map((i, axis) => i - before[axis]!)
        return from.every((i, axis) => i >= 0 && i < x!.shape[axis]!) ? at(x!, from) : 0
      }),
    ]
  },
  Gather: ({ outputs }, [table, ids]) => [
    generate(outputs[0]!.shape, (index) => {
      const rank = ids!.shape.length
      return at(table!, [at(ids!, index.slice(0, rank)), ...index.slice(rank)])
    }),
  ],
  Resize({ outputs }, [x]) {
    const [, , H, W] = outputs[0]!.shape as [number, number, number, number]
    const [, , h, w] = x!.shape as [number, number, number, number]
    return [generate(outputs[0]!.shape, ([n, c, i, j]) => at(x!, [n!, c!, Math.floor((i! * h) / H), Math.floor((j! * w) / W)]))]
  },

  ReduceSum: reduction(false),
  ReduceMean: reduction(true),
  Softmax: (_, [x]) => [
    generate(x!.shape, (index) => Math.exp(at(x!, index)) / sum(x!.shape.at(-1)!, (i) => Math.exp(at(x!, index.with(-1, i))))),
  ],
  MatMul: product,
  FusedMatMul: product,
  Conv: conv,
  ConvTranspose({ outputs, attributes }, [x, w]) {
    const [s] = attributes['strides'] as readonly [number]
    const [C] = w!.shape as [number]
    const one = (n: number, c: number, k: number, i: number, j: number): number =>
      at(x!, [n, c, Math.floor(i / s), Math.floor(j / s)]) * at(w!, [c, k, i % s, j % s])
    return [generate(outputs[0]!.shape, ([n, k, i, j]) => sum(C, (c) => one(n!, c, k!, i!, j!)))]
  },
  LayerNormalization(node, [x, scale, bias]) {
    const rows = x!.shape.slice(0, -1)
    const row = (index: number[]): number => rows.reduce((offset, side, axis) => offset * side + index[axis]!, 0)
    const unit = normalised(x!, epsilonOf(node), row, elements(rows))
    return [generate(x!.shape, (index) => at(unit, index) * at(scale!, index) + at(bias!, index))]
  },
  InstanceNormalization(node, [x, scale, bias]) {
    const [N, C] = x!.shape as [number, number]
    const unit = normalised(x!, epsilonOf(node), ([n, c]) => n! * C + c!, N * C)
    return [generate(x!.shape, (index) => at(unit, index) * at(scale!, [index[1]!]) + at(bias!, [index[1]!]))]
  },
  Attention: attention,
  MultiHeadAttention: attention,
}

/** What these values of a graph are, from its inputs by name. */
export function evaluate({ nodes, initializers }: Graph, inputs: Readonly<Record<string, Array64>>, wanted: readonly Value[]): Array64[] {
  const known = new Map(Object.entries(inputs))
  for (const [name, { tensor }] of initializers) {
    const { buffer, byteOffset, byteLength } = tensor.at as Uint8Array
    const bytes = buffer.slice(byteOffset, byteOffset + byteLength)
    const data = tensor.dtype === 'I64' ? Float64Array.from(new BigInt64Array(bytes), Number) : Float64Array.from(new Float32Array(bytes))
    known.set(name, { shape: tensor.shape, data })
  }
  for (const node of nodes) {
    const operator = operators[node.op]
    if (!operator) throw new Error(`${node.op} is not written in float64`)
    const results = operator(
      node,
      node.inputs.map((input) => input && known.get(input.name)!),
    )
    for (const [i, { name }] of node.outputs.entries()) known.set(name, results[i]!)
  }
  return wanted.map(({ name }) => known.get(name)!)
}

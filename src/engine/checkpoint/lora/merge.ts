// LoRA merging: a delta applied to a weight, W' for each kind, at a strength. Reads the delta's tensors, changes nothing in place.

import { float32Of, type Tensor } from '../tensor.ts'
import {
  type Additive,
  type Decomposed,
  isProduct,
  type LoraDelta,
  type LowRank,
  type Product,
  type Rotation,
  type Scaling,
} from './delta.ts'
import { cayley, contract, kron, multiply, transpose } from './matrix-products.ts'

/**
 * @param weight [out, in, …] in row order, or a bias or norm weight [out]
 * @param strength m of the formulas in delta.ts; 0 gives W back, negative ones point away from the style
 */
export function mergeDelta(weight: Float32Array, shape: readonly number[], delta: LoraDelta, strength: number): Float32Array {
  if (strength === 0) return weight.slice()
  switch (delta.kind) {
    case 'scaling':
      return scaled(weight, shape, delta, strength)
    case 'rotation':
      return towards(weight, rotated(weight, shape, delta), strength)
    case 'decomposed':
      return towards(weight, decomposed(weight, shape, delta), strength)
    default:
      return added(weight, difference(weight, shape, delta), strength)
  }
}

/** A low-rank delta as two plain matrices, Tucker's core multiplied into the first: what is applied at run time, before `scale` and strength. */
export function lowRankFactors(delta: LowRank): { readonly down: Float32Array; readonly up: Float32Array } {
  const [down, up] = [float32Of(delta.down), float32Of(delta.up)]
  if (!delta.mid) return { down, up }
  const kernel = delta.mid.shape.slice(2).reduce((size, side) => size * side, 1)
  return { down: contract(float32Of(delta.mid), down, delta.rank, down.length / delta.rank, kernel), up }
}

/** What is added at strength 1. */
function difference(weight: Float32Array, shape: readonly number[], delta: Additive): Float32Array {
  const [out = 1, input = 1, ...sides] = shape
  const kernel = sides.reduce((size, side) => size * side, 1)
  switch (delta.kind) {
    case 'low-rank': {
      const { down, up } = lowRankFactors(delta)
      return multiply(up, down, out, delta.rank, input * kernel, delta.scale)
    }
    case 'addition':
      return float32Of(delta.values)
    case 'hadamard': {
      const [one, other] = [multiplied(delta.one, out, kernel), multiplied(delta.other, out, kernel)]
      return one.map((value, i) => value * other[i]! * delta.scale)
    }
    case 'kronecker': {
      const [a, c] = isProduct(delta.left)
        ? [delta.left.up.shape[0]!, delta.left.down.shape[1]!]
        : [delta.left.shape[0]!, delta.left.shape[1]!]
      const left = whole(delta.left, a, 1)
      return kron(left, whole(delta.right, out / a, kernel), [a, c], [out / a, input / c, kernel], delta.scale)
    }
    case 'generalized': {
      // W · a over the input channels: [out, in, k] has them in the middle, so W is taken as [out, k, in] and turned back.
      const a = multiplied(delta.a, input, 1)
      const moved = kernel === 1 ? weight : channelsLast(weight, out, input, kernel)
      const turned = multiply(moved, a, out * kernel, input, input)
      const wa = kernel === 1 ? turned : channelsLast(turned, out, kernel, input)
      const b = multiplied(delta.b, out, kernel)
      return b.map((value, i) => (value + wa[i]!) * delta.scale)
    }
  }
}

/** up·down, or Tucker's three, as [out, in·k]. */
function multiplied({ up, mid, down, rank, upTransposed }: Product, out: number, kernel: number): Float32Array {
  const rows = upTransposed ? transpose(float32Of(up), rank, out) : float32Of(up)
  const thin = float32Of(down)
  const columns = mid ? contract(float32Of(mid), thin, rank, thin.length / rank, kernel) : thin
  return multiply(rows, columns, out, rank, columns.length / rank)
}

const whole = (side: Tensor | Product, out: number, kernel: number): Float32Array =>
  isProduct(side) ? multiplied(side, out, kernel) : float32Of(side)

/** [n, a, b] → [n, b, a]. */
function channelsLast(values: Float32Array, n: number, a: number, b: number): Float32Array {
  const moved = new Float32Array(values.length)
  for (let i = 0; i < n; i++) moved.set(transpose(values.subarray(i * a * b, (i + 1) * a * b), a, b), i * a * b)
  return moved
}

// Weights have millions of elements and callbacks cost more than the sums, so these two are loops.
function added(weight: Float32Array, values: Float32Array, strength: number): Float32Array {
  const sum = new Float32Array(weight.length)
  for (let i = 0; i < sum.length; i++) sum[i] = weight[i]! + strength * values[i]!
  return sum
}

function towards(weight: Float32Array, goal: Float32Array, strength: number): Float32Array {
  const mixed = new Float32Array(weight.length)
  for (let i = 0; i < mixed.length; i++) mixed[i] = weight[i]! + strength * (goal[i]! - weight[i]!)
  return mixed
}

function scaled(weight: Float32Array, shape: readonly number[], { axis, by }: Scaling, strength: number): Float32Array {
  const factors = float32Of(by)
  const channel = channelOf(shape, axis)
  return weight.map((value, i) => value * (1 + strength * factors[channel(i)]!))
}

/** Which channel an element belongs to. */
function channelOf([, input = 1, ...sides]: readonly number[], axis: 'out' | 'in'): (element: number) => number {
  const kernel = sides.reduce((size, side) => size * side, 1)
  return axis === 'out' ? (i) => Math.floor(i / (input * kernel)) : (i) => Math.floor((i % (input * kernel)) / kernel)
}

function decomposed(weight: Float32Array, shape: readonly number[], { inner, magnitude, axis }: Decomposed): Float32Array {
  const sum = added(weight, difference(weight, shape, inner), 1)
  const lengths = float32Of(magnitude)
  const channel = channelOf(shape, axis)
  const squares = new Float64Array(lengths.length)
  sum.forEach((value, i) => {
    squares[channel(i)]! += value * value
  })
  // A channel of zeros has no direction to keep.
  return sum.map((value, i) => (value === 0 ? 0 : (value * lengths[channel(i)]!) / Math.sqrt(squares[channel(i)]!)))
}

function rotated(weight: Float32Array, shape: readonly number[], { blocks, rescale, constraint }: Rotation): Float32Array {
  const [count = 1, n = 1] = blocks.shape
  const stored = float32Of(blocks)
  const q = Array.from({ length: count }, (_, block) => {
    const b = stored.subarray(block * n * n, (block + 1) * n * n)
    return Float64Array.from(b, (value, i) => value - b[(i % n) * n + Math.floor(i / n)]!)
  })
  const norm = Math.sqrt(q.reduce((sum, block) => sum + block.reduce((inner, value) => inner + value * value, 0), 0))
  const shrink = constraint > 0 && norm > constraint ? constraint / norm : 1
  const columns = weight.length / shape[0]!
  const sizes = rescale && float32Of(rescale)
  const result = new Float32Array(weight.length)
  for (const [block, values] of q.entries()) {
    const r = cayley(
      values.map((value) => value * shrink),
      n,
    )
    // Row m of the block is Σₙ R[n, m] · W[n], as both trainers' einsum has it.
    const turned = multiply(
      transpose(Float32Array.from(r), n, n),
      weight.subarray(block * n * columns, (block + 1) * n * columns),
      n,
      n,
      columns,
    )
    result.set(turned, block * n * columns)
  }
  return sizes ? result.map((value, i) => value * sizes[Math.floor(i / columns)]!) : result
}

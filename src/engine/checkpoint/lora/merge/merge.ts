// LoRA merging: a delta applied to a weight, W' for each kind, at a strength. Reads the delta's tensors, changes nothing in place.

import { float32Of, type Tensor } from '../../tensor/tensor.ts'
import {
  type Additive,
  type Butterfly,
  type Decomposed,
  isProduct,
  type LoraDelta,
  type LowRank,
  type Product,
  type Rotation,
  type Scaling,
} from '../delta.ts'
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
      return towards(weight, rescaled(rotated(weight, shape, delta), shape, delta), strength)
    case 'butterfly':
      return towards(weight, rescaled(butterfly(weight, shape, delta), shape, delta), strength)
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
    case 'sparse': {
      const dense = new Float32Array(weight.length)
      for (const [i, place] of delta.places.entries()) dense[place]! += delta.values[i]!
      return dense
    }
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

function rotated(weight: Float32Array, shape: readonly number[], delta: Rotation): Float32Array {
  const n = delta.blocks.shape[1]!
  const columns = weight.length / shape[0]!
  const result = new Float32Array(weight.length)
  for (const [block, r] of rotationsOf(delta, n).entries()) {
    const rows = weight.subarray(block * n * columns, (block + 1) * n * columns)
    // Row m of the block is Σₙ R[n, m] · W[n], as both trainers' einsum has it.
    result.set(multiply(transpose(r, n, n), rows, n, n, columns), block * n * columns)
  }
  return result
}

function butterfly(weight: Float32Array, shape: readonly number[], delta: Butterfly): Float32Array {
  const [stages, count, n] = delta.blocks.shape as [number, number, number]
  const out = shape[0]!
  const columns = weight.length / out
  const rotations = rotationsOf(delta, n)
  let rows = weight
  for (let stage = 0; stage < stages; stage++) {
    const order = regrouped(out, 2 ** stage * (n / 2))
    const turned = new Float32Array(rows.length)
    for (let block = 0; block < count; block++) {
      const group = new Float32Array(n * columns)
      const places = order.slice(block * n, (block + 1) * n)
      for (const [i, row] of places.entries()) group.set(rows.subarray(row * columns, (row + 1) * columns), i * columns)
      // Row m of the group is Σₙ R[m, n] · W[n]: the other way round than diagonal OFT.
      const product = multiply(rotations[stage * count + block]!, group, n, n, columns)
      for (const [i, row] of places.entries()) turned.set(product.subarray(i * columns, (i + 1) * columns), row * columns)
    }
    rows = turned
  }
  return rows
}

/** Channels laid out as [c, 2, k] in the order [c, k, 2]: those k apart become neighbours. */
const regrouped = (channels: number, k: number): number[] =>
  Array.from({ length: channels }, (_, i) => {
    const within = i % (2 * k)
    return i - within + (within % 2) * k + Math.floor(within / 2)
  })

/** R of each block, [n, n], in the order in which they are stored. */
function rotationsOf({ blocks, turns, constraint }: Rotation | Butterfly, n: number): Float32Array[] {
  const stored = float32Of(blocks)
  const each = Array.from({ length: stored.length / (n * n) }, (_, i) => stored.subarray(i * n * n, (i + 1) * n * n))
  if (turns === 'rotations') return each
  const q = each.map((b) => Float64Array.from(b, (value, i) => value - b[(i % n) * n + Math.floor(i / n)]!))
  const norm = Math.sqrt(q.reduce((sum, block) => sum + block.reduce((inner, value) => inner + value * value, 0), 0))
  const shrink = constraint > 0 && norm > constraint ? constraint / norm : 1
  return q.map((block) => {
    const shrunk = block.map((value) => value * shrink)
    return Float32Array.from(cayley(shrunk, n))
  })
}

function rescaled(weight: Float32Array, shape: readonly number[], { rescale }: Rotation | Butterfly): Float32Array {
  const sizes = rescale && float32Of(rescale)
  const columns = weight.length / shape[0]!
  return sizes ? weight.map((value, i) => value * sizes[Math.floor(i / columns)]!) : weight
}

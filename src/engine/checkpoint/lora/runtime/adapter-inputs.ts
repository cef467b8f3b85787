// Adapter inputs: what a graph with adapter slots is fed. Every down and up, padded to the slot's rank, LoRAs on one weight concatenated
// along it, and their strengths.
// r rank of one LoRA  R rank capacity: Σ r and zeros

import type { LoraPart, Named } from '../../dialects/parts.ts'
import { elementsOf } from '../../tensor/tensor.ts'
import { adapterSlotOf, type Ranks } from './adapter-slots.ts'

/** down [r, in, …] and up [out, r, …], before any scale. */
export interface Factors {
  readonly down: Float32Array
  readonly up: Float32Array
  readonly rank: number
}

export interface ScaledFactors extends Factors {
  /** alpha / rank · strength */
  readonly scale: number
}

/**
 * A style is changed while somebody waits: what fits as it is, is not copied, and the rest lies in one array, because making hundreds
 * costs ten times what filling them does.
 * @param weights those that the graph is built from
 * @param applied by weight, in any order
 * @returns `<weight>.lora_down` [R, in, …], `.lora_up` [out, R, …] and `.lora_scale` [R] for every weight whose slot has a
 *   capacity; arrays may be shared
 */
export function adapterInputs(
  part: LoraPart,
  weights: Named,
  capacity: Ranks,
  applied: ReadonlyMap<string, readonly ScaledFactors[]>,
): Record<string, Float32Array> {
  const inputs: { readonly name: string; readonly length: number; readonly input: Input }[] = []
  for (const [weight, { shape }] of weights) {
    const slot = adapterSlotOf(part, weight, shape)
    const R = (slot && capacity[slot]) ?? 0
    if (R === 0) continue
    const [out, ...inner] = shape as [number, ...number[]]
    const factors = applied.get(weight)
    const length = R * elementsOf(inner)
    inputs.push({ name: `${weight}.lora_down`, length, input: factors ? stacked(factors, length) : nothing })
    inputs.push({ name: `${weight}.lora_up`, length: out * R, input: factors ? concatenated(factors, out, R) : nothing })
    inputs.push({ name: `${weight}.lora_scale`, length: R, input: factors ? scales(factors) : nothing })
  }
  const filled = inputs.reduce((sum, { length, input }) => sum + (typeof input === 'function' ? length : 0), 0)
  const zeros = inputs.reduce((most, { length, input }) => Math.max(most, input === nothing ? length : 0), 0)
  const all = new Float32Array(filled + zeros)
  let at = 0
  return Object.fromEntries(
    inputs.map(({ name, length, input }) => {
      if (input === nothing) return [name, all.subarray(filled, filled + length)]
      if (typeof input !== 'function') return [name, input]
      const values = all.subarray(at, at + length)
      at += length
      input(values)
      return [name, values]
    }),
  )
}

/** Values that are there, or what fills an array of zeros with them. */
type Input = Float32Array | ((values: Float32Array) => void) | typeof nothing
const nothing = Symbol('zeros')

/** down₁ over down₂ over … over zeros. */
function stacked(factors: readonly ScaledFactors[], length: number): Input {
  if (factors.length === 1 && factors[0]!.down.length === length) return factors[0]!.down
  return (values) => {
    let at = 0
    for (const { down } of factors) {
      values.set(down, at)
      at += down.length
    }
  }
}

/** up₁ | up₂ | … | zeros. */
function concatenated(factors: readonly ScaledFactors[], out: number, R: number): Input {
  const [{ up, rank }] = factors as [ScaledFactors]
  if (factors.length === 1 && rank === R) return up
  return (values) => {
    let from = 0
    for (const factor of factors) {
      spread(values, factor, out, R, from)
      from += factor.rank
    }
  }
}

/** Rows of `rank` numbers into rows of R, from column `from` on. */
function spread(values: Float32Array, { up, rank }: Factors, out: number, R: number, from: number): void {
  for (let i = 0; i < out; i++) {
    const to = i * R + from
    const at = i * rank
    for (let k = 0; k < rank; k++) values[to + k] = up[at + k]!
  }
}

const scales =
  (factors: readonly ScaledFactors[]): Input =>
  (values) => {
    let at = 0
    for (const { rank, scale } of factors) {
      values.fill(scale, at, at + rank)
      at += rank
    }
  }

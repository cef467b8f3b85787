// What a graph with room for adapters is fed: every down and up, padded to the room, LoRAs on one weight side by side, strengths in `up`.
// r rank of one LoRA  R room: Σ r and zeros

import type { Named, Part } from '../dialects/parts.ts'
import { elementsOf } from '../tensor.ts'
import { type Ranks, siteOf } from './sites.ts'

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
 * @param weights those that the graph is built from
 * @param laid by weight, in any order
 * @returns `<weight>.lora_down` [R, in, …] and `<weight>.lora_up` [out, R, …] for every weight at a site with room; arrays may be shared
 */
export function adapterFeeds(
  part: Exclude<Part, 'vae'>,
  weights: Named,
  room: Ranks,
  laid: ReadonlyMap<string, readonly ScaledFactors[]>,
): Record<string, Float32Array> {
  const feeds: Record<string, Float32Array> = {}
  let zeros = new Float32Array(0)
  const nothing = (length: number): Float32Array => {
    if (zeros.length < length) zeros = new Float32Array(length)
    return zeros.subarray(0, length)
  }
  for (const [weight, { shape }] of weights) {
    const site = siteOf(part, weight, shape)
    const R = (site && room[site]) ?? 0
    if (R === 0) continue
    const [out, ...inner] = shape as [number, ...number[]]
    const width = elementsOf(inner)
    const here = laid.get(weight) ?? []
    feeds[`${weight}.lora_down`] = here.length === 0 ? nothing(R * width) : stacked(here, R * width)
    feeds[`${weight}.lora_up`] = here.length === 0 ? nothing(out * R) : besideEachOther(here, out, R)
  }
  return feeds
}

/** down₁ over down₂ over … over zeros. */
function stacked(factors: readonly ScaledFactors[], length: number): Float32Array {
  if (factors.length === 1 && factors[0]!.down.length === length) return factors[0]!.down
  const all = new Float32Array(length)
  let at = 0
  for (const { down } of factors) {
    all.set(down, at)
    at += down.length
  }
  return all
}

/** up₁ | up₂ | … | zeros, each times its scale. */
function besideEachOther(factors: readonly ScaledFactors[], out: number, R: number): Float32Array {
  const all = new Float32Array(out * R)
  let from = 0
  for (const { up, rank, scale } of factors) {
    for (let i = 0; i < out; i++) for (let k = 0; k < rank; k++) all[i * R + from + k] = scale * up[i * rank + k]!
    from += rank
  }
  return all
}

// A comparison of a tensor with its reference: how far off it is, and how far off it may be.

/** How a difference is counted; see the functions below. */
export type Measure = 'relative' | 'largest' | 'mean' | 'differing'

export interface Comparison {
  /** The answer's name, with its place in the answer where it holds several. */
  readonly tensor: string
  readonly measure: Measure
  readonly error: number
  readonly tolerance: number
  readonly ok: boolean
}

export function compare(
  tensor: string,
  measure: Measure,
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): Comparison {
  if (got.length !== expected.length) throw new Error(`${tensor}: ${got.length} values to compare with ${expected.length}`)
  const error = measures[measure](got, expected)
  return { tensor, measure, error, tolerance, ok: error <= tolerance }
}

/** ‖got − expected‖ / ‖expected‖ */
export function relativeError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0
  let size = 0
  for (let i = 0; i < expected.length; i++) {
    difference += (got[i]! - expected[i]!) ** 2
    size += expected[i]! ** 2
  }
  return Math.sqrt(difference / size)
}

const measures: Readonly<Record<Measure, (got: ArrayLike<number>, expected: ArrayLike<number>) => number>> = {
  relative: relativeError,
  largest(got, expected) {
    let most = 0
    for (let i = 0; i < expected.length; i++) most = Math.max(most, Math.abs(got[i]! - expected[i]!))
    return most
  },
  mean(got, expected) {
    let sum = 0
    for (let i = 0; i < expected.length; i++) sum += Math.abs(got[i]! - expected[i]!)
    return sum / expected.length
  },
  /** How many values are not equal. */
  differing(got, expected) {
    let count = 0
    for (let i = 0; i < expected.length; i++) if (got[i] !== expected[i]) count++
    return count
  },
}

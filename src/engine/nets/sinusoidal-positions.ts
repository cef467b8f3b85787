// Sinusoidal positions: Vaswani et al., "Attention Is All You Need" (arXiv 1706.03762), section 3.5. What motion modules add to say which
// frame is which; a function of the width, so that stored copies of it need not be read.
// F frames  C channels

import { type DType, float32Of, type Tensor } from '../checkpoint/tensor/tensor.ts'

/** pe[p, 2k] = sin(p wₖ), pe[p, 2k+1] = cos(p wₖ), wₖ = 10000^(−2k/C): [F, C]. */
export function sinusoidalPositions(F: number, C: number): Float32Array {
  const table = new Float32Array(F * C)
  for (let p = 0; p < F; p++) {
    for (let k = 0; k < C / 2; k++) {
      const angle = p * Math.exp((-2 * k * Math.log(10_000)) / C)
      table[p * C + 2 * k] = Math.sin(angle)
      table[p * C + 2 * k + 1] = Math.cos(angle)
    }
  }
  return table
}

/** Half a step between two numbers near 1 of a type, and what trainers' float32 sines are off themselves. */
const rounding: Partial<Record<DType, number>> = { F16: 2 ** -11, BF16: 2 ** -8, F8_E4M3: 2 ** -4, F8_E5M2: 2 ** -3 }

/** Whether a stored table [F, C] is these sines, as well as its type can say them. Reads it. */
export function isSinusoidal(table: Tensor): boolean {
  const [F, C] = table.shape as [number, number]
  const tolerance = (rounding[table.dtype] ?? 0) + 1e-4
  const sines = sinusoidalPositions(F, C)
  return float32Of(table).every((value, i) => Math.abs(value - sines[i]!) <= tolerance)
}

// An exponential moving average of what is trained, as diffusers keeps it (EMAModel of training_utils.py): often better than the last weights.

export interface AverageOptions {
  /** The largest decay. */
  readonly decay: number
  /** How the decay grows towards it: not at all, as (1 + n)/(10 + n), or as 1 − (1 + n)^−power, n being the steps done before this one. */
  readonly warmup: 'none' | 'ramp' | { readonly power: number }
}

/** Of the average after step `step`, counted from 1. */
export function decayAt(step: number, { decay, warmup }: AverageOptions): number {
  if (warmup === 'none') return decay
  const n = step - 1
  if (n <= 0) return 0
  return Math.min(decay, warmup === 'ramp' ? (1 + n) / (10 + n) : 1 - (1 + n) ** -warmup.power)
}

/** average ← average − (1 − decay) (average − weights), in place. */
export function follow(average: Float32Array, weights: Float32Array, decay: number): void {
  const share = 1 - decay
  for (let i = 0; i < average.length; i++) average[i]! -= share * (average[i]! - weights[i]!)
}

// What the learning rate is multiplied by at each step, as diffusers counts it (optimization.py): step 0 is the first.

export const learningRates = ['constant', 'linear', 'cosine'] as const
export type LearningRate = (typeof learningRates)[number]

export interface LearningRateOptions {
  readonly schedule: LearningRate
  /** Steps in which the rate climbs from zero. */
  readonly warmup: number
  /** All steps, at whose end every schedule but the constant one is done. */
  readonly steps: number
}

export function learningRateFactor(step: number, { schedule, warmup, steps }: LearningRateOptions): number {
  if (step < warmup) return step / warmup
  const done = Math.min(1, (step - warmup) / Math.max(1, steps - warmup))
  switch (schedule) {
    case 'constant':
      return 1
    case 'linear':
      return 1 - done
    case 'cosine':
      return (1 + Math.cos(Math.PI * done)) / 2
  }
}

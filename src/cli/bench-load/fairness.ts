// Fairness and latency figures of a load benchmark.

/** R. Jain, D. Chiu, W. Hawe, A Quantitative Measure of Fairness, 1984: 1 where all have the same, 1/n where one has all. */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((a, b) => a + b, 0)
  return sum ** 2 / (shares.length * shares.reduce((a, b) => a + b * b, 0))
}

/** @param rising sorted */
export function percentile(rising: readonly number[], share: number): number {
  return rising[Math.min(rising.length - 1, Math.floor(rising.length * share))]!
}

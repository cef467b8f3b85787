// A binary search: where something stands in a list that is sorted already.

/** How many stand before the first of which `before` is not true; it is true of all up to there and of none from there on. */
export function partitionPoint<T>(sorted: readonly T[], before: (item: T) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (before(sorted[middle]!)) low = middle + 1
    else high = middle
  }
  return low
}

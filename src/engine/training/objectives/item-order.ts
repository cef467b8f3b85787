// The order of examples: every item once before one comes again, in an order of its own each time. It follows from the seed and the place.

import { randomStream } from '../random-stream.ts'

const stream = 1

/** The item of example n, counted from 0 over all steps. */
export function itemOrder<Item>(items: readonly Item[], seed: bigint): (n: number) => Item {
  const orderOf = (epoch: number): number[] => randomStream(seed, stream, epoch).permutation(items.length)
  let order = { epoch: 0, of: orderOf(0) }
  return (n) => {
    const epoch = Math.floor(n / items.length)
    if (epoch !== order.epoch) order = { epoch, of: orderOf(epoch) }
    return items[order.of[n % items.length]!]!
  }
}

/** What an example draws by: a stream of its own, apart from the order's. */
export const exampleStream = 2

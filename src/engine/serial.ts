// A serial queue (a mutex for async work): runs what it is given one after another, in the order in which it was given.

/** Settles as the work does. Work that fails does not keep the next from running. */
export type Serial = <T>(work: () => T | PromiseLike<T>) => Promise<T>

export function serial(): Serial {
  let last: Promise<unknown> = Promise.resolve()
  return async (work) => {
    const before = last
    const { promise, resolve } = Promise.withResolvers<void>()
    // Never rejects: a failure belongs to the promise that is returned, and shows as unhandled where nobody looks at that.
    last = promise
    await before
    try {
      return await work()
    } finally {
      resolve()
    }
  }
}

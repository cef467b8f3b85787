// Waiting, but not for ever.

/** Resolves when the work is done, or so much later; rejects as the work does. */
export function settledWithin(ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    work.finally(() => clearTimeout(timer)).then(() => resolve(), reject)
  })
}

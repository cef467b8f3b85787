// Waiting in tests for what a whole bot does in its own time.

/** @throws where it is not there in time, with what was looked for */
export async function waitUntil<T>(what: string, find: () => T | Promise<T>, withinMs = 15_000): Promise<NonNullable<T>> {
  const endMs = Date.now() + withinMs
  for (;;) {
    const found = await find()
    if (found) return found as NonNullable<T>
    if (Date.now() > endMs) throw new Error(`not seen within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
}

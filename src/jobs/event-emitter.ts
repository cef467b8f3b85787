// Tells everybody who listens, in order. What a listener causes by listening is told after what it was just told, and one
// that throws keeps nothing from the others.

export interface EventEmitter<Event> {
  say(event: Event): void
  /** @returns what takes the listener away */
  listen(listener: (event: Event) => void): () => void
}

export function createEventEmitter<Event>(onError: (error: unknown) => void): EventEmitter<Event> {
  const listeners = new Set<(event: Event) => void>()
  const unsaid: Event[] = []
  let saying = false

  function say(event: Event): void {
    unsaid.push(event)
    if (saying) return
    saying = true
    for (let next = unsaid.shift(); next !== undefined; next = unsaid.shift()) for (const listener of [...listeners]) tell(listener, next)
    saying = false
  }

  function tell(listener: (event: Event) => void, event: Event): void {
    try {
      listener(event)
    } catch (error) {
      onError(error)
    }
  }

  return {
    say,
    listen(listener) {
      // A function of its own, so that who listens twice is told twice.
      const own = (event: Event) => listener(event)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
  }
}

// An event emitter that keeps the order: what a listener causes by listening is told after what it was just told, and one that
// throws keeps nothing from the others.

export interface EventEmitter<Event> {
  emit(event: Event): void
  /** @returns what takes the listener away */
  listen(listener: (event: Event) => void): () => void
}

export function createEventEmitter<Event>(onError: (error: unknown) => void): EventEmitter<Event> {
  const listeners = new Set<(event: Event) => void>()
  const untold: Event[] = []
  let telling = false

  function emit(event: Event): void {
    untold.push(event)
    if (telling) return
    telling = true
    for (let next = untold.shift(); next !== undefined; next = untold.shift()) for (const listener of [...listeners]) tell(listener, next)
    telling = false
  }

  function tell(listener: (event: Event) => void, event: Event): void {
    try {
      listener(event)
    } catch (error) {
      onError(error)
    }
  }

  return {
    emit,
    listen(listener) {
      // A function of its own, so that who listens twice is told twice.
      const own = (event: Event) => listener(event)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
  }
}

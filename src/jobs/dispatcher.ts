// A dispatcher: gives free slots to waiting jobs in the queue's order, until none is free or nobody who waits may run.

import type { Clock } from '../clock.ts'
import type { FairQueue, QueueEntry } from './fair-queue/fair-queue.ts'
import type { Owner } from './job.ts'
import type { Leave, RateLimiter } from './limits/rate-limiter.ts'

export interface Dispatcher {
  /** Begins what may run. To be called whenever a job comes, a slot is free or a limit leaves room. */
  dispatch(): void
  /** As dispatch, where what ran has left: people whom the shared rate limiter had no room for are tried again. */
  dispatchAfterRun(): void
  stop(): void
}

export interface DispatcherParts {
  /** Nothing is begun while this is false. */
  readonly isOpen: () => boolean
  readonly hasFreeSlot: () => boolean
  readonly queue: Pick<FairQueue, 'next' | 'peek'>
  readonly mayRun: (entry: QueueEntry) => boolean
  readonly ownerOf: (id: string) => Owner
  readonly rateLimiter: Pick<RateLimiter, 'shared' | 'enter'>
  /** Takes a slot at once, unless nothing is open any more. */
  readonly begin: (id: string, leave?: Leave) => void
  readonly clock: Pick<Clock, 'after'>
  readonly onError: (error: unknown) => void
}

/** Between two tries to begin what the other processes on a shared rate limiter left no room for. */
const sharedRetryMs = 1000

export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const { isOpen, hasFreeSlot, queue, mayRun, ownerOf, rateLimiter, begin, clock, onError } = parts
  /** People for whom the shared rate limiter had no room just now. */
  const turnedAway = new Set<string>()
  let dispatching = false
  let cancelRetry: (() => void) | undefined

  function dispatch(): void {
    if (rateLimiter.shared) {
      dispatchShared().catch(onError)
      return
    }
    while (isOpen() && hasFreeSlot()) {
      const entry = queue.next(blocked)
      if (!entry) return
      begin(entry.id)
    }
  }

  /** As `dispatch`, where other processes must be asked before each. What comes meanwhile is seen, because each turn looks anew. */
  async function dispatchShared(): Promise<void> {
    if (dispatching) return
    dispatching = true
    try {
      while (isOpen() && hasFreeSlot()) {
        const entry = queue.peek(blocked)
        if (!entry) break
        const leave = await rateLimiter.enter(ownerOf(entry.id))
        if (!leave) turnAway(entry)
        else if (isOpen() && hasFreeSlot() && queue.peek(blocked)?.id === entry.id) begin(queue.next(blocked)!.id, leave)
        else leave()
      }
    } finally {
      dispatching = false
    }
  }

  function turnAway(entry: QueueEntry): void {
    turnedAway.add(personKey(entry))
    cancelRetry ??= clock.after(sharedRetryMs, () => {
      cancelRetry = undefined
      dispatchAfterRun()
    })
  }

  function blocked(entry: QueueEntry): boolean {
    return (turnedAway.size > 0 && turnedAway.has(personKey(entry))) || !mayRun(entry)
  }

  function dispatchAfterRun(): void {
    turnedAway.clear()
    dispatch()
  }

  return {
    dispatch,
    dispatchAfterRun,
    stop() {
      cancelRetry?.()
      cancelRetry = undefined
    },
  }
}

function personKey({ space, person }: QueueEntry): string {
  return `${space} ${person}`
}

// A dispatcher: gives free slots to waiting jobs in the queue's order, until none is free or nobody who waits may run.

import type { FairQueue, QueueEntry } from '../fair-queue/fair-queue.ts'

export interface Dispatcher {
  /** Begins what may run. To be called whenever a job comes, a slot is free or a limit leaves room. */
  dispatch(): void
}

export interface DispatcherParts {
  /** Nothing is begun while this is false. */
  readonly isOpen: () => boolean
  readonly hasFreeSlot: () => boolean
  readonly queue: Pick<FairQueue, 'next'>
  readonly mayRun: (entry: QueueEntry) => boolean
  /** Takes a slot at once, unless nothing is open any more. */
  readonly begin: (id: string) => void
}

export function createDispatcher({ isOpen, hasFreeSlot, queue, mayRun, begin }: DispatcherParts): Dispatcher {
  const blocked = (entry: QueueEntry): boolean => !mayRun(entry)
  return {
    dispatch() {
      while (isOpen() && hasFreeSlot()) {
        const entry = queue.next(blocked)
        if (!entry) return
        begin(entry.id)
      }
    },
  }
}

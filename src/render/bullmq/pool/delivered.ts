// Delivered results: kept until whoever was given them has surely written them down, then cleared out of Redis and the content store.

import type { ContentStore } from '../../content-store/content-store.ts'
import { queueName, runKey } from '../protocol/keys.ts'
import type { HostQueues } from './hosts/host-queue.ts'
import type { Placements } from './hosts/placements.ts'
import type { RemoteRun } from './runs/remote-run.ts'

export interface Delivered {
  /** @param host where it was made @param sha256 of its animation */
  add(run: RemoteRun, host: string, sha256?: string): void
  /** Of what nobody wants. */
  clear(run: RemoteRun, host: string, sha256?: string): Promise<void>
  /** What has been kept for long enough. */
  clearDue(): Promise<void>
  clearAll(): Promise<void>
}

export interface DeliveredParts {
  readonly placements: Pick<Placements, 'forget'>
  readonly queues: Pick<HostQueues, 'revoke'>
  readonly store: Pick<ContentStore, 'delete'>
  /** Milliseconds of any steady clock. */
  readonly now: () => number
}

interface Entry {
  readonly id: string
  readonly key: string
  readonly queue: string
  readonly sha256: string | undefined
  readonly dueMs: number
}

const keptMs = 60_000

export function createDelivered({ placements, queues, store, now }: DeliveredParts): Delivered {
  let entries: Entry[] = []

  async function clearEntry({ id, key, queue, sha256 }: Entry): Promise<void> {
    await Promise.all([placements.forget(id), queues.revoke(queue, key), sha256 !== undefined && store.delete(sha256)])
  }

  async function clearBefore(beforeMs: number): Promise<void> {
    const { due = [], later = [] } = Object.groupBy(entries, ({ dueMs }) => (dueMs <= beforeMs ? 'due' : 'later'))
    entries = later
    // What cannot be cleared away expires.
    await Promise.allSettled(due.map(clearEntry))
  }

  const entryOf = (run: RemoteRun, host: string, sha256: string | undefined, dueMs: number): Entry => {
    return { id: run.id, key: runKey(run), queue: queueName(host, run.needs.lane), sha256, dueMs }
  }

  return {
    // Nobody comes back for what has no name.
    add: (run, host, sha256) => void entries.push(entryOf(run, host, sha256, now() + (run.adoptable ? keptMs : 0))),
    clear: (run, host, sha256) => clearEntry(entryOf(run, host, sha256, 0)),
    clearDue: () => clearBefore(now()),
    clearAll: () => clearBefore(Number.POSITIVE_INFINITY),
  }
}

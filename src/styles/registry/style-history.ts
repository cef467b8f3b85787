// An append-only log of every style change: never rewritten, and the styles there are follow from it.
// A change is written under the next number first, and counts only when `head` says so: a process that dies between the two
// leaves what was before, and the next change takes the number.

import type Keyv from 'keyv'
import { omitUndefined } from '../../omit-undefined.ts'
import type { ChangeKind, StyleChange } from './style-change.ts'
import type { StyleEntry } from './style-entry.ts'

/** What lies in the key-value space: `head` a number, `1`, `2`, `3` … changes. */
export type HistoryRecord = number | StoredChange

/** A change as it is stored, JSON: its kind under `deed`, its entry's defaults under `habits`, as in every history that was ever written. */
type StoredChange = Omit<StyleChange, 'kind' | 'entry'> & { readonly deed: ChangeKind; readonly entry?: StoredEntry }
type StoredEntry = Omit<StyleEntry, 'defaults'> & { readonly habits: StyleEntry['defaults'] }

const stored = ({ kind: deed, entry, ...change }: StyleChange): StoredChange => ({
  ...change,
  deed,
  ...omitUndefined({ entry: entry && storedEntry(entry) }),
})
const storedEntry = ({ defaults: habits, ...entry }: StyleEntry): StoredEntry => ({ ...entry, habits })

const changeIn = ({ deed: kind, entry, ...change }: StoredChange): StyleChange => ({
  ...change,
  kind,
  ...omitUndefined({ entry: entry && entryIn(entry) }),
})
const entryIn = ({ habits: defaults, ...entry }: StoredEntry): StyleEntry => ({ ...entry, defaults })

export interface StyleHistory {
  readonly changes: readonly StyleChange[]
  /** Only one at a time. */
  append(change: Omit<StyleChange, 'number'>): Promise<StyleChange>
  /** Reads what another process has appended. @returns those changes */
  catchUp(): Promise<readonly StyleChange[]>
}

const head = 'head'
/** Changes are read so many at a time. */
const batch = 500

export async function openStyleHistory(space: Keyv<HistoryRecord>): Promise<StyleHistory> {
  const changes: StyleChange[] = []

  async function catchUp(): Promise<readonly StyleChange[]> {
    const known = changes.length
    const count = await space.get(head)
    if (typeof count !== 'number') return []
    for (let next = known + 1; next <= count; next = changes.length + 1) {
      const numbers = Array.from({ length: Math.min(batch, count - next + 1) }, (_, i) => String(next + i))
      for (const [i, record] of (await space.get(numbers)).entries()) {
        if (typeof record !== 'object') throw new Error(`the history of styles lacks change ${numbers[i]} of ${count}`)
        changes.push(changeIn(record))
      }
    }
    return changes.slice(known)
  }

  async function write(key: string, record: HistoryRecord): Promise<void> {
    if ((await space.set(key, record)) === false) throw new Error(`the history of styles could not be written (${key})`)
  }

  await catchUp()
  return {
    changes,
    catchUp,
    async append(change) {
      const numbered: StyleChange = { number: changes.length + 1, ...change }
      await write(String(numbered.number), stored(numbered))
      await write(head, numbered.number)
      changes.push(numbered)
      return numbered
    },
  }
}

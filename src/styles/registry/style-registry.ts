// The styles there are: those that ship, and over them what the history says. One change at a time, checked against what is there.

import { UserError } from '../../errors.ts'
import type { Author, ChangeKind, StyleChange } from './style-change.ts'
import type { StyleEntry } from './style-entry.ts'
import type { StyleHistory } from './style-history.ts'
import { foldName } from './style-names.ts'

export interface StyleRegistry {
  entries(): readonly StyleEntry[]
  /** By name or alias, whatever its case. */
  find(name: string): StyleEntry | undefined
  /** Also those that were removed; by its last name. */
  past(name: string): StyleEntry | undefined
  changes(id?: string): readonly StyleChange[]
  /** What it was after a change; before the first one: what ships. */
  at(id: string, number: number): StyleEntry | undefined
  /**
   * Writes what `make` gives of the present state; nothing where it throws.
   * @throws UserError `style-name-taken`
   */
  change(by: Author, deed: ChangeKind, make: () => Promise<RecordedChange> | RecordedChange): Promise<StyleChange>
  /** Follows what other processes have written. */
  refresh(): Promise<void>
  /** While nothing else changes. */
  alone<T>(work: () => T | Promise<T>): Promise<T>
}

/** The state that follows, absent where it is removed. */
export interface RecordedChange {
  readonly id: string
  readonly entry?: StyleEntry
}

export function createStyleRegistry(shipped: readonly StyleEntry[], history: StyleHistory, nowMs: () => number): StyleRegistry {
  const present = new Map(shipped.map((entry) => [entry.id, entry]))
  let byName = named(present.values())
  let turn: Promise<unknown> = Promise.resolve()
  apply(history.changes)

  function apply(changes: readonly StyleChange[]): void {
    for (const { id, entry } of changes) {
      if (entry) present.set(id, entry)
      else present.delete(id)
    }
    if (changes.length > 0) byName = named(present.values())
  }

  function alone<T>(work: () => T | Promise<T>): Promise<T> {
    const done = turn.then(work)
    turn = done.catch(() => undefined)
    return done
  }

  const changesOf = (id?: string): readonly StyleChange[] =>
    id === undefined ? history.changes : history.changes.filter((change) => change.id === id)

  async function refresh(): Promise<void> {
    apply(await history.catchUp())
  }

  async function changeNow(by: Author, deed: ChangeKind, make: () => Promise<RecordedChange> | RecordedChange): Promise<StyleChange> {
    await refresh()
    const { id, entry } = await make()
    if (entry) refuseTaken(entry, byName)
    const change = await history.append({ atMs: nowMs(), by, deed, id, ...(entry && { entry }) })
    apply([change])
    return change
  }

  return {
    entries: () => [...present.values()],
    find: (name) => byName.get(foldName(name)),
    past(name) {
      const now = byName.get(foldName(name))
      if (now) return now
      const before = history.changes.findLast(({ id, entry }) => entry && !present.has(id) && foldName(entry.name) === foldName(name))
      return before?.entry ?? shipped.find((entry) => !present.has(entry.id) && foldName(entry.name) === foldName(name))
    },
    changes: changesOf,
    at(id, number) {
      const before = changesOf(id).filter((change) => change.number <= number)
      return before.length > 0 ? before.at(-1)!.entry : shipped.find((entry) => entry.id === id)
    },
    change: (by, deed, make) => alone(() => changeNow(by, deed, make)),
    // Not while a change is being written: it is not another process's.
    refresh: () => alone(refresh),
    alone,
  }
}

const namesOf = ({ name, aliases }: Pick<StyleEntry, 'name' | 'aliases'>): string[] => [name, ...aliases].map(foldName)

function named(entries: Iterable<StyleEntry>): Map<string, StyleEntry> {
  return new Map([...entries].flatMap((entry) => namesOf(entry).map((name) => [name, entry] as const)))
}

function refuseTaken(entry: StyleEntry, byName: ReadonlyMap<string, StyleEntry>): void {
  for (const called of [entry.name, ...entry.aliases]) {
    const other = byName.get(foldName(called))
    if (!other || other.id === entry.id) continue
    throw new UserError(
      'style-name-taken',
      `There is a style '${called}' already${other.name === called ? '' : `: it is another name of ${other.name}`}.`,
      {
        name: called,
        taken: other.name,
      },
    )
  }
}

// The style registry: the entries that ship, and over them what the history says. One change at a time, checked against what is there.

import { UserError } from '../../errors.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { serial } from '../../serial.ts'
import { isBuiltIn } from './built-in-styles.ts'
import type { Author, ChangeKind, StyleChange } from './style-change.ts'
import type { StyleEntry } from './style-entry.ts'
import type { StyleHistory } from './style-history.ts'
import { foldName } from './style-names.ts'

export interface StyleRegistry {
  entries(): readonly StyleEntry[]
  /** By name or alias, whatever its case. */
  find(name: string): StyleEntry | undefined
  /** What it is by now: somebody else may have changed it. @throws UserError `unknown-style` */
  current(entry: Pick<StyleEntry, 'id' | 'name'>): StyleEntry
  /** Also those that were removed; by its last name. */
  past(name: string): StyleEntry | undefined
  changes(id?: string): readonly StyleChange[]
  /** What it was after a change; before the first one: what ships. */
  at(id: string, number: number): StyleEntry | undefined
  /**
   * Writes what `make` gives of the present state; nothing where it throws.
   * @throws UserError `style-name-taken`, `training-name-taken`
   */
  change(by: Author, kind: ChangeKind, make: () => Promise<RecordedChange> | RecordedChange): Promise<StyleChange>
  /** Follows what other processes have written. */
  refresh(): Promise<void>
  /** While nothing else changes. */
  alone<T>(work: () => T | Promise<T>): Promise<T>
}

/** The state that follows, absent where it is removed. */
export interface RecordedChange {
  readonly id: string
  readonly entry?: StyleEntry
  /** Of the training that has learned it. */
  readonly training?: string
}

/** Nobody takes a name meanwhile. */
export interface ReservedName {
  readonly name: string
  /** Id of the training that learns a style of this name. */
  readonly training: string
}

export function createStyleRegistry(
  shipped: readonly StyleEntry[],
  history: StyleHistory,
  nowMs: () => number,
  reserved: () => readonly ReservedName[] = () => [],
): StyleRegistry {
  const present = new Map(shipped.map((entry) => [entry.id, entry]))
  let offered = withoutTaken(present.values())
  let byName = indexByName(offered)
  const alone = serial()
  apply(history.changes)

  function apply(changes: readonly StyleChange[]): void {
    for (const { id, entry } of changes) {
      if (entry) present.set(id, entry)
      else present.delete(id)
    }
    if (changes.length === 0) return
    offered = withoutTaken(present.values())
    byName = indexByName(offered)
  }

  const changesOf = (id?: string): readonly StyleChange[] =>
    id === undefined ? history.changes : history.changes.filter((change) => change.id === id)

  async function refresh(): Promise<void> {
    apply(await history.catchUp())
  }

  async function changeNow(by: Author, kind: ChangeKind, make: () => Promise<RecordedChange> | RecordedChange): Promise<StyleChange> {
    await refresh()
    const { id, entry, training } = await make()
    if (entry) {
      refuseTaken(entry, byName)
      const others = reserved().filter((one) => one.training !== training)
      refuseReserved(entry, present.get(id), others)
    }
    const change = await history.append({ atMs: nowMs(), by, kind, id, ...omitUndefined({ entry }) })
    apply([change])
    return change
  }

  return {
    entries: () => offered,
    find: (name) => byName.get(foldName(name)),
    current({ id, name }) {
      const entry = present.get(id)
      if (entry) return entry
      throw unknownStyle(name)
    },
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
    change: (by, kind, make) => alone(() => changeNow(by, kind, make)),
    // Not while a change is being written: it is not another process's.
    refresh: () => alone(refresh),
    alone,
  }
}

export const unknownStyle = (name: string): UserError =>
  new UserError('unknown-style', `There is no style '${name}'. /styles shows those there are.`, { name })

/** What ships gives way where people have a style of its name: an update may bring a name that is theirs already. */
function withoutTaken(entries: Iterable<StyleEntry>): StyleEntry[] {
  const all = [...entries]
  const taken = indexByName(all.filter((entry) => !isBuiltIn(entry)))
  return all.filter((entry) => !isBuiltIn(entry) || !taken.has(foldName(entry.name)))
}

function indexByName(entries: Iterable<StyleEntry>): Map<string, StyleEntry> {
  return new Map([...entries].flatMap((entry) => [entry.name, ...entry.aliases].map((name) => [foldName(name), entry] as const)))
}

function refuseTaken(entry: StyleEntry, byName: ReadonlyMap<string, StyleEntry>): void {
  for (const called of [entry.name, ...entry.aliases]) {
    const other = byName.get(foldName(called))
    if (!other || other.id === entry.id) continue
    const sentence = `There is a style '${called}' already${other.name === called ? '' : `: it is another name of ${other.name}`}.`
    throw new UserError('style-name-taken', sentence, { name: called, taken: other.name })
  }
}

/** What it was called before stays its own. */
function refuseReserved(entry: StyleEntry, before: StyleEntry | undefined, reserved: readonly ReservedName[]): void {
  const own = new Set([before?.name, ...(before?.aliases ?? [])].flatMap((name) => (name === undefined ? [] : foldName(name))))
  for (const called of [entry.name, ...entry.aliases]) {
    if (!own.has(foldName(called)) && reserved.some(({ name }) => foldName(name) === foldName(called))) throw beingLearned(called)
  }
}

export const beingLearned = (name: string): UserError =>
  new UserError('training-name-taken', `'${name}' is being learned already.`, { name, taken: name })

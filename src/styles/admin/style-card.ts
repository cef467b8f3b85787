// Style cards: a style and its record as its managers see them.

import type { Sentence } from '../../chat/contract/reply.ts'
import type { StyleCard, StyleRecord } from '../../chat/contract/style-admin.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { differences, type StyleChange } from '../registry/style-change.ts'
import type { StyleEntry } from '../registry/style-entry.ts'
import type { StyleRegistry } from '../registry/style-registry.ts'

/** @param space where the person speaks */
export function cardOf(registry: StyleRegistry, entry: StyleEntry, space: string, notes: readonly Sentence[] = []): StyleCard {
  const { name, aliases, about, example, state, spaces, base, files, triggers, before, after, negative, defaults } = entry
  const last = registry.changes(entry.id).at(-1)
  return {
    name,
    aliases,
    about,
    example,
    state: last && !last.entry ? 'removed' : state,
    where: spaces === undefined ? 'everywhere' : spaces.includes(space) ? 'here' : 'elsewhere',
    base,
    files: files.map(({ about: what, source, license, bytes, sha256, strength, word }) => ({
      about: what,
      source,
      bytes,
      sha256,
      strength,
      ...omitUndefined({ license, word }),
    })),
    triggers,
    before,
    after,
    negative,
    settings: defaults,
    change: last?.number ?? 0,
    changed: last ? whatOf(registry, last) : [],
    notes,
  }
}

export function recordOf(registry: StyleRegistry, entry: StyleEntry, space: string): StyleRecord {
  const changes = registry.changes(entry.id).map((change) => ({
    number: change.number,
    atMs: change.atMs,
    by: `${change.by.name} (${change.by.person})`,
    what: change.kind === 'forgotten' ? ['removed with its files'] : whatOf(registry, change),
  }))
  return { card: cardOf(registry, entry, space), changes: changes.reverse() }
}

const whatOf = (registry: StyleRegistry, { id, number, entry }: StyleChange): string[] => differences(registry.at(id, number - 1), entry)

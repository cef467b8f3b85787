// An SQLite key-value store: its namespaces, each as Keyv wants a back end to be. Keyv keeps the time at which a value ends
// inside the value and looks at it; the column is only for clearing away what nobody asks for any more.

import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import type { KeyvStoreAdapter } from 'keyv'
import { type Database, openDatabase } from './database.ts'
import type { Spaces } from './spaces.ts'

/** 'Zoes' */
const applicationId = 0x5a6f6573

const migrations = [
  `CREATE TABLE entries (
     space TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, expires_ms REAL,
     PRIMARY KEY (space, key)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX expiring ON entries (expires_ms) WHERE expires_ms IS NOT NULL`,
]

const pageSize = 200

/** @param folder exists @throws UserError database-… */
export function openSqliteSpaces(folder: string): Spaces {
  const database = openDatabase({ path: join(folder, 'store.sqlite'), name: 'store', applicationId, migrations })
  const names = database.sql.prepare('SELECT DISTINCT space FROM entries')
  return {
    space: (name) => sqliteSpace(database, name),
    names: async () => names.all().map(({ space }) => String(space)),
    close: async () => database.close(),
  }
}

function sqliteSpace({ sql, transaction, erase }: Pick<Database, 'sql' | 'transaction' | 'erase'>, space: string): KeyvStoreAdapter {
  const read = sql.prepare('SELECT value FROM entries WHERE space = ? AND key = ?')
  const write = sql.prepare('INSERT OR REPLACE INTO entries (space, key, value, expires_ms) VALUES (?, ?, ?, ?)')
  const remove = sql.prepare('DELETE FROM entries WHERE space = ? AND key = ?')
  const removeAll = sql.prepare('DELETE FROM entries WHERE space = ?')
  const page = sql.prepare('SELECT key, value FROM entries WHERE space = ? AND key > ? ORDER BY key LIMIT ?')
  const expire = sql.prepare('DELETE FROM entries WHERE expires_ms <= ?')

  function put(key: string, value: unknown, ttlMs: number | undefined): void {
    if (typeof value !== 'string') throw new Error(`Keyv gives text to keep, got ${typeof value} for ${key}`)
    const nowMs = Date.now()
    // Whoever writes what expires deletes what has expired.
    if (ttlMs !== undefined) expire.run(nowMs)
    write.run(space, key, value, ttlMs === undefined ? null : nowMs + ttlMs)
  }

  const adapter = {
    /** Keyv iterates only over back ends whose dialect it knows. */
    opts: { dialect: 'sqlite', url: '' },
    namespace: space,
    get: async (key: string) => read.get(space, key)?.['value'],
    set: async (key: string, value: unknown, ttlMs?: number) => transaction(() => put(key, value, ttlMs)),
    setMany: async (entries: readonly { key: string; value: unknown; ttl?: number }[]) =>
      transaction(() => {
        for (const { key, value, ttl } of entries) put(key, value, ttl)
      }),
    delete: async (key: string) => {
      erase()
      return remove.run(space, key).changes > 0
    },
    clear: async () => {
      erase()
      removeAll.run(space)
    },
    async *iterator(): AsyncGenerator<[string, string]> {
      // Page by page, because what is asked for between two pages may change the table.
      for (let last = ''; ; ) {
        const rows = page.all(space, last, pageSize) as { key: string; value: string }[]
        for (const { key, value } of rows) yield [key, value]
        if (rows.length < pageSize) return
        last = rows.at(-1)!.key
      }
    },
  }
  return Object.assign(new EventEmitter(), adapter) as unknown as KeyvStoreAdapter
}

// The conversation store: what was said on the page, every message with who may read it and a revision that grows with each change.
// A browser that was away asks for what changed since; one that is there is told that something has.

import { randomBytes } from 'node:crypto'
import type { SQLOutputValue } from 'node:sqlite'
import type { Body } from '../page-json.ts'
import { type PageDatabase, together } from './page-database.ts'

export interface ConversationStore {
  post(entry: StoredMessage): StoredMessageRow
  /** What was posted with this nonce for what this person did. */
  posted(asker: string, event: string, nonce: string): StoredMessageRow | undefined
  /** Undefined where it is gone. */
  edit(message: string, body: Body): StoredMessageRow | undefined
  remove(message: string): void
  /** Dialogs that were offered to this person: the next one takes their place. */
  removeForms(person: string): void
  find(message: string): StoredMessageRow | undefined
  /** Changes after a revision, oldest first; `reset` where so much has changed, or so long ago, that the newest are all there is to tell. */
  since(reader: string, revision: number, most: number): { readonly reset: boolean; readonly rows: readonly StoredMessageRow[] }
  /** What stands before a message, oldest first. */
  before(reader: string, sequence: number, most: number): readonly StoredMessageRow[]
  revision(): number
  /** What only this person can read, and what they asked for in front of everybody. */
  forget(person: string): void
  /** What only this person can read: their own words, and the replies to them alone. */
  clear(person: string): void
  /** Takes away what was posted before then, and forgets that older still was taken away. */
  prune(beforeMs: number): void
  /** Forgets the oldest that this person, or everybody, has asked for, as far as it is more than is kept. */
  trim(asker?: string): void
  /** Called after each change. Returns what takes the listener away. */
  listen(changed: () => void): () => void
}

export interface StoredMessage {
  /** Undefined: everybody. */
  readonly reader: string | undefined
  readonly asker: string
  readonly event: string
  readonly nonce?: string
  readonly atMs: number
  readonly body: Body
}

export interface StoredMessageRow extends Omit<StoredMessage, 'body'> {
  readonly message: string
  readonly sequence: number
  readonly revision: number
  /** Absent: it was taken away. */
  readonly body?: Body
}

/** How much is kept of one person, and of all together: a page is not to be filled by a stranger. */
export interface ConversationLimits {
  readonly person: Quota
  readonly all: Quota
}

export interface Quota {
  readonly messages: number
  /** Of words and pictures. */
  readonly bytes: number
}

export const usualConversationLimits: ConversationLimits = {
  person: { messages: 5000, bytes: 256e6 },
  all: { messages: 100_000, bytes: 4e9 },
}

/** What is too much is cut to this share of what is kept: so it is not cut again at once. */
const keptShare = 0.9

export function createConversationStore(
  { sql, erase }: PageDatabase,
  limits: ConversationLimits = usualConversationLimits,
): ConversationStore {
  const listeners = new Set<() => void>()
  sql.exec(`INSERT OR IGNORE INTO facts VALUES ('revision', '0'), ('floor', '0')`)
  const next = sql.prepare(`UPDATE facts SET value = value + 1 WHERE key = 'revision' RETURNING value`)
  const fact = sql.prepare('SELECT value FROM facts WHERE key = ?')
  const byNonce = sql.prepare('SELECT * FROM messages WHERE asker = ? AND event = ? AND nonce = ? AND body IS NOT NULL')
  const byName = sql.prepare('SELECT * FROM messages WHERE message = ?')
  const insert = sql.prepare(
    `INSERT INTO messages (message, revision, reader, asker, event, nonce, at_ms, body, bytes)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?8, octet_length(?8)) RETURNING *`,
  )
  const update = sql.prepare(
    'UPDATE messages SET revision = ?, body = ?2, bytes = octet_length(?2) WHERE message = ?3 AND body IS NOT NULL RETURNING *',
  )
  const takeAway = sql.prepare(
    'UPDATE messages SET revision = ?, body = NULL, nonce = NULL, bytes = 0 WHERE message = ? AND body IS NOT NULL',
  )
  /** Each half off an index in its order: what others alone can read is not gone through. */
  const visible = (condition: string, order: string) =>
    sql.prepare(
      `SELECT * FROM messages WHERE reader IS NULL AND ${condition}
       UNION ALL SELECT * FROM messages WHERE reader = ?2 AND ${condition} ORDER BY ${order} LIMIT ?3`,
    )
  const changes = visible('revision > ?1', 'revision')
  const newest = visible('sequence < ?1 AND body IS NOT NULL', 'sequence DESC')
  const number = (key: string) => Number(fact.get(key)!['value'])
  const nextRevision = () => Number(next.get()!['value'])
  const changed = <T>(change: () => T): T => {
    const result = together(sql, change)
    for (const listener of listeners) listener()
    return result
  }
  const removeAll = (rows: readonly Readonly<Record<string, SQLOutputValue>>[]) =>
    changed(() => {
      erase()
      for (const row of rows) takeAway.run(nextRevision(), row['message']!)
    })
  /** Of what one person, or everybody, has asked for, and is still there. */
  function trim(asker: string | undefined, quota: Quota): void {
    const which = `FROM messages WHERE body IS NOT NULL ${asker === undefined ? '' : 'AND asker = :asker'}`
    const who = asker === undefined ? {} : { asker }
    const { n, bytes } = sql.prepare(`SELECT count(*) AS n, sum(bytes) AS bytes ${which}`).get(who)!
    if (Number(n) <= quota.messages && Number(bytes) <= quota.bytes) return
    const oldest = `SELECT max(sequence) AS sequence FROM (
      SELECT sequence, row_number() OVER newest AS n, sum(bytes) OVER newest AS bytes ${which} WINDOW newest AS (ORDER BY sequence DESC)
    ) WHERE n > 1 AND (n > :messages OR bytes > :bytes)`
    const kept = { messages: Math.floor(quota.messages * keptShare), bytes: quota.bytes * keptShare }
    const upTo = sql.prepare(oldest).get({ ...who, ...kept })!['sequence']
    if (upTo !== null)
      drop(asker === undefined ? 'sequence <= :upTo' : 'asker = :asker AND sequence <= :upTo', { ...who, upTo: Number(upTo) })
  }
  /** Without a trace: browsers that were away for longer begin anew. */
  function drop(condition: string, values: Record<string, string | number>): void {
    together(sql, () => {
      const gone = sql.prepare(`SELECT max(revision) AS revision FROM messages WHERE ${condition}`).get(values)!['revision']
      if (gone !== null) sql.prepare(`UPDATE facts SET value = max(CAST(value AS INTEGER), ?) WHERE key = 'floor'`).run(Number(gone))
      sql.prepare(`DELETE FROM messages WHERE ${condition}`).run(values)
    })
  }
  const last = (reader: string, before: number, most: number) => newest.all(before, reader, most).map(rowOf).reverse()

  return {
    post({ reader, asker, event, nonce, atMs, body }) {
      const message = randomBytes(12).toString('base64url')
      return changed(() =>
        rowOf(insert.get(message, nextRevision(), reader ?? null, asker, event, nonce ?? null, atMs, JSON.stringify(body))!),
      )
    },

    posted(asker, event, nonce) {
      const row = byNonce.get(asker, event, nonce)
      return row && rowOf(row)
    },

    edit(message, body) {
      const row = changed(() => update.get(nextRevision(), JSON.stringify(body), message))
      return row && rowOf(row)
    },

    remove(message) {
      erase()
      changed(() => void takeAway.run(nextRevision(), message))
    },

    removeForms: (person) =>
      removeAll(sql.prepare(`SELECT message FROM messages WHERE reader = ? AND json_extract(body, '$.kind') = 'form'`).all(person)),

    find(message) {
      const row = byName.get(message)
      return row && rowOf(row)
    },

    since(reader, revision, most) {
      const rows =
        revision === 0 || revision < number('floor') || revision > number('revision') ? undefined : changes.all(revision, reader, most + 1)
      if (rows && rows.length <= most) return { reset: false, rows: rows.map(rowOf) }
      return { reset: true, rows: last(reader, Number.MAX_SAFE_INTEGER, most) }
    },

    before: (reader, sequence, most) => last(reader, sequence, most),

    revision: () => number('revision'),

    forget: (person) =>
      removeAll(sql.prepare('SELECT message FROM messages WHERE (reader = ? OR asker = ?) AND body IS NOT NULL').all(person, person)),

    clear: (person) => removeAll(sql.prepare('SELECT message FROM messages WHERE reader = ? AND body IS NOT NULL').all(person)),

    prune(beforeMs) {
      drop('at_ms < :beforeMs AND body IS NULL', { beforeMs })
      removeAll(sql.prepare('SELECT message FROM messages WHERE at_ms < ? AND body IS NOT NULL').all(beforeMs))
    },

    trim: (asker) => trim(asker, asker === undefined ? limits.all : limits.person),

    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function rowOf(row: Readonly<Record<string, SQLOutputValue>>): StoredMessageRow {
  const { message, sequence, revision, reader, asker, event, nonce, at_ms, body } = row
  return {
    message: String(message),
    sequence: Number(sequence),
    revision: Number(revision),
    reader: reader === null ? undefined : String(reader),
    asker: String(asker),
    event: String(event),
    ...(nonce !== null && { nonce: String(nonce) }),
    atMs: Number(at_ms),
    ...(body !== null && { body: JSON.parse(String(body)) as Body }),
  }
}

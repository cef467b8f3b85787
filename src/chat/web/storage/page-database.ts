// The page's database, one SQLite file: who its users are, what was said, and the pictures in it.

import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { openDatabase } from '../../../store/database.ts'

export interface PageDatabase {
  readonly sql: DatabaseSync
  /** Of this file: what a browser remembers of another one means nothing here. */
  readonly id: string
  /** Signs cookies and names pictures. */
  readonly secret: Buffer
  /** What was taken away is soon gone from the disk. */
  erase(): void
  close(): void
}

/** 'Zoep' */
const applicationId = 0x5a6f6570

/**
 * @param path or ':memory:'
 * @throws UserError database-unreachable, database-locked, database-damaged, database-foreign, database-newer
 */
export function openPageDatabase(path: string): PageDatabase {
  const { sql, erase, close } = openDatabase({ path, name: "page's memory", applicationId, knownBy: 'shows', migrations: [schema, sizes] })
  const fact = (key: string, made: string) => {
    sql.prepare('INSERT OR IGNORE INTO facts VALUES (?, ?)').run(key, made)
    return String(sql.prepare('SELECT value FROM facts WHERE key = ?').get(key)!['value'])
  }
  return {
    sql,
    id: fact('id', randomBytes(4).toString('hex')),
    secret: Buffer.from(fact('secret', randomBytes(32).toString('hex')), 'hex'),
    erase,
    close,
  }
}

/** All of it or nothing. */
export function together<T>(sql: DatabaseSync, change: () => T): T {
  if (sql.isTransaction) return change()
  sql.exec('BEGIN IMMEDIATE')
  try {
    const result = change()
    sql.exec('COMMIT')
    return result
  } catch (error) {
    sql.exec('ROLLBACK')
    throw error
  }
}

/** Bytes are those of body and pictures. What one person may read, and what one has asked for, is read off an index in its order. */
const sizes = `
ALTER TABLE messages ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE messages SET bytes = octet_length(body)
  + coalesce((SELECT sum(octet_length(pictures.bytes)) FROM shows JOIN pictures ON name = picture WHERE shows.sequence = messages.sequence), 0)
  WHERE body IS NOT NULL;
CREATE INDEX messages_reader ON messages (reader, sequence) WHERE body IS NOT NULL;
CREATE INDEX messages_reader_revision ON messages (reader, revision);
CREATE INDEX messages_asker ON messages (asker, sequence, bytes) WHERE body IS NOT NULL;
CREATE INDEX messages_age ON messages (at_ms);
`

/**
 * A message that was taken away stays as a row without a body for a while: browsers that were away learn of it.
 * `reader` is the one person who may see it; null: everybody. A picture goes with the last message that shows it.
 */
const schema = `
CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS people (person TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS admins (session TEXT PRIMARY KEY, person TEXT NOT NULL, token TEXT NOT NULL, until_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  message TEXT NOT NULL UNIQUE,
  revision INTEGER NOT NULL,
  reader TEXT,
  asker TEXT NOT NULL,
  event TEXT NOT NULL,
  nonce TEXT,
  at_ms INTEGER NOT NULL,
  body TEXT,
  UNIQUE (asker, event, nonce)
);
CREATE INDEX IF NOT EXISTS messages_revision ON messages (revision);
CREATE TABLE IF NOT EXISTS pictures (
  name TEXT PRIMARY KEY,
  reader TEXT,
  media_type TEXT NOT NULL,
  file_name TEXT,
  bytes BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS shows (
  sequence INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
  picture TEXT NOT NULL,
  PRIMARY KEY (sequence, picture)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS shows_picture ON shows (picture);
CREATE TRIGGER IF NOT EXISTS message_gone AFTER UPDATE OF body ON messages WHEN NEW.body IS NULL
  BEGIN DELETE FROM shows WHERE sequence = NEW.sequence; END;
CREATE TRIGGER IF NOT EXISTS picture_gone AFTER DELETE ON shows WHEN NOT EXISTS (SELECT 1 FROM shows WHERE picture = OLD.picture)
  BEGIN DELETE FROM pictures WHERE name = OLD.picture; END;
`

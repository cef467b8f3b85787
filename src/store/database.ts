// An SQLite database of ours: opened, checked and brought to today's tables, or refused with one sentence.
// WAL with synchronous=NORMAL: what was committed survives the process being killed at any moment without waiting for the
// disk (0.06 ms a commit where FULL took 3 ms). What must survive a power cut too waits for `durable`. What is deleted is
// overwritten, in the write-ahead log too once `erase` was called. Only its owner can read the file.

import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { UserError } from '../errors.ts'
import { takeLock } from './process-lock.ts'
import { codes, resultCode } from './sqlite-codes.ts'
import { createDurability, createErasure } from './write-ahead-log.ts'

export interface DatabaseOptions {
  /** ':memory:' for one that dies with the process. */
  readonly path: string
  /** In sentences: 'journal', 'store'. */
  readonly name: string
  /** 32 bits that tell the file from other people's SQLite files. */
  readonly applicationId: number
  /** A table by which files of ours are known that were written before they told so. */
  readonly knownBy?: string
  /** The n-th takes a file from version n to n + 1; only ever appended to. */
  readonly migrations: readonly string[]
  /** Nobody else may open it with this while it is open; a backup may read it. */
  readonly alone?: boolean
  /** How long another process may take to let go of it: a restart overlaps with what it replaces. */
  readonly waitMs?: number
}

export interface Database {
  readonly sql: DatabaseSync
  /** All or nothing; not nested. */
  transaction<T>(act: () => T): T
  /** Resolves when everything committed so far survives a power cut. Off this thread, and once for all who wait. */
  durable(): Promise<void>
  /** What was deleted is gone from the write-ahead log too, soon: once for all who ask within a moment. */
  erase(): void
  close(): void
}

/** Pages of 4 KiB after which the write-ahead log is checkpointed, on this thread and waiting for the disk: seldom, and many changes of one page once. */
const logPages = 8000

/** @throws UserError database-unreachable, database-locked, database-damaged, database-foreign, database-newer */
export function openDatabase(options: DatabaseOptions): Database {
  const { path, migrations, alone = false, waitMs = 5000 } = options
  let sql: DatabaseSync | undefined
  let unlock: (() => void) | undefined
  try {
    if (path !== ':memory:') keepFromOthers(path)
    if (alone && path !== ':memory:') {
      keepFromOthers(`${path}-lock`)
      unlock = takeLock(`${path}-lock`, waitMs)
      if (!unlock) throw locked(options)
    }
    sql = new DatabaseSync(path, { timeout: waitMs })
    checkOrigin(sql, options)
    sql.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = ${logPages}; BEGIN IMMEDIATE`,
    )
    for (const migration of migrations.slice(versionOf(sql))) sql.exec(migration)
    sql.exec(
      `PRAGMA application_id = ${options.applicationId}; PRAGMA user_version = ${migrations.length}; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)`,
    )
  } catch (error) {
    sql?.close()
    unlock?.()
    throw refusal(error, options)
  }
  const database = sql
  const [begin, commit] = [database.prepare('BEGIN IMMEDIATE'), database.prepare('COMMIT')]
  const durability = path === ':memory:' ? undefined : createDurability(`${path}-wal`)
  const erasure = createErasure(database, waitMs)

  return {
    sql: database,
    transaction(act) {
      begin.run()
      try {
        const result = act()
        commit.run()
        return result
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK')
        throw error
      }
    },
    durable: async () => durability?.sync(),
    erase: () => erasure.erase(),
    close() {
      erasure.close()
      durability?.close()
      database.close()
      unlock?.()
    },
  }
}

/** SQLite gives its other files the rights of this one. What was opened to others by an earlier version is closed to them. */
function keepFromOthers(path: string): void {
  try {
    // One that is there is not opened: closing it would give back the locks that this process has on it.
    if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600))
    for (const file of [path, `${path}-wal`, `${path}-shm`]) {
      if (existsSync(file) && (statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600)
    }
  } catch {
    // SQLite says what is wrong with the place; a file of another account is that one's to close.
  }
}

function checkOrigin(sql: DatabaseSync, options: DatabaseOptions): void {
  const { path, name, applicationId, knownBy, migrations } = options
  const found = Number(sql.prepare('PRAGMA application_id').get()!['application_id'])
  const tables = Number(sql.prepare('SELECT count(*) AS n FROM sqlite_schema').get()!['n'])
  const unmarked = found === 0 && sql.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(knownBy ?? '') !== undefined
  if (tables > 0 && found !== applicationId && !unmarked) {
    throw new UserError('database-foreign', `${path} is an SQLite file of something else, not our ${name}: name another folder.`, { path })
  }
  const version = versionOf(sql)
  if (version > migrations.length) {
    const sentence = `The ${name} ${path} was written by a newer version (its format is ${version}, this one knows up to ${migrations.length}): update, or name another folder.`
    throw new UserError('database-newer', sentence, { path, version, known: migrations.length })
  }
  const [check] = sql.prepare('PRAGMA quick_check(1)').all()
  if (check?.['quick_check'] !== 'ok') throw damaged(options, String(check?.['quick_check']))
}

function versionOf(sql: DatabaseSync): number {
  return Number(sql.prepare('PRAGMA user_version').get()!['user_version'])
}

function refusal(error: unknown, options: DatabaseOptions): unknown {
  const { path, name } = options
  const code = resultCode(error)
  const { message } = error as Error
  if (code === codes.busy) return locked(options, error)
  if (code === codes.corrupt || code === codes.notADatabase) return damaged(options, message, error)
  if (code === codes.readOnly || code === codes.cannotOpen || code === codes.ioError || code === codes.full) {
    return new UserError(
      'database-unreachable',
      `The ${name} ${path} cannot be opened or written (${message}): check folder, rights and space.`,
      { path, reason: message },
      { cause: error },
    )
  }
  return error
}

function locked({ path, name }: DatabaseOptions, cause?: unknown): UserError {
  const sentence = `The ${name} ${path} is open in another process: is the bot running already? One folder belongs to one bot.`
  return new UserError('database-locked', sentence, { path }, { cause })
}

function damaged({ path, name }: DatabaseOptions, found: string, cause?: unknown): UserError {
  const sentence = `The ${name} ${path} is damaged or no SQLite file (${found}): move it away to begin anew, or put a copy in its place.`
  return new UserError('database-damaged', sentence, { path, found }, { cause })
}

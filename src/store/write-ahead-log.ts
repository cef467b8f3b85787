// SQLite's write-ahead log: when what was committed has reached the disk, and when what was deleted is gone from it.

import { close, existsSync, fdatasync, open } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'

const [openFile, syncFile] = [promisify(open), promisify(fdatasync)]

/** At least this long from one sync to the next: under load one serves several, and who waits for it waits as long at most. */
const betweenSyncsMs = 10

/** Commits stand in the write-ahead log before they return; it is this file that has to reach the disk. */
export function createDurability(log: string): { sync(): Promise<void>; close(): void } {
  let file: Promise<number> | undefined
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let closed = false
  let begunMs = -Infinity

  async function once(): Promise<void> {
    if (closed || !(file || existsSync(log))) return
    file ??= openFile(log, 'r+')
    try {
      await syncFile(await file)
    } catch (error) {
      file = undefined
      throw error
    }
  }

  async function begin(): Promise<void> {
    await running?.catch(() => undefined) // who waited for that one has been told
    const restMs = begunMs + betweenSyncsMs - performance.now()
    if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs))
    next = undefined
    begunMs = performance.now()
    running = once()
    return running
  }

  return {
    /** A sync that is under way may have begun before the last commit, so whoever comes shares the one that has not begun. */
    sync: () => (next ??= begin()),
    close() {
      closed = true
      const done = Promise.allSettled([running, next])
      done
        .then(() => file)
        .then(
          (opened) => opened !== undefined && close(opened, () => undefined),
          () => undefined,
        )
    },
  }
}

/** The log is copied into the file on this thread, waiting for the disk: once for all that is deleted in a row. */
const eraseAfterMs = 500

/** Erases once for all who ask within a moment, and again later where another process is reading. */
export function createErasure(database: DatabaseSync, waitMs: number): { erase(): void; close(): void } {
  let soon: NodeJS.Timeout | undefined

  function erase(): void {
    if (!database.isOpen) return
    soon ??= setTimeout(() => {
      soon = undefined
      if (!truncateLog(database, waitMs)) erase()
    }, eraseAfterMs).unref()
  }

  return { erase, close: () => clearTimeout(soon) }
}

/** @returns false where another process is reading, or the disk is full: nobody is kept waiting for it, and nothing ends by it */
function truncateLog(database: DatabaseSync, waitMs: number): boolean {
  try {
    database.exec('PRAGMA busy_timeout = 0')
    return database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] === 0
  } catch {
    return false // SQLITE_FULL, SQLITE_IOERR: whoever writes next hears of it
  } finally {
    database.exec(`PRAGMA busy_timeout = ${waitMs}`)
  }
}

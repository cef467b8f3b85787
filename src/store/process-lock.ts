// A process lock: of one process, until it gives it back or dies. SQLite's, because Node has no other lock that a killed process gives back.

import { DatabaseSync } from 'node:sqlite'
import { isBusy } from './sqlite-codes.ts'

/** Reachable, so that the garbage collector closes none. */
const locks = new Set<DatabaseSync>()

/**
 * @param path of a file that is nothing but the lock
 * @param waitMs how long another process may take to let go of it: a restart overlaps with what it replaces
 * @returns what gives it back; undefined where another process has it
 * @throws SQLite's error where the file cannot be made
 */
export function takeLock(path: string, waitMs: number): (() => void) | undefined {
  const lock = new DatabaseSync(path, { timeout: waitMs })
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (isBusy(error)) return undefined
    throw error
  }
  locks.add(lock)
  return () => {
    locks.delete(lock)
    lock.close()
  }
}

// A scheduler's lifecycle: it starts, is open, and stops; while the journal cannot be written, it is closed until it can be.

import type { Clock } from '../../clock.ts'
import { UserError } from '../../errors.ts'
import { unwritten } from '../end-reasons.ts'
import type { Job } from '../job.ts'
import { createJournalRetry } from '../journal/journal-retry.ts'

export interface Lifecycle {
  isOpen(): boolean
  /** @throws UserError starting, stopping; journal-failed */
  checkOpen(): void
  /** @throws Error where it was opened before */
  open(): void
  /** For good. */
  close(): void
  /** As far as is known: what happens can be written down. */
  isWritable(): boolean
  /** A new job could not be written: it is refused, and those that there are go on. */
  refuse(error: unknown, job: Job): void
  /** A change could not be written: what the journal cannot record must not go on. */
  breakDown(error: unknown): void
  /** Tries the journal where it could not be written, as is tried every so often by itself too. */
  recover(): void
  /** Why nothing is taken on or begun just now; undefined while all is well. */
  trouble(): string | undefined
}

export interface LifecycleParts {
  readonly clock: Pick<Clock, 'after'>
  /** One small write. @throws where the journal cannot be written */
  readonly writeMark: () => void
  /** Written: what was running waits again. @returns false where the journal could not be written, of which `breakDown` was told */
  readonly handBackRunning: () => boolean
  readonly beginAll: () => void
  /** Aborts what runs and begins nothing more. */
  readonly halt: (error: unknown) => void
  readonly onRecovered: () => void
  readonly onError: (error: unknown, job?: Job) => void
}

export function createLifecycle({ clock, writeMark, handBackRunning, beginAll, halt, onRecovered, onError }: LifecycleParts): Lifecycle {
  let phase: 'new' | 'open' | 'stopped' | 'unwritable' = 'new'
  let refusing = false
  const retry = createJournalRetry(clock, recover)

  function recover(): void {
    if (!(phase === 'unwritable' ? reopen() : refusing && tryToWrite())) return
    refusing = false
    onRecovered()
  }

  function reopen(): boolean {
    if (!handBackRunning()) return false
    phase = 'open'
    beginAll()
    return true
  }

  function tryToWrite(): boolean {
    try {
      writeMark()
      return true
    } catch {
      retryLater()
      return false
    }
  }

  function retryLater(): void {
    if (phase !== 'stopped') retry.begin()
  }

  return {
    isOpen: () => phase === 'open',
    checkOpen() {
      if (phase === 'open') return
      if (phase === 'unwritable') throw unwritten()
      const doing = phase === 'new' ? 'starting' : 'stopping'
      throw new UserError(doing, `The bot is ${doing}: ask again in a minute.`)
    },
    open() {
      if (phase !== 'new') throw new Error(`a scheduler starts once, and is ${phase}`)
      phase = 'open'
    },
    close() {
      phase = 'stopped'
      retry.stop()
    },
    isWritable: () => phase !== 'unwritable',
    refuse(error, job) {
      onError(error, job)
      refusing = true
      retryLater()
    },
    breakDown(error) {
      retryLater()
      if (phase === 'unwritable') return
      if (phase === 'open') phase = 'unwritable'
      onError(error)
      halt(error)
    },
    recover,
    trouble: () => (phase === 'unwritable' || refusing ? 'the journal cannot be written' : undefined),
  }
}

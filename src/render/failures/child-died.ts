// A child process that died, and how one is ended with all that it started.

import type { ChildProcess } from 'node:child_process'
import type { Death } from './process-died.ts'

/** Of what it printed as an error, the end is kept. */
export const saidChars = 2000

export class ChildDied extends Error {
  readonly death: Death
  /** The end of what it printed as an error. */
  readonly said: string

  /** @param what it was: the child process */
  constructor(what: string, death: Death, said: string) {
    super(`${what} ended with ${death.how}`)
    this.death = death
    this.said = said
  }
}

/** It leads a process group, where there are such. */
export function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group is empty.
  }
  child.kill('SIGKILL')
}

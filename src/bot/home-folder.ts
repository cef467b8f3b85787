// The home folder: made for its owner alone, and closed to others where an earlier version left it open.

import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { UserError } from '../errors.ts'

/** What lies in one of ours. Another folder that somebody names is not ours to close. */
const known = /^(?:admin-token|cache|models|store|styles|uploads|(?:journal|page)\.sqlite(?:-\w+)?)$/

/** @throws UserError no-home */
export function openHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 })
    if ((statSync(home).mode & 0o077) !== 0 && readdirSync(home).every((name) => known.test(name))) chmodSync(home, 0o700)
  } catch (cause) {
    const { message } = cause as Error
    throw new UserError('no-home', `The folder ${home} cannot be made (${message}): set ZOETROPE_HOME to another.`, { home }, { cause })
  }
}

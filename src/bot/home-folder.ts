// The home folder: made for its owner alone, and closed to others where an earlier version left it open.

import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { UserError } from '../errors.ts'

/** What lies in one of ours. Another folder that somebody names is not ours to close. */
const known =
  /^(?:admin-token|cache|file-contents\.json|gpu-host-lock|host-key|lost\+found|models|store|styles|terminal|trainings|uploads|(?:journal|page)\.sqlite(?:-\w+)?)$/

/** @throws UserError no-home */
export function openHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 })
    const { mode, uid } = statSync(home)
    // A volume belongs to whoever made it, who has said who may open it.
    const isOurs = uid === process.getuid?.() && readdirSync(home).every((name) => known.test(name))
    if ((mode & 0o077) !== 0 && isOurs) chmodSync(home, 0o700)
  } catch (cause) {
    const { message } = cause as Error
    throw new UserError('no-home', `The folder ${home} cannot be made (${message}): set ZOETROPE_HOME to another.`, { home }, { cause })
  }
}

// The admin token: what the operator signs in with on the page where ADMIN_TOKEN names nothing. Made at the first start, and kept
// where only the operator can read it. Its place is told, never itself.

import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface KeptToken {
  readonly token: string
  readonly file: string
}

/** @param home exists */
export function keptAdminToken(home: string): KeptToken {
  const file = join(home, 'admin-token')
  try {
    // Fails where the file is there: two that start at once read the same one.
    writeFileSync(file, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return { token: readFileSync(file, 'utf8').trim(), file }
}

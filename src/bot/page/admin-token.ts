// The admin token: what the operator signs in with on the page where ADMIN_TOKEN names nothing. Its place is told, never itself.

import { join } from 'node:path'
import { keptSecret } from '../../store/kept-secret.ts'

export interface KeptToken {
  readonly token: string
  readonly file: string
}

/** @param home exists, and is this bot's alone */
export function keptAdminToken(home: string): KeptToken {
  const file = join(home, 'admin-token')
  return { token: keptSecret(file).secret, file }
}

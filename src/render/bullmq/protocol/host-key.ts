// The host key: with which bot and GPU hosts sign what they say to each other. Where HOST_KEY names none, the bot makes one at its first
// start and keeps it in its home, where only the operator can read it; a host on the same machine finds it there.

import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../../errors.ts'

export interface KeptHostKey {
  readonly hostKey: string
  readonly file: string
  /** Just now. */
  readonly made: boolean
}

const fileIn = (home: string): string => join(home, 'host-key')

/** @param home exists */
export function makeHostKey(home: string): KeptHostKey {
  const file = fileIn(home)
  let made = true
  try {
    // Fails where the file is there: two that start at once read the same one.
    writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    made = false
  }
  return { hostKey: readFileSync(file, 'utf8').trim(), file, made }
}

/** @throws UserError bad-setting where no bot has made one here */
export function readHostKey(home: string): string {
  try {
    return readFileSync(fileIn(home), 'utf8').trim()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    const sentence =
      'HOST_KEY is not set: give this host what the bot has in HOST_KEY, or in the file host-key of its folder (.zoetrope) once it has started.'
    throw new UserError('bad-setting', sentence, { names: ['HOST_KEY'] }, { cause })
  }
}

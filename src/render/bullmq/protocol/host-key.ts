// The host key: with which bot and GPU hosts sign what they say to each other. Where HOST_KEY names none, the bot makes one at its first
// start and keeps it in its home, where only the operator can read it; a host on the same machine finds it there.

import { join } from 'node:path'
import { UserError } from '../../../errors.ts'
import { keptSecret, readSecret } from '../../../store/kept-secret.ts'

export interface KeptHostKey {
  readonly hostKey: string
  readonly file: string
  /** Just now. */
  readonly made: boolean
}

const fileIn = (home: string): string => join(home, 'host-key')

/** @param home exists, and is this bot's alone */
export function makeHostKey(home: string): KeptHostKey {
  const file = fileIn(home)
  const { secret, made } = keptSecret(file)
  return { hostKey: secret, file, made }
}

/** @throws UserError bad-setting where no bot has made one here */
export function readHostKey(home: string): string {
  const kept = readSecret(fileIn(home))
  if (kept !== undefined) return kept
  const sentence =
    'HOST_KEY is not set: give this host what the bot has in HOST_KEY, or in the file host-key of its folder (.zoetrope) once it has started.'
  throw new UserError('bad-setting', sentence, { names: ['HOST_KEY'] })
}

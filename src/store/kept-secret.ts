// A kept secret: made at the first start where the operator has set none, in a file that only they can read. What a full disk or a kill has
// left of one is none: an empty secret would be known to everybody.

import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'

export interface KeptSecret {
  readonly secret: string
  /** Just now. */
  readonly made: boolean
}

const bytes = 32
/** base64url has four letters for three bytes; those of earlier versions were as short as this. */
const leastChars = 24

/** By the only process that makes it. */
export function keptSecret(file: string): KeptSecret {
  const there = readSecret(file)
  if (there !== undefined) return { secret: there, made: false }
  const secret = randomBytes(bytes).toString('base64url')
  writeFileSync(`${file}.new`, `${secret}\n`, { mode: 0o600, flush: true })
  renameSync(`${file}.new`, file)
  return { secret, made: true }
}

/** Undefined where none is there whole. */
export function readSecret(file: string): string | undefined {
  try {
    const secret = readFileSync(file, 'utf8').trim()
    return secret.length >= leastChars ? secret : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}

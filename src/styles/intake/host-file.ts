// Files of this host, named by managers: only what lies in the folders of models, and linked rather than copied.

import { copyFileSync, linkSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, sep } from 'node:path'
import { UserError } from '../../errors.ts'
import { fileDigest } from '../download/file-digest.ts'
import type { Fetched } from '../download/save-stream.ts'
import { sanitizeText } from './sanitize.ts'

/**
 * The same file under another name: gigabytes are not copied where they need not be.
 * @throws UserError `path-outside`, `file-too-large`
 */
export async function linkHostFile(path: string, to: string, maxBytes: number, folders: readonly string[]): Promise<Fetched> {
  const real = realPathWithin(path, folders)
  const { size: bytes } = statSync(real)
  if (bytes > maxBytes)
    throw new UserError('file-too-large', `path may have ${maxBytes} bytes, and has ${bytes}.`, { name: 'path', maxBytes, bytes })
  try {
    linkSync(real, to)
  } catch {
    // Another disk, or one that knows no links.
    copyFileSync(real, to)
  }
  return { bytes, sha256: await fileDigest(to) }
}

/** What lies elsewhere, is no file or is not there is refused alike: an admin of a chat has no business with this host's disk. */
function realPathWithin(path: string, folders: readonly string[]): string {
  const candidates = isAbsolute(path) ? [path] : folders.map((folder) => join(folder, path))
  for (const candidate of candidates) {
    try {
      const real = realpathSync(candidate)
      if (folders.some((folder) => real.startsWith(realpathSync(folder) + sep)) && statSync(real).isFile()) return real
    } catch {
      // Not there.
    }
  }
  const shown = sanitizeText(path, 200)
  throw new UserError('path-outside', `There is no file '${shown}' in the models folder of the bot.`, { path: shown })
}

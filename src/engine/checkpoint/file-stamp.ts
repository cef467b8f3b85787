// A file stamp: tells whether a file is still the one that was read, by its place, its length and when it was written. Contents would take
// seconds to hash.

import { readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Folders in a model's folder that something is read from. */
const inner = new Set(['unet', 'vae', 'text_encoder', 'tokenizer', 'scheduler', 'motion'])

/** Differs where anything differs; for a model's folder, of any file in it and in the folders of its parts. '-' for what is not there. */
export function fileStamp(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (!stat) return '-'
  if (!stat.isDirectory()) return `${realpathSync(path)}:${stat.size}:${stat.mtimeNs}`
  return readdirSync(path)
    .map((name) => ({ name, isFolder: statSync(join(path, name), { throwIfNoEntry: false })?.isDirectory() ?? false }))
    .filter(({ name, isFolder }) => !isFolder || inner.has(name))
    .map(({ name }) => fileStamp(join(path, name)))
    .sort()
    .join('\n')
}

// Whether a file is still the one that was read: its place, its length and when it was written. Contents would take seconds to hash.

import { readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Differs where anything differs; of a folder, for every file in it and in the folders below. '-' for what is not there. */
export function stampOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (!stat) return '-'
  if (!stat.isDirectory()) return `${realpathSync(path)}:${stat.size}:${stat.mtimeNs}`
  const files = readdirSync(path, { withFileTypes: true, recursive: true }).filter((entry) => !entry.isDirectory())
  return files
    .map((entry) => stampOf(join(entry.parentPath, entry.name)))
    .sort()
    .join('\n')
}

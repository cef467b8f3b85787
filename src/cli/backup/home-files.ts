// Home files: what a backup of a home holds. Everything but what can be had again (caches, pulled models) and what another process is
// in the middle of writing.

import { existsSync, globSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface HomeFiles {
  /** Paths within the home, of SQLite files: copied by SQLite, which sees what other processes have committed. */
  readonly databases: readonly string[]
  readonly files: readonly string[]
}

const passing = /-(?:wal|shm|lock|journal)$|(?:^|\/)\.?[^/]*partial(?:\/|$)/

/** Files that are being fetched, and of styles that are being learned what is encoded again from their pictures. */
const inTheMaking = /^styles[\\/](?:incoming|training[\\/][^\\/]+[\\/]cache)$/

export function homeFiles(home: string, { models }: { readonly models: boolean }): HomeFiles {
  const left = models ? ['cache'] : ['cache', 'models']
  const paths = globSync('**/*', { cwd: home, exclude: (path) => left.includes(path) || inTheMaking.test(path) })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !passing.test(path) && existsSync(join(home, path)) && statSync(join(home, path)).isFile())
    .sort()
  const isDatabase = (path: string): boolean => path.endsWith('.sqlite')
  return { databases: paths.filter(isDatabase), files: paths.filter((path) => !isDatabase(path)) }
}

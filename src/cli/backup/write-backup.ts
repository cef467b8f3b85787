// Writes a backup: one tar file of a home, while the bot runs. Databases are copied first, by SQLite, and files listed then: whatever they
// speak of was written before, so it is there, or was deleted meanwhile and may be missing.

import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { create } from 'tar'
import { UserError } from '../../errors.ts'
import { fileDigest } from '../../styles/download/file-digest.ts'
import { homeFiles } from './home-files.ts'
import { type Manifest, manifestName } from './manifest.ts'

export interface BackupOptions {
  readonly home: string
  /** What is written; nothing may be there yet. */
  readonly file: string
  readonly models: boolean
  readonly version: string
}

/** @throws UserError `backup-exists`, `backup-nothing` */
export async function writeBackup({ home, file, models, version }: BackupOptions): Promise<Manifest> {
  if (existsSync(file)) throw new UserError('backup-exists', `${file} is there already: name another file.`, { file })
  const { databases } = homeFiles(home, { models })
  if (databases.length === 0) throw new UserError('backup-nothing', `${home} holds no records of a bot: nothing to back up.`, { home })
  // Beside the result, which then is renamed into place, and for its owner's eyes alone: it holds what people wrote.
  mkdirSync(dirname(resolve(file)), { recursive: true })
  const draft = mkdtempSync(join(dirname(resolve(file)), `.${basename(file)}.partial-`))
  try {
    const copies = join(draft, 'home')
    for (const path of databases) copyDatabase(join(home, path), made(join(copies, path)))
    const { files } = homeFiles(home, { models })
    const there = files.filter((path) => copyIfThere(join(home, path), made(join(copies, path))))
    const entries: Manifest['files'][number][] = []
    for (const path of [...databases, ...there])
      entries.push({ path, bytes: statSync(join(copies, path)).size, sha256: await fileDigest(join(copies, path)) })
    const manifest = { version, madeAt: new Date().toISOString(), files: entries }
    writeFileSync(join(copies, manifestName), JSON.stringify(manifest, null, 1))
    const archive = join(draft, 'archive.tar')
    await create({ file: archive, cwd: copies, portable: true }, [...entries.map(({ path }) => path), manifestName])
    chmodSync(archive, 0o600)
    renameSync(archive, file)
    return manifest
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** One transaction: what was committed when it began, and nothing that was deleted before. */
function copyDatabase(from: string, to: string): void {
  const sql = new DatabaseSync(from, { readOnly: true, timeout: 10_000 })
  try {
    sql.prepare('VACUUM INTO ?').run(to)
  } finally {
    sql.close()
  }
}

/** @returns false for a file that was deleted since it was listed */
function copyIfThere(from: string, to: string): boolean {
  try {
    copyFileSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

function made(path: string): string {
  mkdirSync(dirname(path), { recursive: true })
  return path
}

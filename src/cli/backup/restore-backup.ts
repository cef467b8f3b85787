// Restores a backup: unpacks it beside the home, or within one that is there, compares every file with the manifest, and only then puts it in
// place.

import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { extract } from 'tar'
import { UserError } from '../../errors.ts'
import { fileDigest } from '../../styles/download/file-digest.ts'
import { type Manifest, manifestName, manifestSchema } from './manifest.ts'

/**
 * @param home a folder that is empty or not there
 * @throws UserError `backup-missing`, `backup-unreadable`, `backup-cut-off`, `backup-damaged`, `home-not-empty`, `no-home`
 */
export async function restoreBackup(file: string, home: string): Promise<Manifest> {
  if (!existsSync(file)) throw new UserError('backup-missing', `There is no file ${file}.`, { file })
  const isThere = existsSync(home)
  if (isThere && contentsOf(home).some((name) => name !== volumeRoot)) {
    const sentence = `${home} is not empty: move it away first, or name another folder in ZOETROPE_HOME.`
    throw new UserError('home-not-empty', sentence, { home })
  }
  const draft = draftFor(home, isThere && !isReplaceable(home))
  try {
    await unpack(file, draft)
    const manifest = await checked(file, draft)
    rmSync(join(draft, manifestName))
    if (dirname(draft) === resolve(home)) for (const name of readdirSync(draft)) renameSync(join(draft, name), join(home, name))
    else renameSync(draft, home) // in the place of an empty folder too
    return manifest
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** @throws UserError `no-home` where it is no folder, or none that can be read */
function contentsOf(home: string): string[] {
  try {
    return readdirSync(home)
  } catch (cause) {
    throw unusable(home, cause)
  }
}

/** What mkfs leaves in the root of an ext4 volume. */
const volumeRoot = 'lost+found'

/**
 * An empty folder is replaced as a whole. A volume cannot be, nor what lies where nothing can be written: that is filled. Asked by taking
 * it away and putting it back, since a bind mount has the device of what lies around it.
 */
function isReplaceable(home: string): boolean {
  try {
    const { mode } = statSync(home)
    rmdirSync(home)
    mkdirSync(home, { mode })
    chmodSync(home, mode) // what the umask took away
    return true
  } catch {
    return false
  }
}

/** @throws UserError `no-home` */
function draftFor(home: string, within: boolean): string {
  const around = dirname(resolve(home))
  try {
    if (within) return mkdtempSync(join(home, '.partial-'))
    mkdirSync(around, { recursive: true })
    return mkdtempSync(join(around, `.${basename(home)}.partial-`)) // 0700
  } catch (cause) {
    throw unusable(home, cause)
  }
}

function unusable(home: string, cause: unknown): UserError {
  const { message } = cause as Error
  return new UserError('no-home', `${home} cannot be written (${message}): set ZOETROPE_HOME to another.`, { home }, { cause })
}

async function unpack(file: string, folder: string): Promise<void> {
  try {
    // Files and folders alone, inside this folder: a link could lead out of it.
    const isPlain = (_path: string, entry: object): boolean => 'type' in entry && (entry.type === 'File' || entry.type === 'Directory')
    await extract({ file, cwd: folder, strict: true, preserveOwner: false, filter: isPlain })
  } catch (cause) {
    const { message } = cause as Error
    throw new UserError('backup-unreadable', `${file} cannot be unpacked (${message}): is it a backup of Zoetrope?`, { file }, { cause })
  }
}

async function checked(file: string, folder: string): Promise<Manifest> {
  const manifest = readManifest(join(folder, manifestName))
  if (!manifest) {
    throw new UserError('backup-cut-off', `${file} does not end as a backup of Zoetrope ends: it was cut off, or is something else.`, {
      file,
    })
  }
  for (const { path, bytes, sha256 } of manifest.files) {
    const there = join(folder, path)
    if (existsSync(there) && statSync(there).size === bytes && (await fileDigest(there)) === sha256) continue
    throw new UserError('backup-damaged', `${path} in ${file} is not what was backed up: the file is damaged.`, { file, path })
  }
  return manifest
}

/** Undefined too where a file of that name says something else. */
function readManifest(path: string): Manifest | undefined {
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return undefined
  }
}

// Files of a GPU host: what recipes name by content, found among what is installed, in a bounded cache (least recently used goes first),
// or in the content store. Nothing that came from elsewhere is opened before its hash was found right.

import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { copyFile, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join, parse } from 'node:path'
import { unlessAborted } from '../../../unless-aborted.ts'
import { fetchContent } from '../../content-store/checked-content.ts'
import { type ContentDigest, type ContentStore, NotStored } from '../../content-store/content-store.ts'
import type { FileContent, FileContents } from '../../file-contents.ts'
import { type PortableRecipe, toLocal } from '../../portable-recipe.ts'
import type { Recipe } from '../../recipe.ts'

export interface HostFiles {
  /** Contents that need not be sent: each file of a folder, and the folder. */
  installed(): readonly string[]
  /** Takes up what was installed meanwhile, and forgets what was removed. */
  look(): Promise<void>
  /** @throws MissingFiles; the signal's reason */
  use(recipe: PortableRecipe, signal: AbortSignal): Promise<FilesInUse>
  /** @throws as `use` */
  hold(contents: readonly FileContent[], signal: AbortSignal): Promise<HeldFiles>
  /** Removes it from the cache, unless somebody uses it. */
  forget(content: FileContent): Promise<void>
}

export interface HeldFiles {
  /** What every path is called elsewhere. */
  readonly names: ReadonlyMap<string, string>
  /** Of one that is held. */
  pathOf(content: FileContent): string
  /** From here on they may be removed. */
  release(): void
}

export interface FilesInUse extends Pick<HeldFiles, 'names' | 'release'> {
  readonly recipe: Recipe
}

export interface HostFilesOptions {
  readonly store: Pick<ContentStore, 'get'>
  /** Ours alone, on a disk of this host. */
  readonly cacheFolder: string
  readonly maxCacheBytes: number
}

/** Neither here nor to be had. */
export class MissingFiles extends Error {
  override readonly name = 'MissingFiles'
  readonly sha256: readonly string[]

  constructor(sha256: readonly string[], why: string, cause: unknown) {
    super(why, { cause })
    this.sha256 = sha256
  }
}

/** @param places files and models' folders that are installed; what is new is read, which takes seconds for large ones */
export async function openHostFiles(
  places: () => readonly string[],
  contents: FileContents,
  { store, cacheFolder, maxCacheBytes }: HostFilesOptions,
): Promise<HostFiles> {
  const partial = join(cacheFolder, '.partial')
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  const installed = new Map<string, string>()
  let looking: Promise<void> | undefined

  async function lookNow(): Promise<void> {
    const found = new Map<string, string>()
    for (const place of places()) {
      const content = await contents.of(place)
      found.set(content.sha256, place)
      for (const file of content.files ?? []) found.set(file.sha256, join(place, file.path))
    }
    installed.clear()
    for (const [sha256, path] of found) installed.set(sha256, path)
  }

  function look(): Promise<void> {
    looking ??= lookNow().finally(() => {
      looking = undefined
    })
    return looking
  }

  await look()

  const inUse = new Map<string, number>()
  const fetching = new Map<string, Promise<string>>()

  /** Undefined also where it is another by now. */
  async function installedPath({ sha256 }: ContentDigest): Promise<string | undefined> {
    const path = installed.get(sha256)
    if (path === undefined) return undefined
    const found = await contents.of(path).catch(() => undefined)
    if (found?.sha256 === sha256) return path
    installed.delete(sha256)
    return undefined
  }

  async function pathOf(content: FileContent): Promise<string> {
    const here = await installedPath(content)
    if (here !== undefined) return here
    // Whoever else wants it waits for the same; it is not given up with a run, because the next one will want it, too.
    const under = fetching.get(content.sha256) ?? fetch(content).finally(() => fetching.delete(content.sha256))
    fetching.set(content.sha256, under)
    return under
  }

  async function fetch(content: FileContent): Promise<string> {
    const entry = join(cacheFolder, content.sha256)
    const path = join(entry, content.files ? 'model' : keptName(content.name))
    if (statSync(path, { throwIfNoEntry: false })) {
      utimesSync(entry, new Date(), new Date())
      return path
    }
    makeRoom(content.bytes)
    const draft = join(partial, randomUUID())
    const other = statSync(entry, { throwIfNoEntry: false }) && readdirSync(entry)[0]
    try {
      if (other !== undefined) {
        // The same under another name.
        await copyFile(join(entry, other), draft)
        await rename(draft, path)
        return path
      }
      if (content.files) for (const file of content.files) await place(file, join(draft, 'model', file.path))
      else await place(content, join(draft, keptName(content.name)))
      await rename(draft, entry)
      return path
    } catch (error) {
      await rm(draft, { recursive: true, force: true })
      throw new MissingFiles([content.sha256], whyNotFetched(error), error)
    }
  }

  async function place(content: ContentDigest, path: string): Promise<void> {
    const here = await installedPath(content)
    if (here === undefined) return fetchContent(store, content, { path, partial })
    await mkdir(dirname(path), { recursive: true })
    await copyFile(here, path)
  }

  /** @param bytes that come */
  function makeRoom(bytes: number): void {
    const entries = readdirSync(cacheFolder)
      .filter((name) => /^[0-9a-f]{64}$/.test(name))
      .map((name) => ({ name, bytes: sizeOf(join(cacheFolder, name)), usedMs: statSync(join(cacheFolder, name)).mtimeMs }))
      .sort((a, b) => a.usedMs - b.usedMs)
    let left = entries.reduce((sum, entry) => sum + entry.bytes, bytes)
    for (const entry of entries) {
      if (left <= maxCacheBytes) return
      if (inUse.has(entry.name) || fetching.has(entry.name)) continue
      rmSync(join(cacheFolder, entry.name), { recursive: true, force: true })
      left -= entry.bytes
    }
  }

  function count(sha256: string, by: 1 | -1): void {
    const users = (inUse.get(sha256) ?? 0) + by
    if (users === 0) inUse.delete(sha256)
    else inUse.set(sha256, users)
  }

  function holder(signal: AbortSignal) {
    const held: string[] = []
    const names = new Map<string, string>()
    return {
      names,
      async bring(content: FileContent): Promise<string> {
        held.push(content.sha256)
        count(content.sha256, 1)
        const path = await unlessAborted(pathOf(content), signal)
        names.set(path, content.name)
        return path
      },
      release() {
        for (const sha256 of held.splice(0)) count(sha256, -1)
      },
    }
  }

  return {
    installed: () => [...installed.keys()],
    look,
    async use(portable, signal) {
      const { names, bring, release } = holder(signal)
      try {
        return { recipe: await toLocal(portable, bring), names, release }
      } catch (error) {
        release()
        throw error
      }
    },
    async hold(wanted, signal) {
      const { names, bring, release } = holder(signal)
      try {
        const paths = new Map(await Promise.all(wanted.map(async (content) => [content.sha256, await bring(content)] as const)))
        return { names, pathOf: ({ sha256 }) => paths.get(sha256)!, release }
      } catch (error) {
        release()
        throw error
      }
    },
    async forget({ sha256 }) {
      // What is on its way is not given up with a run, and would come after this.
      await fetching.get(sha256)?.catch(() => undefined)
      if (!inUse.has(sha256)) rmSync(join(cacheFolder, sha256), { recursive: true, force: true })
    },
  }
}

/**
 * Some of what a file is, only its name says (how it was distilled, which motion module it is), and its ending: both are kept, as letters that
 * mean nothing to a file system.
 */
function keptName(name: string): string {
  const { name: stem, ext } = parse(name)
  const ending = /^\.[a-z0-9]{1,12}$/i.test(ext) ? ext.toLowerCase() : ''
  const letters = stem.replaceAll(/[^\p{L}\p{N}_-]+/gu, '-').slice(0, 60)
  return `file-${letters}${ending}`
}

function sizeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat?.isDirectory()) return stat?.size ?? 0
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}

function whyNotFetched(error: unknown): string {
  if (error instanceof NotStored) return 'it is not installed there, and was not sent or has expired'
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'there is no space left on its disk'
  return `it could not be fetched (${error instanceof Error ? error.name : 'unknown'})`
}

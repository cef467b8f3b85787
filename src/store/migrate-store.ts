// Store migration: whoever sets REDIS_URL on a bot that has run without it finds its records in Redis, and files of a home stay with the
// records that speak of them. Both carry one id: where they differ, nothing is opened, because what no record speaks of is deleted.
//   store/id             in the folder: whose files these are
//   namespace `store`    `id`, and `moving` while records are on their way into Redis: whoever died meanwhile goes on

import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KeyvStoreAdapter } from 'keyv'
import { UserError } from '../errors.ts'
import type { Spaces } from './spaces.ts'
import { openSqliteSpaces } from './sqlite-spaces.ts'
import { openFolder, openRedis, type StoreOptions } from './store.ts'

/**
 * Before the store is opened, by the only process that changes it.
 * @returns how many records were moved into Redis
 * @throws UserError `store-elsewhere`, and those of `openStore`
 */
export async function migrateStore({ folder, redisUrl, onError = () => undefined }: StoreOptions): Promise<number> {
  openFolder(folder)
  const file = join(folder, 'id')
  const files = idFile(file)
  const own = openSqliteSpaces(folder)
  const shared = redisUrl === undefined ? undefined : await openRedis(redisUrl, onError)
  try {
    const moved = shared ? await move(own, shared, files) : 0
    const id = await idOf(shared ?? own, files.read())
    if (id === undefined) {
      const where = shared ? `not in the Redis that REDIS_URL names (${new URL(redisUrl!).host})` : 'in Redis, and REDIS_URL is not set'
      const sentence = `The records of ${folder} are ${where}: set REDIS_URL to the Redis that has them, or delete ${file} to begin without them, which deletes the files of styles that were added.`
      throw new UserError('store-elsewhere', sentence, { folder, file })
    }
    files.keep(id)
    return moved
  } finally {
    await shared?.close()
    await own.close()
  }
}

/** @param known of the files; undefined before the first start, and where an earlier version has made them @returns undefined where it is another */
async function idOf(records: Spaces, known: string | undefined): Promise<string | undefined> {
  const there = await textIn(records, 'id')
  if (known !== undefined && known !== there) return undefined
  const id = there ?? randomUUID()
  if (there === undefined) await put(records, 'id', id)
  return id
}

/** Nothing where Redis has records already, or the files belong to others. @returns how many records */
async function move(own: Spaces, shared: Spaces, files: IdFile): Promise<number> {
  const names = (await own.names()).filter((name) => name !== ids)
  const isOwn = files.read() === (await textIn(own, 'id'))
  const moving = await textIn(shared, 'moving')
  if (moving === undefined) {
    const isEmpty = (await shared.names()).length === 0
    // Of a home that has said nothing yet any Redis will do.
    if (isOwn && names.length === 0 && !isEmpty) files.forget()
    if (!isOwn || !isEmpty) return 0
  } else if (moving !== files.read()) return 0

  const id = files.read() ?? randomUUID()
  files.keep(id)
  await put(shared, 'moving', id)
  let moved = 0
  for (const name of names) {
    for await (const [key, value] of entriesOf(own.space(name))) {
      // As Keyv writes it.
      const { expires } = JSON.parse(value) as { readonly expires?: unknown }
      const leftMs = typeof expires === 'number' ? expires - Date.now() : undefined
      if (leftMs !== undefined && leftMs <= 0) continue
      await shared.space(name).set(key, value, leftMs)
      moved++
    }
  }
  await put(shared, 'id', id)
  // What people delete from now on would lie here for ever.
  for (const name of [...names, ids]) await own.space(name).clear()
  await shared.space(ids).delete('moving')
  return moved
}

const ids = 'store'

async function textIn(records: Spaces, key: string): Promise<string | undefined> {
  const found: unknown = await records.space(ids).get(key)
  return typeof found === 'string' ? found : undefined
}

async function put(records: Spaces, key: string, value: string): Promise<void> {
  await records.space(ids).set(key, value)
}

const entriesOf = (space: KeyvStoreAdapter): AsyncIterable<[string, string]> =>
  space.iterator!(space.namespace) as AsyncIterable<[string, string]>

interface IdFile {
  read(): string | undefined
  /** There whole, or as it was. */
  keep(id: string): void
  forget(): void
}

function idFile(path: string): IdFile {
  const read = (): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined)
  return {
    read,
    keep(id) {
      if (read() === id) return
      writeFileSync(`${path}.new`, `${id}\n`, { flush: true })
      renameSync(`${path}.new`, path)
    },
    forget: () => rmSync(path, { force: true }),
  }
}

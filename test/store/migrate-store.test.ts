// A home whose records move into Redis, and one whose records are elsewhere.

import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { migrateStore } from '../../src/store/migrate-store.ts'
import { openStore, type Store, type StoreOptions } from '../../src/store/store.ts'
import { skipWithoutRedis, startRedisServer } from '../suites/redis-server.ts'
import { temporaryFolder } from './folder.ts'

const server = await startRedisServer('--databases', '16')
let databases = 0
const newRedis = (): string => `${server!.url}/${databases++}`

/** As a bot starts. @returns how many records were moved */
async function start<T>(options: StoreOptions, use: (store: Store) => Promise<T>): Promise<{ moved: number; result: T }> {
  const moved = await migrateStore({ onError: assert.ifError, ...options })
  const store = await openStore({ onError: assert.ifError, ...options })
  try {
    return { moved, result: await use(store) }
  } finally {
    await store.close()
  }
}

const read = async (store: Store) => [
  await store.space('styles').get('head'),
  await store.space('kept').get('ada'),
  await store.space('heard').get('passing'),
]

async function fill(store: Store): Promise<void> {
  await store.space('styles').set('head', 3)
  await store.space('kept').set('ada', ['k3j9x'])
  await store.space('heard').set('passing', true, 60_000)
  await store.space('heard').set('past', true, 1)
}

const filled = [3, ['k3j9x'], true]
const idOf = (folder: string): string => readFileSync(join(folder, 'id'), 'utf8')

test('records stay where they are without Redis, under one id', async () => {
  const folder = temporaryFolder()
  await start({ folder }, fill)
  const id = idOf(folder)
  assert.deepEqual(await start({ folder }, read), { moved: 0, result: filled })
  assert.equal(idOf(folder), id)
})

describe('REDIS_URL', { skip: skipWithoutRedis }, () => {
  test('that is set for the first time takes the records along, and what ends still ends', async () => {
    const [folder, redisUrl] = [temporaryFolder(), newRedis()]
    await start({ folder }, fill)
    assert.deepEqual(await start({ folder, redisUrl }, read), { moved: 3, result: filled })
    assert.deepEqual(await start({ folder, redisUrl }, read), { moved: 0, result: filled })
    const store = await openStore({ folder, redisUrl })
    const { expires } = (await store.space('heard').getRaw('passing'))!
    await store.close()
    assert.ok(expires! > Date.now() && expires! <= Date.now() + 60_000)
  })

  test('takes along what an earlier version has left, which had no id', async () => {
    const [folder, redisUrl] = [temporaryFolder(), newRedis()]
    const store = await openStore({ folder })
    await fill(store)
    await store.close()
    assert.deepEqual(await start({ folder, redisUrl }, read), { moved: 3, result: filled })
  })

  test('of an earlier version is gone on with, whatever lies in the folder from before', async () => {
    const [folder, redisUrl] = [temporaryFolder(), newRedis()]
    const [old, later] = [await openStore({ folder }), await openStore({ folder, redisUrl })]
    await old.space('styles').set('head', 1)
    await fill(later)
    for (const store of [old, later]) await store.close()
    assert.deepEqual(await start({ folder, redisUrl }, read), { moved: 0, result: filled })
  })

  test('that is taken away again is refused, and so is another Redis; nothing is lost meanwhile', async () => {
    const [folder, redisUrl] = [temporaryFolder(), newRedis()]
    await start({ folder, redisUrl }, fill)
    await assert.rejects(migrateStore({ folder }), ({ code, message }: NodeJS.ErrnoException) => {
      assert.equal(code, 'store-elsewhere')
      assert.match(message, /are in Redis, and REDIS_URL is not set: set REDIS_URL .*, or delete .*id to begin without them/)
      return true
    })
    const other = newRedis()
    await assert.rejects(migrateStore({ folder, redisUrl: other }), { code: 'store-elsewhere', message: /not in the Redis/ })
    assert.deepEqual(await start({ folder, redisUrl }, read), { moved: 0, result: filled })
    rmSync(join(folder, 'id'))
    assert.deepEqual(await start({ folder, redisUrl: other }, read), { moved: 0, result: [undefined, undefined, undefined] })
  })

  test('of others: a home that has no records yet joins them, one that has records of its own is refused', async () => {
    const redisUrl = newRedis()
    const [first, empty, full] = [temporaryFolder(), temporaryFolder(), temporaryFolder()]
    await start({ folder: first, redisUrl }, fill)
    await start({ folder: empty }, async () => undefined)
    assert.deepEqual(await start({ folder: empty, redisUrl }, read), { moved: 0, result: filled })
    await start({ folder: full }, fill)
    await assert.rejects(migrateStore({ folder: full, redisUrl }), { code: 'store-elsewhere' })
    assert.deepEqual(await start({ folder: full }, read), { moved: 0, result: filled })
  })

  test('a move that was cut off goes on at the next start', async () => {
    const [folder, redisUrl] = [temporaryFolder(), newRedis()]
    await start({ folder }, fill)
    // As a kill leaves it: some records are there, and not yet whose they are.
    const store = await openStore({ folder, redisUrl })
    await store.space('styles').set('head', 3)
    await store.close()
    await markMoving(redisUrl, idOf(folder).trim())
    assert.deepEqual(await start({ folder, redisUrl }, read), { moved: 3, result: filled })
    assert.ok(existsSync(join(folder, 'id')))
  })
})

async function markMoving(url: string, id: string): Promise<void> {
  const { createClient } = await import('@keyv/redis')
  const client = createClient({ url })
  await client.connect()
  await client.set('zoetrope-store::moving', id)
  await client.close()
}

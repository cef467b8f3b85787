import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { openStore } from '../../src/store/store.ts'
import { skipWithoutRedis, startRedis } from '../suites/redis-server.ts'
import { testStore } from '../suites/store.ts'
import { temporaryFolder } from './folder.ts'

const folder = temporaryFolder()
const redisUrl = await startRedis()

testStore('a store in a folder', () => openStore({ folder }))
if (redisUrl !== undefined) testStore('a store in Redis', () => openStore({ folder, redisUrl, onError: assert.ifError }))
else describe('a store in Redis', { skip: skipWithoutRedis })

test('a Redis that cannot be reached is refused without its password', async () => {
  await assert.rejects(openStore({ folder, redisUrl: 'redis://me:secret@127.0.0.1:1' }), ({ code, message }: NodeJS.ErrnoException) => {
    assert.equal(code, 'redis-unreachable')
    assert.match(message, /^Redis at 127\.0\.0\.1:1 cannot be reached/)
    assert.doesNotMatch(message, /secret/)
    return true
  })
})

test('a folder that cannot be made is refused with its name', async () => {
  const file = join(folder, 'a-file')
  writeFileSync(file, '')
  await assert.rejects(openStore({ folder: join(file, 'below') }), { code: 'store-unreachable' })
})

test('two processes may have the store in a folder open; each sees what the other has set', async () => {
  const [one, two] = [await openStore({ folder }), await openStore({ folder })]
  await one.space('shared').set('k', 'of one')
  assert.equal(await two.space('shared').get('k'), 'of one')
  await two.space('shared').set('k', 'of two')
  assert.equal(await one.space('shared').get('k'), 'of two')
  await one.close()
  await two.close()
})

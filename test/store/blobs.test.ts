import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Blob, openBlobs } from '../../src/store/blobs.ts'
import { temporaryFolder } from './folder.ts'

const folder = temporaryFolder()

async function listed(all: AsyncIterable<Blob>): Promise<Blob[]> {
  return (await Array.fromAsync(all)).sort((a, b) => (a.name < b.name ? -1 : 1))
}

test('bytes that were put are given back, replaced, counted and deleted', async () => {
  const blobs = openBlobs(join(folder, 'usual'))
  await blobs.put('a1-b2.webp', new Uint8Array([1, 2, 3]))
  await blobs.put('c3.gif', new Uint8Array(1000))
  await blobs.put('a1-b2.webp', new Uint8Array([4, 5]))
  assert.deepEqual(new Uint8Array((await blobs.get('a1-b2.webp'))!), new Uint8Array([4, 5]))
  assert.deepEqual(
    (await listed(blobs.all())).map(({ name, bytes }) => [name, bytes]),
    [
      ['a1-b2.webp', 2],
      ['c3.gif', 1000],
    ],
  )
  await blobs.delete('a1-b2.webp')
  await blobs.delete('a1-b2.webp')
  assert.equal(await blobs.get('a1-b2.webp'), undefined)
})

test('a name that could leave the folder, or says more than an id, is no name', async () => {
  const blobs = openBlobs(join(folder, 'names'))
  for (const name of ['../a.webp', 'a/b.webp', '/etc/passwd', 'a.png', 'A.webp', 'a b.webp', '.webp', '-a.webp', 'a.webp\0', 'a\n.webp']) {
    await assert.rejects(blobs.put(name, new Uint8Array(1)), /a blob is named like/)
    await assert.rejects(blobs.get(name), /a blob is named like/)
    await assert.rejects(blobs.delete(name), /a blob is named like/)
  }
  assert.deepEqual(await listed(blobs.all()), [])
})

test('what was half written when a process died is never seen, and gone once nobody can be writing it', async () => {
  const home = join(folder, 'died')
  openBlobs(home)
  for (const name of ['a.webp.1', 'b.webp.2']) writeFileSync(join(home, '.partial', name), 'half')
  const hoursAgo = new Date(Date.now() - 2 * 3_600_000)
  utimesSync(join(home, '.partial', 'a.webp.1'), hoursAgo, hoursAgo)
  const blobs = openBlobs(home)
  assert.equal(await blobs.get('a.webp'), undefined)
  assert.deepEqual(await listed(blobs.all()), [])
  assert.deepEqual(readdirSync(join(home, '.partial')), ['b.webp.2'])
})

test('another process that opens them takes nothing from one that is writing', async () => {
  const home = join(folder, 'beside')
  const blobs = openBlobs(home)
  const bytes = new Uint8Array(50_000_000)
  const writing = blobs.put('a.webp', bytes)
  for (let i = 0; i < 20; i++) {
    openBlobs(home)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await writing
  assert.equal((await blobs.get('a.webp'))!.length, bytes.length)
})

test('a blob that cannot be put in its place leaves nothing behind', async () => {
  const home = join(folder, 'in-the-way')
  const blobs = openBlobs(home)
  await blobs.put('a.webp', new Uint8Array(1))
  const shard = readdirSync(home).find((name) => name !== '.partial')!
  await blobs.delete('a.webp')
  mkdirSync(join(home, shard, 'a.webp', 'full'), { recursive: true })
  await assert.rejects(blobs.put('a.webp', new Uint8Array(1)))
  assert.deepEqual(readdirSync(join(home, '.partial')), [])
})

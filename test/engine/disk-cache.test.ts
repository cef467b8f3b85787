import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { fileStamp } from '../../src/engine/checkpoint/tensor/file-stamp.ts'
import { createDiskCache, type DiskCacheOptions } from '../../src/engine/disk-cache.ts'

const scratch = mkdtempSync(join(tmpdir(), 'zoetrope-disk-cache-'))
const dir = join(scratch, 'cache')
beforeEach(() => {
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir)
})
after(() => rmSync(scratch, { recursive: true }))

/** A text is whole where it ends with a full stop. */
function openText(path: string): string | null {
  const text = readFileSync(path, 'latin1')
  return text.endsWith('.') ? text : null
}
const cacheOf = (protect: DiskCacheOptions<string>['protect'] = 'last found') =>
  createDiskCache({ dir, ending: '.text', open: openText, protect })

/** Of ten bytes, used so many hours ago. */
function file(name: string, hours: number, text = '123456789.'): void {
  const then = new Date(Date.now() - hours * 3_600_000)
  writeFileSync(join(dir, name), text)
  utimesSync(join(dir, name), then, then)
}

test('a file that is there is found by its name, one that is not whole is deleted', () => {
  const cache = cacheOf()
  file('a.text', 0)
  file('b.text', 0, 'half')
  assert.deepEqual([cache.find('a'), cache.find('b'), cache.find('c')], ['123456789.', null, null])
  assert.equal(cache.pathOf('a'), join(dir, 'a.text'))
  assert.deepEqual(readdirSync(dir), ['a.text'])
})

test('the least recently used files are evicted, and no more than is needed', () => {
  for (const [name, hours] of Object.entries({ a: 4, b: 3, c: 2, d: 1 })) file(`${name}.text`, hours)
  const another = cacheOf()
  another.find('a') // by a process with a cache of its own
  const cache = cacheOf()
  assert.equal(cache.takenBytes(), 40)
  cache.evict(20)
  assert.deepEqual(readdirSync(dir), ['a.text', 'd.text'])
})

test('to be used is not to be written: what was computed from a file is found by its stamp at every start', () => {
  writeFileSync(join(dir, 'a.text'), '123456789.')
  assert.ok(cacheOf().find('a')) // whoever writes one finds it before it is read
  const stamp = fileStamp(join(dir, 'a.text'))
  for (const _ of [1, 2, 3]) {
    assert.ok(cacheOf().find('a'))
    assert.equal(fileStamp(join(dir, 'a.text')), stamp)
  }
})

test('what was found is protected: all of it, or the last', () => {
  for (const name of ['a', 'b', 'c']) file(`${name}.text`, 1)
  const [all, last] = [cacheOf('found'), cacheOf('last found')]
  for (const name of ['a', 'b']) for (const cache of [all, last]) cache.find(name)
  all.evict(0)
  assert.deepEqual(readdirSync(dir), ['a.text', 'b.text'])
  last.evict(0)
  assert.deepEqual(readdirSync(dir), ['b.text'])
})

test('what is half-written counts, and is deleted when nobody can be writing it any more; other files are left alone', () => {
  file('a.text', 5)
  file('new.text.1.partial', 0)
  file('old.text.2.partial', 2)
  file('notes.md', 9)
  const cache = cacheOf()
  assert.equal(cache.takenBytes(), 30)
  cache.evict(20)
  assert.deepEqual(readdirSync(dir), ['a.text', 'new.text.1.partial', 'notes.md'], 'the old one was enough')
})

test('what another account keeps is found all the same', {
  skip: process.getuid?.() === 0 ? false : 'only root becomes another account',
}, () => {
  file('theirs.text', 1)
  chmodSync(scratch, 0o755)
  process.seteuid!(12_345)
  try {
    assert.equal(cacheOf().find('theirs'), '123456789.')
  } finally {
    process.seteuid!(0)
  }
})

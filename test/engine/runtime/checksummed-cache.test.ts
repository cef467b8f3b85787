import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { type ChecksummedCacheOptions, createChecksummedCache } from '../../../src/engine/runtime/checksummed-cache.ts'

const dir = join(mkdtempSync(join(tmpdir(), 'zoetrope-weights-')), 'made', 'here')
beforeEach(() => rmSync(dir, { recursive: true, force: true }))
after(() => rmSync(join(dir, '../..'), { recursive: true }))

const notes: string[] = []
const open = (changes: Partial<ChecksummedCacheOptions> = {}) => {
  notes.length = 0
  const cache = createChecksummedCache({ dir, maxBytes: 1e6, spareBytes: 0, onNote: (note) => notes.push(note), ...changes })
  cache.reserve(1)
  return cache
}
const some = (length: number, value = 7): Uint8Array => new Uint8Array(length).fill(value)

test('what is kept is found again, by another process too, with its bytes', () => {
  const kept = open().keep('a', some(9000))
  assert.deepEqual(kept, { file: join(dir, 'a.weights'), bytes: 9000 })
  for (const length of [9000, undefined]) assert.deepEqual(open().find('a', length), kept)
  assert.deepEqual(new Uint8Array(readFileSync(kept!.file)).subarray(0, 9000), some(9000))
  assert.deepEqual(readdirSync(dir), ['a.weights'])
  assert.equal(open().find('b', 9000), null)
})

for (const [what, damage] of [
  ['half-written', (path: string) => truncateSync(path, 4000)],
  ['longer than it should be', (path: string) => writeFileSync(path, some(1), { flag: 'a' })],
  ['empty', (path: string) => truncateSync(path, 0)],
  ['overwritten', (path: string) => writeFileSync(path, some(statSync(path).size, 0))],
  ['changed at its beginning', (path: string) => writeFileSync(path, some(5, 8), { flag: 'r+' })],
] as const) {
  test(`a file that is ${what} is not found, and is gone`, () => {
    damage(open().keep('a', some(9000))!.file)
    assert.equal(open().find('a', 9000), null)
    assert.deepEqual(readdirSync(dir), [])
  })
}

test('a file of another length is not what was asked for', () => {
  open().keep('a', some(9000))
  assert.equal(open().find('a', 8992), null)
})

test('what another writes is kept as what is given', async () => {
  const kept = await open().keepFile('a', async (path) => writeFileSync(path, some(9000)))
  assert.deepEqual(kept, { file: join(dir, 'a.weights'), bytes: 9000 })
  assert.deepEqual(open().find('a'), kept)
  assert.deepEqual(readFileSync(kept!.file), readFileSync(open().keep('b', some(9000))!.file))
})

test('what another could not write whole is not kept', async () => {
  const broken = async (path: string) => {
    writeFileSync(path, some(10))
    throw new Error('half')
  }
  await assert.rejects(open().keepFile('a', broken), /half/)
  assert.deepEqual(readdirSync(dir), [])
})

test('the least recently used files are evicted, what this process uses never is', () => {
  const old = new Date(Date.now() - 1e6)
  for (const name of ['a', 'b', 'c']) utimesSync(open().keep(name, some(300_000))!.file, old, old)
  const cache = open()
  assert.ok(cache.find('a', 300_000))
  assert.ok(cache.reserve(300_000))
  assert.equal(readdirSync(dir).length, 2)
  assert.ok(readdirSync(dir).includes('a.weights'))
  assert.ok(!cache.reserve(800_000))
  assert.deepEqual(readdirSync(dir), ['a.weights'])
  assert.equal(notes.length, 1)
  assert.match(notes[0]!, /^Computed weights are not kept in .+: they take 0\.0 GB, and 0\.0 GB are allowed for them\.$/)
})

test('where no graph points into it, what this process kept is evicted too', () => {
  const cache = open({ pointedInto: false, maxBytes: 20_000 })
  utimesSync(cache.keep('a', some(9000))!.file, 1, 1)
  cache.keep('b', some(9000))
  assert.ok(cache.reserve(9000))
  assert.deepEqual(readdirSync(dir), ['b.weights'])
})

test('what was left half-written goes after an hour, not while it is being written', () => {
  open()
  writeFileSync(join(dir, 'new.weights.1.partial'), some(10))
  writeFileSync(join(dir, 'old.weights.2.partial'), some(10))
  const old = new Date(Date.now() - 4e6)
  utimesSync(join(dir, 'old.weights.2.partial'), old, old)
  open().reserve(10)
  assert.deepEqual(readdirSync(dir), ['new.weights.1.partial'])
})

test('no more is begun than the disk has space for', () => {
  const cache = open({ spareBytes: 1e18 })
  assert.ok(!cache.reserve(100))
  assert.match(notes[0]!, /the disk has \d+\.\d GB left\.$/)
})

test('a disk that fills up in the middle is noted once, and nothing is left behind', () => {
  const full = (): never => {
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
  }
  const cache = open({ write: full })
  assert.equal(cache.keep('a', some(100)), null)
  assert.equal(cache.keep('b', some(100)), null)
  assert.deepEqual(readdirSync(dir), [])
  assert.deepEqual(notes, [`Computed weights are not kept in ${dir}, so that every start computes them again: the disk is full.`])
})

test('a folder that cannot be made is noted, and stops nobody', () => {
  writeFileSync(join(dir, '../..', 'file'), '')
  const cache = open({ dir: join(dir, '../..', 'file', 'below') })
  assert.ok(!cache.reserve(10))
  assert.equal(cache.find('a', 10), null)
  assert.match(notes[0]!, /they cannot be written \(ENOTDIR\)\.$/)
})

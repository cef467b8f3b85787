import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Frames } from '../../../src/engine/frames.ts'
import { sourceOf } from '../../../src/media/frame-source.ts'
import { createFrameCache } from '../../../src/render/frames/frame-cache.ts'
import { temporaryFolder } from '../../store/folder.ts'

const root = temporaryFolder()
let folders = 0
const newFolder = (): string => join(root, String(folders++))

const [count, width, height] = [3, 8, 4]
const framesOf = (value: number): Frames => ({ count, width, height, data: new Uint8Array(count * width * height * 3).fill(value) })
const animation = (n: number): Uint8Array => Uint8Array.of(1, 2, 3, n)

function opened(maxBytes = 1e6) {
  const dir = newFolder()
  const cache = createFrameCache({ dir, maxBytes, onTrouble: assert.fail })
  return { dir, cache, files: () => (existsSync(dir) ? readdirSync(dir) : []) }
}

test('frames are found by the file that was made of them, also by another process, and by no other file', () => {
  const { dir, cache } = opened()
  cache.keep(animation(1), sourceOf(framesOf(7)))
  const other = createFrameCache({ dir, maxBytes: 1e6, onTrouble: assert.fail })
  assert.deepEqual(other.find(animation(1)), { ...framesOf(7), data: Buffer.from(framesOf(7).data) })
  assert.equal(other.find(animation(2)), null)
})

test('nobody can read them without that file', () => {
  const { dir, cache, files } = opened()
  cache.keep(animation(1), sourceOf(framesOf(7)))
  cache.keep(animation(2), sourceOf(framesOf(7)))
  const [one, other] = files().map((name) => readFileSync(join(dir, name)))
  assert.equal(one!.indexOf(Buffer.alloc(8, 7)), -1)
  assert.notDeepEqual(one!.subarray(12), other!.subarray(12))
})

test('a file that is not whole, or was changed, gives no frames', () => {
  const { dir, cache, files } = opened()
  cache.keep(animation(1), sourceOf(framesOf(7)))
  const path = join(dir, files()[0]!)
  const bytes = readFileSync(path)
  for (const broken of [bytes.subarray(0, 20), bytes.subarray(0, -1), bytes.map((byte, i) => (i === 40 ? byte ^ 1 : byte))]) {
    writeFileSync(path, broken)
    assert.equal(cache.find(animation(1)), null)
  }
})

test('what was used longest ago goes, and what is larger than all of it is not kept', () => {
  const each = 12 + 12 + 16 + count * width * height * 3
  const { dir, cache, files } = opened(2.5 * each)
  for (const [n, usedSeconds] of [
    [1, 20],
    [2, 10],
  ] as const) {
    const known = files()
    cache.keep(animation(n), sourceOf(framesOf(n)))
    const [name] = files().filter((file) => !known.includes(file))
    utimesSync(join(dir, name!), usedSeconds, usedSeconds)
  }
  cache.keep(animation(3), sourceOf(framesOf(3)))
  assert.deepEqual(
    [1, 2, 3].map((n) => cache.find(animation(n))?.data[0]),
    [1, undefined, 3],
  )
  const small = opened(each / 2)
  small.cache.keep(animation(1), sourceOf(framesOf(1)))
  assert.deepEqual(small.files(), [])
})

test('a disk that cannot be written to is told to the operator, and fails nothing', () => {
  const told: string[] = []
  const onTrouble = (sentence: string): void => void told.push(sentence)
  const occupied = newFolder()
  writeFileSync(occupied, 'no folder')
  const nowhere = createFrameCache({ dir: occupied, maxBytes: 1e6, onTrouble })
  nowhere.keep(animation(1), sourceOf(framesOf(1)))
  assert.equal(nowhere.find(animation(1)), null)

  const dir = newFolder()
  const full = createFrameCache({ dir, maxBytes: 1e6, onTrouble })
  const frame = (): never => assert.fail('no space left on device')
  full.keep(animation(1), { ...sourceOf(framesOf(1)), frame })
  assert.deepEqual([full.find(animation(1)), readdirSync(dir)], [null, []])
  assert.equal(told.length, 2)
  assert.match(told[0]!, /could not be kept in .*EEXIST/)
  assert.match(told[1]!, /could not be kept in .*no space left on device/)
})

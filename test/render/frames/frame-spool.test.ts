// Frames that are spooled: the same again, in memory and beyond it.

import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Frames, frameAt } from '../../../src/engine/frames.ts'
import { createFrameSpool } from '../../../src/render/frames/frame-spool.ts'

const [width, height] = [6, 4]
const partOf = (from: number, count: number): Frames => ({
  count,
  width,
  height,
  data: Uint8Array.from({ length: count * width * height * 3 }, (_, i) => (from * 31 + i * 7) % 251),
})
const parts = [partOf(0, 3), partOf(3, 2), partOf(5, 4)]
const wanted = parts.flatMap((part) => Array.from({ length: part.count }, (_, i) => Buffer.from(frameAt(part, i))))

for (const [where, memoryBytes] of [
  ['memory', 1 << 20],
  ['a file', 0],
  ['memory first and then a file', 4 * width * height * 3],
] as const) {
  test(`frames that lie in ${where} come back in any order, as often as they are asked for`, () => {
    const before = globSync(join(tmpdir(), 'zoetrope-frames-*')).length
    const spool = createFrameSpool(memoryBytes)
    for (const part of parts) spool.add(part)
    const source = spool.source()
    assert.deepEqual([source.count, source.width, source.height], [9, width, height])
    for (const i of [8, 0, 4, 4, 3, 7]) assert.deepEqual(Buffer.from(source.frame(i)), wanted[i])
    spool.close()
    assert.equal(globSync(join(tmpdir(), 'zoetrope-frames-*')).length, before, 'nothing is left')
  })
}

test('a folder for temporary files that takes none is told, once one is needed', () => {
  const { TMPDIR } = process.env
  process.env['TMPDIR'] = '/nowhere'
  assert.ok(!existsSync(tmpdir()))
  try {
    createFrameSpool(1 << 20).add(parts[0]!)
    assert.throws(() => createFrameSpool(0).add(parts[0]!), { name: 'UserError', code: 'no-temporary-file' })
  } finally {
    if (TMPDIR === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = TMPDIR
  }
})

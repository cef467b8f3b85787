import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { partialFile } from '../../src/engine/partial-file.ts'

const dir = mkdtempSync(join(tmpdir(), 'zoetrope-partial-'))
after(() => rmSync(dir, { recursive: true }))
const target = join(dir, 'whole')

test('a file takes the place of its target when it is committed, and leaves nothing when it is abandoned', () => {
  writeFileSync(target, 'old')
  const [one, other] = [partialFile(target), partialFile(target)]
  for (const [file, text] of [
    [one, 'new'],
    [other, 'half'],
  ] as const) {
    writeFileSync(file.path, text)
  }
  assert.equal(readFileSync(target, 'utf8'), 'old')
  assert.equal(readdirSync(dir).filter((name) => name.endsWith('.partial')).length, 2)
  other.abandon()
  one.commit()
  assert.deepEqual(readdirSync(dir), ['whole'])
  assert.equal(readFileSync(target, 'utf8'), 'new')
  partialFile(target).abandon()
})

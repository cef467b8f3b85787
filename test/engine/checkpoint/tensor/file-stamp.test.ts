import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileStamp } from '../../../../src/engine/checkpoint/tensor/file-stamp.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-stamp-'))
after(() => rmSync(scratch, { recursive: true }))
const at = (name: string): string => join(scratch, name)

test('a file is another when it is longer, newer or elsewhere; a link is what it leads to', () => {
  writeFileSync(at('file'), 'one')
  const first = fileStamp(at('file'))
  assert.equal(fileStamp(at('file')), first)
  symlinkSync(at('file'), at('link'))
  assert.equal(fileStamp(at('link')), first)
  writeFileSync(at('file'), 'longer')
  const longer = fileStamp(at('file'))
  assert.notEqual(longer, first)
  utimesSync(at('file'), 1, 1)
  assert.notEqual(fileStamp(at('file')), longer)
  renameSync(at('file'), at('elsewhere'))
  assert.equal(fileStamp(at('file')), '-')
})

test("a model's folder is another when any file of its parts is; other folders in it do not count", () => {
  for (const folder of ['model/unet', 'model/other']) mkdirSync(at(folder), { recursive: true })
  for (const file of ['model/defaults.json', 'model/unet/config.json', 'model/other/notes']) writeFileSync(at(file), '{}')
  const before = fileStamp(at('model'))
  writeFileSync(at('model/other/notes'), 'longer')
  assert.equal(fileStamp(at('model')), before)
  for (const file of ['model/unet/config.json', 'model/defaults.json', 'model/unet/new.safetensors']) {
    const last = fileStamp(at('model'))
    writeFileSync(at(file), 'longer')
    assert.notEqual(fileStamp(at('model')), last, file)
  }
})

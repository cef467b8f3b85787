// Digests of files that come and go: what is remembered of them is no more than what is there.

import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFileContents } from '../../src/render/file-contents.ts'
import { temporaryFolder } from '../store/folder.ts'

const folder = temporaryFolder()

test('what is kept for the next start names large files that are there, and nothing else', async () => {
  const keptIn = join(folder, 'file-contents.json')
  const contents = createFileContents({ keptIn })
  const file = (name: string, bytes: number): string => {
    const path = join(folder, name)
    writeFileSync(path, Buffer.alloc(bytes, name))
    return path
  }
  const kept = () => (JSON.parse(readFileSync(keptIn, 'utf8')) as [string, unknown][]).map(([path]) => path)
  const [small, first, second] = [file('small', 10), file('first', 2 ** 20 + 1), file('second', 2 ** 20 + 1)]
  for (const path of [small, first]) await contents.of(path)
  assert.deepEqual(kept(), [first])
  rmSync(first)
  await contents.of(second)
  assert.deepEqual(kept(), [second])
})

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openPageDatabase } from '../../../src/chat/web/database.ts'
import { createWeb } from '../../../src/chat/web/index.ts'
import { UserError } from '../../../src/errors.ts'
import { webOptions } from './web-options.ts'

test('a page whose memory is damaged is refused with one sentence, and the file stays as it is', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-page-'))
  const file = join(folder, 'page.sqlite')
  try {
    writeFileSync(file, 'not a database '.repeat(100))
    assert.throws(
      () => createWeb(webOptions({ file })),
      (error) => error instanceof UserError && error.code === 'database-damaged' && error.message.includes(file),
    )
    assert.equal(readFileSync(file, 'utf8'), 'not a database '.repeat(100))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('what the page is known by outlives its process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-page-'))
  const file = join(folder, 'page.sqlite')
  try {
    const first = openPageDatabase(file)
    first.close()
    const second = openPageDatabase(file)
    assert.deepEqual([second.id, second.secret], [first.id, first.secret])
    second.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

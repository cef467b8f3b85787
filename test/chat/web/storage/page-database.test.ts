// Page database: what a file may be, and what becomes of one of before.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createWeb } from '../../../../src/chat/web/index.ts'
import { openPageDatabase } from '../../../../src/chat/web/storage/page-database.ts'
import { UserError } from '../../../../src/errors.ts'
import { webOptions } from '../web-options.ts'

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
    assert.deepEqual({ id: second.id, secret: second.secret }, { id: first.id, secret: first.secret })
    second.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a memory of before files told whose they are is kept as it is, from then on marked', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-page-'))
  const file = join(folder, 'page.sqlite')
  try {
    const first = openPageDatabase(file)
    first.sql.exec(`DROP INDEX messages_reader; DROP INDEX messages_reader_revision; DROP INDEX messages_asker; DROP INDEX messages_age;
      ALTER TABLE messages DROP COLUMN bytes; PRAGMA application_id = 0; PRAGMA user_version = 0`)
    first.sql.prepare('INSERT INTO people VALUES (?, ?)').run('one', 'Ada')
    first.close()
    for (const _ of ['unmarked', 'marked']) {
      const { sql, id, close } = openPageDatabase(file)
      assert.equal(id, first.id)
      assert.equal(sql.prepare('SELECT name FROM people').get()!['name'], 'Ada')
      assert.notEqual(sql.prepare('PRAGMA application_id').get()!['application_id'], 0)
      close()
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

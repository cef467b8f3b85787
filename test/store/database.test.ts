import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { UserError } from '../../src/errors.ts'
import { type DatabaseOptions, openDatabase } from '../../src/store/database.ts'
import { temporaryFolder } from './folder.ts'

const folder = temporaryFolder()
const migrations = ['CREATE TABLE notes (text TEXT) STRICT', 'ALTER TABLE notes ADD COLUMN author TEXT']

function options(file: string, more: Partial<DatabaseOptions> = {}): DatabaseOptions {
  return { path: join(folder, file), name: 'notebook', applicationId: 77, migrations, ...more }
}

function refusal(act: () => void): UserError {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof UserError, `${error}`)
    return error
  }
  assert.fail('not refused')
}

test('a file of an older version is brought to the newest with what stands in it', () => {
  const old = openDatabase(options('older.sqlite', { migrations: migrations.slice(0, 1) }))
  old.sql.exec("INSERT INTO notes VALUES ('kept')")
  old.close()
  const database = openDatabase(options('older.sqlite'))
  assert.deepEqual({ ...database.sql.prepare('SELECT * FROM notes').get() }, { text: 'kept', author: null })
  database.close()
})

test('a migration that fails leaves the file at its old version', () => {
  openDatabase(options('half.sqlite', { migrations: migrations.slice(0, 1) })).close()
  const wrong = [...migrations, 'ALTER TABLE notes ADD COLUMN author TEXT']
  assert.throws(() => openDatabase(options('half.sqlite', { migrations: wrong })), /duplicate column/)
  const database = openDatabase(options('half.sqlite'))
  assert.equal(database.sql.prepare('PRAGMA user_version').get()!['user_version'], 2)
  database.close()
})

test('a transaction is written whole or not at all', () => {
  const database = openDatabase(options('transaction.sqlite'))
  const write = (text: string) => database.sql.prepare('INSERT INTO notes (text) VALUES (?)').run(text)
  assert.throws(
    () =>
      database.transaction(() => {
        write('one')
        throw new Error('in the middle')
      }),
    /in the middle/,
  )
  assert.equal(
    database.transaction(() => write('two').changes),
    1,
  )
  assert.deepEqual(database.sql.prepare('SELECT text FROM notes').all().map(Object.values), [['two']])
  database.close()
})

test('a file that one process alone may have is refused to a second with what it may be', async () => {
  const path = join(folder, 'alone.sqlite')
  const script = `import { openDatabase } from '${import.meta.resolve('../../src/store/database.ts')}'
    openDatabase({ path: ${JSON.stringify(path)}, name: 'notebook', applicationId: 77, migrations: ['CREATE TABLE notes (text)'], alone: true })
    console.log('open'); setInterval(() => {}, 1000)`
  const other = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(other.stdout, 'data')
  const error = refusal(() => openDatabase(options('alone.sqlite', { alone: true, waitMs: 50 })))
  assert.equal(error.code, 'database-locked')
  assert.match(error.message, /notebook .*alone\.sqlite is open in another process/)
  other.kill('SIGKILL')
  await once(other, 'exit')
  openDatabase(options('alone.sqlite', { alone: true })).close()
})

test('a file of a newer version, of another program, or of no database at all is refused and left as it was', () => {
  openDatabase(options('newer.sqlite')).close()
  new DatabaseSync(join(folder, 'foreign.sqlite')).exec('CREATE TABLE theirs (a)')
  writeFileSync(join(folder, 'text.sqlite'), 'no database\n'.repeat(1000))
  const cases = [
    ['newer.sqlite', { migrations: migrations.slice(0, 1) }, 'database-newer', /its format is 2, this one knows up to 1/],
    ['foreign.sqlite', {}, 'database-foreign', /is an SQLite file of something else/],
    ['text.sqlite', {}, 'database-damaged', /is damaged or no SQLite file \(file is not a database\)/],
  ] as const
  for (const [file, more, code, message] of cases) {
    const before = readFileSync(join(folder, file))
    const error = refusal(() => openDatabase(options(file, more)))
    assert.deepEqual({ code: error.code, path: error.data.path }, { code, path: join(folder, file) })
    assert.match(error.message, message)
    assert.deepEqual(readFileSync(join(folder, file)), before)
  }
})

test('a file that was damaged in the middle is refused before anything is read from it', () => {
  const database = openDatabase(options('whole.sqlite'))
  const insert = database.sql.prepare('INSERT INTO notes (text) VALUES (?)')
  for (let n = 0; n < 500; n++) insert.run('x'.repeat(500))
  database.close()
  const bytes = readFileSync(join(folder, 'whole.sqlite'))
  bytes.fill(0xaa, bytes.length >> 1, (bytes.length >> 1) + 8192)
  writeFileSync(join(folder, 'damaged.sqlite'), bytes)
  assert.equal(refusal(() => openDatabase(options('damaged.sqlite'))).code, 'database-damaged')
})

test('a file without its end is refused', () => {
  copyFileSync(join(folder, 'whole.sqlite'), join(folder, 'short.sqlite'))
  const bytes = readFileSync(join(folder, 'short.sqlite'))
  writeFileSync(join(folder, 'short.sqlite'), bytes.subarray(0, bytes.length - 20_000))
  assert.equal(refusal(() => openDatabase(options('short.sqlite'))).code, 'database-damaged')
})

test('a place that cannot be written is refused with its path', () => {
  const error = refusal(() => openDatabase(options('no-such-folder/a.sqlite')))
  assert.equal(error.code, 'database-unreachable')
  assert.match(error.message, /no-such-folder/)
  mkdirSync(join(folder, 'a-folder.sqlite'))
  assert.equal(refusal(() => openDatabase(options('a-folder.sqlite'))).code, 'database-unreachable')
})

test('a file that may only be read is refused', { skip: process.getuid?.() === 0 && 'root may write everything' }, () => {
  openDatabase(options('read-only.sqlite')).close()
  chmodSync(join(folder, 'read-only.sqlite'), 0o444)
  assert.equal(refusal(() => openDatabase(options('read-only.sqlite'))).code, 'database-unreachable')
})

test('a file is its owner’s alone, also one that an earlier version left open to others', () => {
  const path = join(folder, 'private.sqlite')
  const modes = () => [path, `${path}-wal`].map((file) => (statSync(file).mode & 0o777).toString(8))
  const first = openDatabase(options('private.sqlite'))
  first.sql.exec("INSERT INTO notes (text) VALUES ('Tom')")
  assert.deepEqual(modes(), ['600', '600'])
  first.close()
  chmodSync(path, 0o644)
  const second = openDatabase(options('private.sqlite'))
  second.sql.exec("INSERT INTO notes (text) VALUES ('Kit')")
  assert.deepEqual(modes(), ['600', '600'])
  second.close()
})

test('what was deleted stands in no file any more once it was erased, the write-ahead log included', async () => {
  const path = join(folder, 'erased.sqlite')
  const database = openDatabase(options('erased.sqlite'))
  const holds = (word: string) => [path, `${path}-wal`].filter((file) => existsSync(file) && readFileSync(file).includes(word))
  database.sql.exec("INSERT INTO notes (text) VALUES ('Schrödinger')")
  database.sql.exec("UPDATE notes SET text = 'Pangur' WHERE text = 'Schrödinger'; DELETE FROM notes WHERE text = 'Pangur'")
  assert.notDeepEqual(holds('Pangur'), [], 'the log holds it until then')
  database.erase()
  database.erase()
  await new Promise((resolve) => setTimeout(resolve, 1000))
  for (const word of ['Pangur', 'Schrödinger']) assert.deepEqual(holds(word), [])
  database.close()
  database.erase()
})

test('syncing resolves for all who wait, with nothing written and after closing too', async () => {
  const database = openDatabase(options('synced.sqlite'))
  await database.durable()
  database.sql.exec("INSERT INTO notes (text) VALUES ('a')")
  await Promise.all(Array.from({ length: 10 }, () => database.durable()))
  const late = database.durable()
  database.close()
  await late
  await database.durable()
  const memory = openDatabase(options('', { path: ':memory:' }))
  await memory.durable()
  memory.close()
})

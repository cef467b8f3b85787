// The home folder: whose it is.

import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openHome } from '../../src/bot/home-folder.ts'
import { temporaryFolder } from '../store/folder.ts'

const folder = temporaryFolder()
const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8)
const posix = { skip: process.platform === 'win32' ? 'folders have no such rights here' : false }

test('is made for its owner alone, whatever others may do with new files', posix, (t) => {
  const before = process.umask(0)
  t.after(() => process.umask(before))
  const home = join(folder, 'new', 'home')
  openHome(home)
  assert.equal(modeOf(home), '700')
})

test('is closed to others where an earlier version left it open', posix, () => {
  const home = join(folder, 'open')
  mkdirSync(join(home, 'store'), { recursive: true })
  for (const name of ['journal.sqlite', 'journal.sqlite-wal', 'page.sqlite', 'admin-token']) writeFileSync(join(home, name), '')
  chmodSync(home, 0o755)
  openHome(home)
  assert.equal(modeOf(home), '700')
})

test('stays as it is where somebody named a folder with other things in it', posix, () => {
  const home = join(folder, 'shared')
  mkdirSync(home)
  writeFileSync(join(home, 'letter.txt'), '')
  chmodSync(home, 0o1777)
  openHome(home)
  assert.equal(modeOf(home), '1777')
})

test('stays as it is where it is a volume of another account', {
  skip: process.getuid?.() === 0 ? false : 'only root gives folders away',
}, () => {
  const home = join(folder, 'volume')
  mkdirSync(home)
  chmodSync(home, 0o777)
  chownSync(home, 12_345, 12_345)
  openHome(home)
  assert.equal(modeOf(home), '777')
})

test('that cannot be made is refused with what to set', () => {
  writeFileSync(join(folder, 'file'), '')
  assert.throws(() => openHome(join(folder, 'file', 'home')), { name: 'UserError', code: 'no-home', message: /set ZOETROPE_HOME/ })
})

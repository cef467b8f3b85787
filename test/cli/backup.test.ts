// Backup and restore: of a home that a bot is using, and of files that are no whole backups.

import assert from 'node:assert/strict'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { create } from 'tar'
import { homeFiles } from '../../src/cli/backup/home-files.ts'
import { restoreBackup } from '../../src/cli/backup/restore-backup.ts'
import { writeBackup } from '../../src/cli/backup/write-backup.ts'
import { UserError } from '../../src/errors.ts'
import { startBots, stop, visit } from '../started-bot.ts'

const folder = mkdtempSync(join(tmpdir(), 'zoetrope-backup-'))
const earlierHome = join(import.meta.dirname, '../fixtures/earlier-home')
let made = 0
const newPath = (name: string): string => join(folder, `${name}${made++}`)
const bots = startBots(newPath('unused'))
after(() => {
  bots.kill()
  rmSync(folder, { recursive: true, force: true })
})

function someHome(): string {
  const home = newPath('home')
  cpSync(earlierHome, home, { recursive: true })
  return home
}

async function someBackup(): Promise<string> {
  const file = newPath('backup')
  await writeBackup({ home: someHome(), file, models: false, version: '1.2.3' })
  return file
}

const refusal = (code: string, words: RegExp) => (error: unknown) =>
  error instanceof UserError && error.code === code && words.test(error.message)

describe('a backup', () => {
  test('of a running bot comes back whole, with what was said a moment before', { timeout: 120_000 }, async () => {
    const home = someHome()
    const bot = await bots.start({ ZOETROPE_HOME: home, RETENTION_DAYS: '3650' })
    const ann = await visit(bot.page)
    await ann.say('/animate a red kite over the sea')
    const heard = async () => JSON.stringify(await ann.messages())
    while (!/"tone":"(waiting|running|done)"/.test(await heard())) await new Promise((resolve) => setTimeout(resolve, 50))
    const file = newPath('backup')
    const { files } = await writeBackup({ home, file, models: false, version: '1.2.3' })
    assert.equal(await stop(bot), 0)
    assert.ok(files.every(({ path }) => !path.startsWith('cache/')))
    assert.equal(statSync(file).mode & 0o777, 0o600)

    const restored = newPath('restored')
    assert.equal((await restoreBackup(file, restored)).version, '1.2.3')
    assert.equal(statSync(restored).mode & 0o777, 0o700)
    for (const path of homeFiles(earlierHome, { models: false }).files)
      assert.deepEqual(readFileSync(join(restored, path)), readFileSync(join(earlierHome, path)), path)
    const again = await bots.start({ ZOETROPE_HOME: restored, RETENTION_DAYS: '3650' })
    assert.match(JSON.stringify(await (await visit(again.page)).messages()), /a red kite over the sea/)
    assert.equal(await stop(again), 0)
  })

  test('overwrites no file, is made of no empty folder, and leaves nothing half-written', async () => {
    const file = await someBackup()
    const whole = readFileSync(file)
    await assert.rejects(writeBackup({ home: someHome(), file, models: false, version: '1' }), refusal('backup-exists', /there already/))
    assert.deepEqual(readFileSync(file), whole)
    const empty = newPath('empty')
    mkdirSync(empty)
    await assert.rejects(
      writeBackup({ home: empty, file: newPath('backup'), models: false, version: '1' }),
      refusal('backup-nothing', /no records/),
    )
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('partial')),
      [],
    )
  })

  test('comes back into an empty folder, which a damaged one leaves there', async () => {
    const [home, damaged] = [newPath('home'), newPath('damaged')]
    mkdirSync(home)
    chmodSync(home, 0o775) // which no usual umask lets a new folder have
    const file = await someBackup()
    writeFileSync(damaged, readFileSync(file).subarray(0, 2000))
    await assert.rejects(restoreBackup(damaged, home), UserError)
    assert.deepEqual(readdirSync(home), [])
    assert.equal(statSync(home).mode & 0o777, 0o775)
    await restoreBackup(file, home)
    assert.deepEqual(homeFiles(home, { models: false }), homeFiles(earlierHome, { models: false }))
    assert.equal(statSync(home).mode & 0o777, 0o700)
  })

  test('comes back into a volume, which is there and stays', async () => {
    const volume = newPath('volume')
    mkdirSync(join(volume, 'lost+found'), { recursive: true })
    const { ino } = statSync(volume)
    await restoreBackup(await someBackup(), volume)
    assert.equal(statSync(volume).ino, ino)
    assert.deepEqual(homeFiles(volume, { models: false }).databases, homeFiles(earlierHome, { models: false }).databases)
    assert.deepEqual(
      readdirSync(volume).filter((name) => name.includes('partial')),
      [],
    )
  })

  test('leaves out what is being fetched', () => {
    const home = someHome()
    mkdirSync(join(home, 'styles/incoming'), { recursive: true })
    writeFileSync(join(home, 'styles/incoming/half'), 'half')
    assert.ok(!homeFiles(home, { models: false }).files.some((path) => path.includes('incoming')))
  })

  test('takes pulled models along where it is asked to', () => {
    const home = someHome()
    mkdirSync(join(home, 'models'))
    writeFileSync(join(home, 'models/base.safetensors'), 'weights')
    assert.ok(!homeFiles(home, { models: false }).files.includes('models/base.safetensors'))
    assert.ok(homeFiles(home, { models: true }).files.includes('models/base.safetensors'))
  })
})

test('a home that cannot be made is said, and where else one may be', async () => {
  const file = newPath('file')
  writeFileSync(file, '')
  const backup = await someBackup()
  for (const home of [join(file, 'home'), file])
    await assert.rejects(restoreBackup(backup, home), refusal('no-home', /cannot be written .* set ZOETROPE_HOME to another/))
})

describe('a file is not restored', () => {
  const untouched = async (file: string, code: string, words: RegExp): Promise<void> => {
    const home = newPath('home')
    await assert.rejects(restoreBackup(file, home), refusal(code, words))
    assert.ok(!existsSync(home))
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('partial')),
      [],
    )
  }

  test('that is not there', () => untouched(newPath('nothing'), 'backup-missing', /There is no file/))

  test('that is something else', async () => {
    const file = newPath('picture')
    cpSync(join(earlierHome, 'cookie'), file)
    await untouched(file, 'backup-unreadable', /cannot be unpacked/)
  })

  test('that was cut off anywhere', async () => {
    const whole = readFileSync(await someBackup())
    for (const share of [0.3, 0.6, 0.95]) {
      const file = newPath('cut')
      writeFileSync(file, whole.subarray(0, Math.floor(whole.length * share)))
      const home = newPath('home')
      await assert.rejects(restoreBackup(file, home), UserError)
      assert.ok(!existsSync(home))
    }
  })

  test('that ends in a list of another form', async () => {
    const other = newPath('other')
    mkdirSync(other)
    const file = newPath('other-backup')
    for (const list of ['{"version":', JSON.stringify({ version: '1', files: {} })]) {
      writeFileSync(join(other, 'zoetrope-backup.json'), list)
      await create({ file, cwd: other }, ['zoetrope-backup.json'])
      await untouched(file, 'backup-cut-off', /does not end as a backup of Zoetrope ends/)
    }
  })

  test('in which a byte has changed', async () => {
    const file = await someBackup()
    const bytes = readFileSync(file)
    bytes[bytes.indexOf('SQLite format 3') + 5000]! ^= 1
    writeFileSync(file, bytes)
    await untouched(file, 'backup-damaged', /sqlite in .* is damaged/)
  })

  test('over a home that is in use', async () => {
    const home = someHome()
    await assert.rejects(restoreBackup(await someBackup(), home), refusal('home-not-empty', /not empty/))
    assert.ok(existsSync(join(home, 'journal.sqlite')))
  })

  test('whose links would lead out of the home', async () => {
    const trap = newPath('trap')
    mkdirSync(trap)
    symlinkSync(folder, join(trap, 'out'))
    writeFileSync(join(trap, 'zoetrope-backup.json'), JSON.stringify({ version: '1', madeAt: new Date().toISOString(), files: [] }))
    const file = newPath('trap')
    await create({ file, cwd: trap }, ['out', 'zoetrope-backup.json'])
    const home = newPath('home')
    await restoreBackup(file, home)
    assert.ok(!existsSync(join(home, 'out')))
  })
})

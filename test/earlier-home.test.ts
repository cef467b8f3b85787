// A home that an earlier version made (0.1.0: on its page an admin drew, kept, set, renamed, and stopped it while one animation was
// being drawn and another waited), opened by this one. What it notes of time is moved to now: what waits for hours is given up.

import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type PageVisitor, startBots, stop, visit } from './started-bot.ts'

const made = join(import.meta.dirname, 'fixtures/earlier-home')
const home = mkdtempSync(join(tmpdir(), 'zoetrope-earlier-'))
const bots = startBots(home)
after(() => {
  bots.kill()
  rmSync(home, { recursive: true, force: true })
})

test('opens whole: what was drawn is shown, what was set holds, what waited is drawn, once', { timeout: 180_000 }, async () => {
  cpSync(made, home, { recursive: true })
  moveToNow(home)
  const bot = await bots.start({ RETENTION_DAYS: '3650' })
  const ann = await visit(bot.page, readFileSync(join(made, 'cookie'), 'utf8').trim())
  await ann.signIn(readFileSync(join(made, 'admin-token'), 'utf8').trim())

  const answers = async (quote: string) =>
    (await ann.messages()).filter(({ body }) => body.kind === 'answer' && body.quote?.startsWith(quote))
  for (const prompt of ['a red boat', 'a blue fish', 'a green bird']) {
    while (!(await answers(prompt)).every(({ body }) => body.tone === 'done')) await sleep(200)
    assert.equal((await answers(prompt)).length, 1, prompt)
  }
  const path = /"(\/pictures\/[^"]+)"/.exec(JSON.stringify(await answers('a red boat')))?.[1]
  assert.ok(path)
  assert.deepEqual(await ann.get(path), new Uint8Array(readFileSync(join(made, 'store/blobs/b3/qmho0wkpn3.gif'))))

  assert.match(await responseTo(ann, '/history kept:yes'), /a red boat/)
  assert.doesNotMatch(await responseTo(ann, '/history kept:yes'), /a green bird/)
  assert.match(await responseTo(ann, '/settings show'), /mauve/)
  assert.match(await responseTo(ann, '/animate a mauve cat'), /mauve/)
  assert.match(await responseTo(ann, '/animate a cat frames:25'), /24/)
  assert.match(await responseTo(ann, '/defaults show'), /"steps[^}]*3/i)
  assert.match(await responseTo(ann, '/styles'), /old-photo/)
  assert.equal(await stop(bot), 0)
})

function moveToNow(home: string) {
  const files = ['journal.sqlite', 'page.sqlite', 'store/store.sqlite'].map((file) => new DatabaseSync(join(home, file)))
  const newest = files[0]?.prepare('SELECT max(accepted_ms) AS ms FROM jobs').get()?.['ms']
  assert.ok(typeof newest === 'number')
  for (const file of files) {
    const moments = file
      .prepare(
        "SELECT t.name AS 'table', c.name AS 'column' FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE c.name LIKE '%\\_ms' ESCAPE '\\'",
      )
      .all()
    for (const { table, column } of moments) file.prepare(`UPDATE ${table} SET ${column} = ${column} + ?`).run(Date.now() - newest)
    file.close()
  }
}

async function responseTo(visitor: PageVisitor, text: string): Promise<string> {
  const event = await visitor.say(text)
  for (;;) {
    const found = (await visitor.messages()).find((message) => message.event === event && message.body.kind === 'answer')
    if (found) return JSON.stringify(found.body)
    await sleep(100)
  }
}

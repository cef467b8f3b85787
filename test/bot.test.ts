// `npm start` as people start it: a process of its own, its page over HTTP, the model that ships.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { readSettings } from '../src/media/inspect.ts'
import { botProgram, startBots, stop, visit } from './started-bot.ts'

const home = mkdtempSync(join(tmpdir(), 'zoetrope-bot-'))
const { start, kill } = startBots(home)

afterEach(kill)
after(() => {
  rmSync(home, { recursive: true, force: true })
})

test('draws what is asked on the page, shows it there, counts it, and stops when it is asked to', { timeout: 180_000 }, async () => {
  const bot = await start()
  const ann = await visit(bot.page)
  await ann.say('/animate a red ball bouncing in a meadow style:sepia seed:7 steps:4 size:64x64')
  let text = ''
  for (;;) {
    text = JSON.stringify(await ann.messages())
    if (/"tone":"(done|failed)"/.test(text)) break
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  assert.match(text, /a red ball bouncing in a meadow/)
  assert.match(text, /"tone":"done"/)
  const path = /"(\/pictures\/[^"]+)"/.exec(text)?.[1]
  assert.ok(path, text)
  const { settings, frames } = readSettings(await ann.get(path))
  assert.equal(frames, 16)
  assert.equal((settings as { seed: string }).seed, '7')
  assert.equal((await fetch(`${bot.health}/readyz`)).status, 200)
  assert.match(await (await fetch(`${bot.health}/metrics`)).text(), /zoetrope_request_seconds_count\{platform="web",end="done"\} 1/)
  assert.ok(!bot.logged().includes('bouncing'), 'what people write is not in the log')
  assert.equal(await stop(bot), 0)
})

test('says of each platform that is configured wrongly how to mend it, and serves the others', { timeout: 60_000 }, async () => {
  const secret = 'xoxb-secret-1234567890'
  const bot = await start({ DISCORD_TOKEN: 'nonsense', SLACK_BOT_TOKEN: secret, LOG_LEVEL: 'trace' })
  assert.match(bot.said(), /^discord is off: .*discord\.com\/developers/m)
  assert.match(bot.said(), /^slack is off: .*SLACK_APP_TOKEN/m)
  assert.equal((await fetch(bot.page)).status, 200)
  assert.equal(await stop(bot), 0)
  assert.ok(!`${bot.said()}${bot.logged()}`.includes(secret))
})

test('prints its settings when it is asked for help', async () => {
  const child = spawn(process.execPath, [botProgram, '--help'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  for await (const text of child.stdout) said += text
  assert.match(said, /^DISCORD_TOKEN +The bot's token/m)
  assert.match(said, /^PORT +8787 +Port of the page/m)
})

test('refuses to start on a wrong setting, where nobody could reach it, or on records that another bot has open: a sentence each', {
  timeout: 60_000,
}, async () => {
  const wrong = await start({ PORT: 'http' })
  assert.equal(wrong.process.exitCode, 1)
  assert.equal(wrong.logged(), "PORT should be a whole number from 0 to 65535, and is 'http'.\n")
  const first = await start()
  const port = new URL(first.page).port
  const elsewhere = join(home, 'elsewhere')
  const crowded = await start({ PORT: port, ZOETROPE_HOME: elsewhere })
  assert.equal(crowded.process.exitCode, 1)
  assert.match(crowded.said(), new RegExp(`^web is off: .*${port}`, 'm'))
  assert.match(crowded.logged(), /^Nobody can reach the bot: every platform is off\.$/m)
  const second = await start()
  assert.equal(second.process.exitCode, 1)
  assert.match(second.logged(), /^[^\n]+journal[^\n]+\n$/)
  assert.equal(await stop(first), 0)
})

test('without what it is to draw with it is not ready, says so to its operator alone, and is once that is there', {
  timeout: 180_000,
}, async () => {
  const checkpoint = join(home, 'models', 'later.safetensors')
  const bot = await start({ CHECKPOINT: checkpoint })
  assert.ok(!/^Ready\b/m.test(bot.said()), bot.said())
  assert.match(bot.said(), /Nothing can be drawn: .*later\.safetensors/)
  const ready = await fetch(`${bot.health}/readyz`)
  assert.equal(ready.status, 503)
  assert.match(await ready.text(), /later\.safetensors/)
  assert.equal((await fetch(`${bot.health}/healthz`)).status, 200)
  const ann = await visit(bot.page)
  await ann.say('/animate a red ball')
  const text = JSON.stringify(await ann.messages())
  assert.match(text, /cannot draw this just now; its operator has been told/)
  assert.ok(!text.includes('later.safetensors'), 'people are told no path of the host')
  assert.equal(await stop(bot), 0)
})

test('what is deleted on demand stands in no file any more, and no file is for others to read', { timeout: 180_000 }, async () => {
  const own = join(home, 'own')
  const bot = await start({ ZOETROPE_HOME: own })
  const ann = await visit(bot.page)
  await ann.say('/animate prompt:zqxwords ball steps:1 size:64x64 frames:2 private:yes')
  while (!/"tone":"(done|failed)"/.test(JSON.stringify(await ann.messages()))) await new Promise((resolve) => setTimeout(resolve, 200))
  await ann.say('/defaults negative:zqxwords')
  const files = () =>
    readdirSync(own, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
  assert.ok(files().some((file) => readFileSync(file).includes('zqxwords')))
  assert.equal(statSync(own).mode & 0o777, 0o700)
  for (const file of files().filter((name) => /sqlite/.test(name))) assert.equal(statSync(file).mode & 0o077, 0, file)
  await ann.say('/privacy delete confirm:yes')
  await new Promise((resolve) => setTimeout(resolve, 2000))
  assert.deepEqual(
    files().filter((file) => readFileSync(file).includes('zqxwords')),
    [],
  )
  assert.equal(await stop(bot), 0)
})

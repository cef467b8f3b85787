// `npm start` and `npm run gpu-host` as people start them: two processes with a Redis between them, the model that ships.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { readSettings } from '../src/media/inspect.ts'
import { startBots, stop, visit } from './started-bot.ts'
import { startRedis } from './suites/redis-server.ts'

const homes = mkdtempSync(join(tmpdir(), 'zoetrope-hosts-'))
const redisUrl = await startRedis()

const bots = startBots(homes)
const hosts = startBots(homes, join(import.meta.dirname, '../src/gpu-host.ts'))
afterEach(() => {
  bots.kill()
  hosts.kill()
})
after(() => rmSync(homes, { recursive: true, force: true }))

describe('a bot and a GPU host that share nothing but Redis and a key', { skip: redisUrl === undefined, timeout: 300_000 }, () => {
  test('draw what is asked on the page: the bot posts it, the host has made it', async () => {
    const environment = { REDIS_URL: redisUrl!, HOST_KEY: 'a key of this test alone', DEVICE: 'cpu' }
    const asked = await bots.start({ ...environment, ZOETROPE_HOME: join(homes, 'bot') })
    assert.equal((await fetch(`${asked.health}/readyz`)).status, 503, 'no host is there')
    const ann = await visit(asked.page)
    await ann.say('/animate a red ball bouncing in a meadow style:sepia seed:7 steps:4')
    const host = await hosts.start({ ...environment, ZOETROPE_HOME: join(homes, 'host'), HOST_NAME: 'ada' })
    let text = ''
    while (!/"tone":"(done|failed)"/.test(text)) {
      await sleep(200)
      text = JSON.stringify(await ann.messages())
    }
    assert.match(text, /"tone":"done"/)
    const path = /"(\/pictures\/[^"]+)"/.exec(text)?.[1]
    assert.ok(path, text)
    const { settings, frames } = readSettings(await ann.get(path))
    assert.equal(frames, 16)
    assert.equal((settings as { seed: string }).seed, '7')
    assert.match(asked.said(), /^GPU host ada is there, with cpu\.$/m)
    assert.equal((await fetch(`${asked.health}/readyz`)).status, 200)
    assert.equal((await fetch(`${host.health}/readyz`)).status, 200)
    assert.match(
      await (await fetch(`${host.health}/metrics`)).text(),
      /zoetrope_host_runs_total\{device="cpu",outcome="done",host="ada"\} 1/,
    )
    assert.ok(!`${asked.logged()}${host.logged()}`.includes('bouncing'), 'what people write is in no log')
    assert.equal(await stop(host), 0)
    while (!/GPU host ada has left/.test(asked.said())) await sleep(20)
    assert.equal((await fetch(`${asked.health}/readyz`)).status, 503)
    assert.equal(await stop(asked), 0)
  })

  test('on one machine share the key that the bot has made and nobody else can read', async () => {
    const environment = { REDIS_URL: redisUrl!, DEVICE: 'cpu', ZOETROPE_HOME: join(homes, 'both') }
    const early = await hosts.start(environment)
    assert.equal(early.process.exitCode, 1)
    assert.match(early.logged(), /^HOST_KEY is not set: give this host what the bot has[^\n]+\n$/)
    const asked = await bots.start(environment)
    assert.equal(statSync(join(homes, 'both', 'host-key')).mode & 0o777, 0o600)
    await hosts.start(environment)
    while (!/^GPU host .* is there, with cpu\.$/m.test(asked.said())) await sleep(20)
  })

  test('say what is missing where they cannot find each other', async () => {
    const alone = await hosts.start({ ZOETROPE_HOME: join(homes, 'alone') })
    assert.equal(alone.process.exitCode, 1)
    assert.equal(alone.logged(), 'A GPU host takes its work from Redis: set REDIS_URL as it is for the bot.\n')
    const away = await bots.start({ ZOETROPE_HOME: join(homes, 'away'), RENDER_POOL: 'hosts' })
    assert.equal(away.process.exitCode, 1)
    assert.equal(away.logged(), 'RENDER_POOL is hosts, and REDIS_URL is not set: GPU hosts take their work from Redis.\n')
  })
})

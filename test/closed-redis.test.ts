// A bot and a GPU host over a Redis that is closed as deploy/gpu-hosts.md says: TLS, and an access list that gives each what it needs.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBots, visit } from './started-bot.ts'
import { freePort, redisServer, skipWithoutRedis } from './suites/redis-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'zoetrope-closed-'))
const bots = startBots(folder)
const hosts = startBots(folder, join(import.meta.dirname, '../src/gpu-host.ts'))
const closing: (() => Promise<void>)[] = []
after(async () => {
  bots.kill()
  hosts.kill()
  for (const close of closing) await close()
  rmSync(folder, { recursive: true, force: true })
})

/** The lines of the page that operators follow. */
function accessList(passwords: Readonly<Record<string, string>>): string[] {
  const page = readFileSync(new URL('../deploy/gpu-hosts.md', import.meta.url), 'utf8')
  const users = [...page.matchAll(/^ {4}user (\S+) on >(\S+) (.*)$/gm)]
  assert.deepEqual(
    users.map(([, name]) => name),
    ['bot', 'host'],
  )
  return ['user default off', ...users.map(([, name, , rules]) => `user ${name} on >${passwords[name!]} ${rules}`)]
}

function whyNot(): string | false {
  if (skipWithoutRedis) return skipWithoutRedis
  return spawnSync('openssl', ['version']).error ? 'no openssl on this machine' : false
}

describe('a Redis with TLS and an access list', { skip: whyNot(), timeout: 240_000 }, () => {
  test('carries a request from the page to a GPU host and back', async () => {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
    const about = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '1']
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, ...about], {
      stdio: 'ignore',
    })
    const port = await freePort()
    const tls = ['--tls-port', `${port}`, '--tls-cert-file', certificate, '--tls-key-file', key, '--tls-auth-clients', 'no']
    const users = accessList({ bot: 'b0t', host: 'h0st' }).flatMap((line) => line.split(' ').with(0, '--user'))
    const redis = await redisServer(0, [...tls, ...users])
    closing.push(redis.kill)
    const shared = { NODE_EXTRA_CA_CERTS: certificate, HOST_KEY: 'a key of this test alone', DEVICE: 'cpu' }
    const bot = await bots.start({ ...shared, REDIS_URL: `rediss://bot:b0t@localhost:${port}`, ZOETROPE_HOME: join(folder, 'bot') })
    const host = await hosts.start({ ...shared, REDIS_URL: `rediss://host:h0st@localhost:${port}`, ZOETROPE_HOME: join(folder, 'host') })
    assert.equal(host.process.exitCode, null, host.logged())
    const ann = await visit(bot.page)
    await ann.say('/animate a red ball bouncing in a meadow seed:7 steps:2 frames:4')
    let text = ''
    while (!/"tone":"(done|failed)"/.test(text)) {
      await sleep(200)
      text = JSON.stringify(await ann.messages())
    }
    assert.match(text, /"tone":"done"/)
    for (const { logged } of [bot, host]) {
      assert.ok(!/NOPERM|"level":[56]0/.test(logged()), logged())
      for (const secret of ['b0t', 'h0st', shared.HOST_KEY]) assert.ok(!logged().includes(secret))
    }
  })

  test('tells a host with a wrong password so, and does not repeat it', async () => {
    const server = await redisServer(
      await freePort(),
      accessList({ bot: 'b0t', host: 'h0st' }).flatMap((line) => line.split(' ').with(0, '--user')),
    )
    closing.push(server.kill)
    const wrong = await hosts.start({
      REDIS_URL: server.url.replace('//', '//host:gu3ss@'),
      HOST_KEY: 'a key of this test alone',
      DEVICE: 'cpu',
    })
    assert.equal(wrong.process.exitCode, 1)
    assert.match(wrong.logged(), /^Redis at 127\.0\.0\.1:\d+ cannot be reached \(WRONGPASS/m)
    assert.ok(!wrong.logged().includes('gu3ss'))
  })
})

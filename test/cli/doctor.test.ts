// The doctor: each check against what it is to find, right and wrong, and the command as a whole.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import S3rver from 's3rver'
import type { Finding } from '../../src/cli/doctor/finding.ts'
import { checkHome, checkNode, checkPage, checkPort } from '../../src/cli/doctor/host-checks.ts'
import { checkModel } from '../../src/cli/doctor/render-checks.ts'
import { checkClock, checkContentStore, checkDiscord, checkRedis, checkSlack } from '../../src/cli/doctor/service-checks.ts'
import { startDiscord } from '../chat/discord/server.ts'
import { appToken, token } from '../chat/slack/emulated.ts'
import { startSlack } from '../chat/slack/server.ts'
import { startRedis } from '../suites/redis-server.ts'

const redisUrl = await startRedis()
const folder = mkdtempSync(join(tmpdir(), 'zoetrope-doctor-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const shown = (findings: readonly Finding[]) => findings.map(({ what, state, found }) => `${what} ${state}: ${found}`)

/** Whatever is not good says what to do. */
function mends(findings: readonly Finding[]): string {
  return findings.map(({ mend = '' }) => mend).join(' ')
}

describe('this host', () => {
  test('Node is the one that was tested, a newer one, or too old', () => {
    assert.deepEqual(
      ['24.21.0', '24.1.0', '26.0.0', '22.9.1'].map((version) => checkNode(version, '24.21.0').state),
      ['good', 'good', 'poor', 'bad'],
    )
  })

  test('a folder that others can read is told with the command that closes it', async () => {
    chmodSync(folder, 0o755)
    const [open] = await checkHome(folder)
    assert.equal(open!.state, 'poor')
    assert.match(open!.mend!, new RegExp(`chmod 700 ${folder}`))
    chmodSync(folder, 0o700)
    assert.equal((await checkHome(folder))[0]!.state, 'good')
    assert.equal((await checkHome(join(folder, 'not yet/there')))[0]!.state, 'good')
  })

  test('a port is free, taken, or none of this machine', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    assert.match((await checkPort('Page', '127.0.0.1', port, 'PORT')).found, /taken/)
    server.close()
    await once(server, 'close')
    assert.equal((await checkPort('Page', '127.0.0.1', port, 'PORT')).state, 'good')
    assert.equal((await checkPort('Page', '203.0.113.1', port, 'PORT')).state, 'bad')
  })

  test('a page that others reach, and that has no name, is off, and that is told with the setting', async () => {
    const page = { host: '0.0.0.0', port: 0 }
    assert.equal((await checkPage({ ...page, hosts: ['localhost'] })).state, 'good')
    assert.match(mends([await checkPage({ ...page, hosts: [] })]), /HOSTS/)
  })

  test('a clock that is ten minutes ahead is told by how much', async () => {
    const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    assert.equal((await checkClock(address, Date.now)).state, 'good')
    assert.match((await checkClock(address, () => Date.now() + 600_000)).found, /^(599|600|601) s ahead/)
    server.close()
    assert.equal((await checkClock(undefined, Date.now)).state, 'off')
  })

  test('a model that is not there names the setting', async () => {
    const { state, mend } = await checkModel(
      { name: 'mine', files: { checkpoint: '/nowhere.safetensors', loras: [] }, example: '' },
      'CHECKPOINT',
      'npm run zoetrope --',
    )
    assert.equal(state, 'bad')
    assert.match(mend!, /CHECKPOINT, or pull one: npm run zoetrope -- models pull/)
  })
})

describe('Discord', () => {
  const everything = '1125899906842623'
  const nothing = '1024' // View Channel
  const withGuilds = async (guilds: readonly object[]) => {
    const discord = await startDiscord({ token: 'the token' })
    discord.play('GET', /^\/users\/@me\/guilds/, { status: 200, body: guilds })
    const findings = await checkDiscord('the token', discord.api)
    await discord.close()
    return findings
  }

  test('is good where the bot may post everywhere', async () => {
    const findings = await withGuilds([{ id: '1', name: 'Cats', permissions: everything }])
    assert.match(shown(findings).join(), /^Discord good: .*, in one server$/)
  })

  test('names what is missing, and where', async () => {
    const findings = await withGuilds([{ id: '1', name: 'Cats', permissions: nothing }])
    assert.match(shown(findings).join(), /Discord, Cats poor: lacks Send Messages, .*Attach Files/)
    assert.match(mends(findings), /role/)
  })

  test('in no server, and with a wrong token, says the next step', async () => {
    assert.match(mends(await withGuilds([])), /invites/)
    const discord = await startDiscord({ token: 'the token' })
    const findings = await checkDiscord('another token', discord.api)
    await discord.close()
    assert.equal(findings[0]!.state, 'bad')
    assert.match(mends(findings), /DISCORD_TOKEN/)
    assert.doesNotMatch(JSON.stringify(findings), /another token/)
  })
})

describe('Slack', () => {
  test('is good, or says which scope is missing, or which token is wrong', async () => {
    const slack = await startSlack()
    const config = { botToken: token, appToken, host: '127.0.0.1', port: 0 }
    assert.deepEqual(
      (await checkSlack(config, slack.apiUrl)).map(({ what, state }) => `${what} ${state}`),
      ['Slack good', 'Slack events good'],
    )
    slack.scopes = slack.scopes.filter((scope) => scope !== 'files:write')
    assert.match(mends(await checkSlack(config, slack.apiUrl)), /files:write/)
    const refused = await checkSlack({ ...config, botToken: 'xoxb-wrong' }, slack.apiUrl)
    assert.match(mends(refused), /SLACK_BOT_TOKEN/)
    assert.doesNotMatch(JSON.stringify(refused), /xoxb-wrong/)
    await slack.close()
  })
})

test('Redis is good with an append-only file and without eviction, or says how to mend it, or that it is not there', async (t) => {
  const gone = await checkRedis('redis://127.0.0.1:1')
  assert.equal(gone[0]!.state, 'bad')
  assert.match(mends(gone), /REDIS_URL/)
  if (redisUrl === undefined) return t.skip('there is no redis-server here')
  const findings = await checkRedis(redisUrl)
  assert.match(shown(findings).join(), /^Redis good: \d/)
  assert.match(mends(findings), /appendonly yes/)
})

test('a content store is good where something can be put, read and removed, and nothing of it is left', async (t) => {
  const [shared, buckets] = ['shared', 'buckets'].map((name) => join(folder, name)) as [string, string]
  for (const made of [shared, buckets]) mkdirSync(made)
  const s3 = new S3rver({ port: 0, silent: true, directory: buckets, configureBuckets: [{ name: 'zoetrope', configs: [] }] })
  const { port } = await s3.run()
  t.after(() => s3.close())
  const s3Keys = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }
  const bucket = (name: string) => ({ contentStore: `s3://${name}/shared?endpoint=http://127.0.0.1:${port}`, s3Keys })
  for (const choice of [{ contentStore: shared }, bucket('zoetrope')]) assert.equal((await checkContentStore(choice)).state, 'good')
  const left = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && /[0-9a-f]{64}/.test(entry.name),
  )
  assert.deepEqual(left, [])
  for (const choice of [
    bucket('none'),
    { ...bucket('zoetrope'), s3Keys: { ...s3Keys, accessKeyId: 'wrong' } },
    { contentStore: '/dev/null/shared' },
  ]) {
    const finding = await checkContentStore(choice)
    assert.equal(finding.state, 'bad')
    assert.match(mends([finding]), /CONTENT_STORE/)
    assert.doesNotMatch(finding.found, /wrong|S3RVER/)
  }
})

test('the command looks at everything, and says it as JSON too', { timeout: 180_000 }, async () => {
  const environment = { PATH: process.env['PATH'] ?? '', ZOETROPE_HOME: folder, PORT: '0', HEALTH_PORT: '0', DISCORD_TOKEN: 'nonsense' }
  const program = join(import.meta.dirname, '../../src/zoetrope.js')
  const { code, stdout } = await new Promise<{ code: number; stdout: string }>((resolve) => {
    const child = execFile(process.execPath, [program, 'doctor', '--json'], { env: environment }, (_, stdout) =>
      resolve({ code: child.exitCode ?? -1, stdout }),
    )
  })
  const findings = JSON.parse(stdout) as Finding[]
  const states = new Map(findings.map(({ what, state }) => [what, state]))
  for (const what of ['Node', 'Home', 'Page', 'Health', 'Model pocket']) assert.equal(states.get(what), 'good', what)
  assert.ok(
    findings.some(({ what, found }) => what === 'Device' && /draws on/.test(found)),
    stdout,
  )
  assert.equal(states.get('Discord'), 'bad')
  assert.equal(code, 1)
  for (const { what, state, mend } of findings) assert.equal(mend !== undefined, state === 'poor' || state === 'bad', what)
})

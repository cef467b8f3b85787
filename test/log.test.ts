import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import { createLog } from '../src/log.ts'
import { skipWithoutRedis, startRedisServer } from './suites/redis-server.ts'

test('no secret is written down, wherever it stands', () => {
  const lines: string[] = []
  const secrets = ['xoxb-very-secret', 'pass"word\\', 'very-secret-too']
  const log = createLog({ level: 'debug', secrets, write: (line) => lines.push(line) })
  log.info({ url: 'https://x/?t=xoxb-very-secret', nested: { token: 'other' } }, 'said pass"word\\ aloud')
  log.error({ err: new Error('very-secret-too failed', { cause: new Error('xoxb-very-secret') }) }, 'broken')
  log.child({ request: '1' }).warn({ address: { token: 'short-lived' } }, 'somewhere')
  const all = lines.join('')
  for (const secret of ['xoxb-very-secret', 'pass"word', 'pass\\"word', 'very-secret-too', '"other"', 'short-lived'])
    assert.ok(!all.includes(secret), secret)
  assert.equal(lines.length, 3)
  for (const line of lines) JSON.parse(line)
  assert.match(lines[2]!, /"request":"1"/)
})

test('of an error of Redis the arguments of its command are left out', { skip: skipWithoutRedis }, async () => {
  const { url } = (await startRedisServer())!
  const lines: string[] = []
  const log = createLog({ level: 'debug', write: (line) => lines.push(line) })
  const redis = new Redis(url, { lazyConnect: true })
  await redis.connect()
  await redis.call('HELLO', '3', 'AUTH', 'bot', 'a-password').catch((err: unknown) => log.error({ err }, 'refused'))
  await redis.quit()
  assert.match(lines.join(''), /WRONGPASS/)
  assert.ok(!lines.join('').includes('a-password'), lines.join(''))
})

test('what is below the level is not written', () => {
  const lines: string[] = []
  const log = createLog({ level: 'info', write: (line) => lines.push(line) })
  log.debug({ prompt: 'a private wish' }, 'asked')
  assert.deepEqual(lines, [])
})

test('a level has its name, and nothing that a terminal would obey is written', () => {
  const lines: string[] = []
  const log = createLog({ level: 'info', write: (line) => lines.push(line) })
  const name = 'a\u009b31mRED\u202egnp.exe\u2028\u200b\u{e0041}.safetensors'
  log.warn({ name, durationMs: 12 }, 'a file')
  assert.match(lines[0]!, /^[\x20-\x7e]+\n$/)
  const line = JSON.parse(lines[0]!) as Record<string, unknown>
  assert.equal(line['level'], 'warn')
  assert.equal(line['name'], name)
})

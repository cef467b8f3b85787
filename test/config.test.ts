import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { readConfig, settingsTable } from '../src/config.ts'
import { UserError } from '../src/errors.ts'
import { defaultHome } from '../src/paths.ts'

describe('settings', () => {
  test('need nothing to be set: a page on loopback, the small model, no platform', () => {
    const { page, discord, slack, device, health, secrets, home } = readConfig({})
    assert.equal(page.host, '127.0.0.1')
    assert.equal(health.host, '127.0.0.1')
    assert.equal(home, defaultHome)
    assert.deepEqual({ discord, slack, device, secrets }, { discord: undefined, slack: undefined, device: 'auto', secrets: [] })
  })

  test('that are empty count as not set', () => {
    assert.deepEqual(readConfig({ PORT: ' ', DISCORD_TOKEN: '', REDIS_URL: '' }), readConfig({}))
  })

  test('that are wrong are named all at once, with what they should be; a secret is never repeated', () => {
    const wrong = { PORT: 'http', RETENTION_DAYS: '0', PERSON_RATE: 'often', ADMIN_TOKEN: 'short', DEVICE: 'tpu', REDIS_URL: 'localhost' }
    assert.throws(
      () => readConfig(wrong),
      (error: unknown) => {
        assert.ok(error instanceof UserError)
        for (const name of Object.keys(wrong)) assert.match(error.message, new RegExp(`${name} should be `))
        assert.match(error.message, /'http'/)
        assert.ok(!error.message.includes('short') && !error.message.includes("'localhost'"))
        return true
      },
    )
  })

  test('of a platform that are wrong turn that one off, with the step that mends it', () => {
    const mend = (environment: Record<string, string>) => {
      const { discord, slack } = readConfig(environment)
      const off = discord ?? slack
      assert.equal(off?.ready, false)
      return off?.ready === false ? off.mend : ''
    }
    assert.match(mend({ DISCORD_TOKEN: 'Bot abc' }), /^DISCORD_TOKEN .*discord\.com\/developers\.$/)
    assert.match(mend({ SLACK_APP_TOKEN: 'xapp-1' }), /^SLACK_BOT_TOKEN is missing/)
    assert.match(mend({ SLACK_BOT_TOKEN: 'xoxp-1', SLACK_APP_TOKEN: 'xapp-1' }), /xoxb-/)
    assert.match(mend({ SLACK_BOT_TOKEN: 'xoxb-1' }), /SLACK_APP_TOKEN.*SLACK_SIGNING_SECRET/)
    assert.match(mend({ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xoxb-2' }), /xapp-/)
  })

  test('of a motion module without its checkpoint are wrong together', () => {
    assert.throws(() => readConfig({ MOTION: 'mm.ckpt' }), { code: 'bad-setting', message: /^MOTION is set, and CHECKPOINT is not/ })
  })

  test('that are paths begin where the project lies, unless they begin at the root', () => {
    const { home, checkpoint } = readConfig({ ZOETROPE_HOME: 'elsewhere', CHECKPOINT: '/models/sd15.safetensors' })
    assert.equal(home, join(defaultHome, '../elsewhere'))
    assert.equal(checkpoint, '/models/sd15.safetensors')
  })

  test('that are right arrive, and what is secret is known as such', () => {
    const token = `${'a'.repeat(24)}.bcdefg.${'h'.repeat(30)}`
    const config = readConfig({
      DISCORD_TOKEN: token,
      SLACK_BOT_TOKEN: 'xoxb-12345',
      SLACK_APP_TOKEN: 'xapp-12345',
      ADMIN_TOKEN: 'correct horse',
      HOSTS: 'a.example, b.example',
      PERSON_RATE: '3/1h',
      OPERATORS: 'discord/123, slack/U1',
    })
    assert.deepEqual(config.discord, { ready: true, token })
    assert.equal(config.slack?.ready, true)
    assert.deepEqual(config.page.hosts, ['a.example', 'b.example'])
    assert.deepEqual(config.limits.person.rate, { jobs: 3, perMs: 3_600_000 })
    assert.deepEqual(config.operators, ['discord/123', 'slack/U1'])
    assert.deepEqual([...config.secrets].sort(), [token, 'correct horse', 'xapp-12345', 'xoxb-12345'].sort())
  })

  test('are as they are read, and so are secrets: without white space, and with the password within a URL', () => {
    const config = readConfig({ SLACK_BOT_TOKEN: 'xoxb-12345\n', REDIS_URL: 'redis://bot:one%20word@redis:6379' })
    assert.deepEqual([...config.secrets].sort(), ['one word', 'one%20word', 'redis://bot:one%20word@redis:6379', 'xoxb-12345'])
  })

  test('stand in one table, each with what it is for: byte for byte what `npm start -- --help` has printed', async () => {
    const help = await readFile(new URL('fixtures/bot-help.txt', import.meta.url), 'utf8')
    const program = fileURLToPath(new URL('../src/bot.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [program, '--help'])
    assert.equal(stdout, help)
    assert.ok(help.endsWith(`${settingsTable()}\n`))
  })
})

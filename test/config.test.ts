import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { readConfig, settingsTable } from '../src/config.ts'
import { UserError } from '../src/errors.ts'

describe('settings', () => {
  test('need nothing to be set: a page on loopback, the small model, no platform', () => {
    const { page, discord, slack, device, health, secrets } = readConfig({})
    assert.equal(page.host, '127.0.0.1')
    assert.deepEqual([discord, slack, device, health.host, secrets], [undefined, undefined, 'auto', '127.0.0.1', []])
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

  test('stand in one table, each with what it is for', () => {
    const source = readFileSync(new URL('../src/config.ts', import.meta.url), 'utf8')
    const names = [...source.matchAll(/^ {2}([A-Z][A-Z_]+): \{/gm)].map(([, name]) => name!)
    assert.ok(names.length > 20)
    for (const name of names) assert.match(settingsTable(), new RegExp(`^${name} .*\\w{3}`, 'm'))
  })
})

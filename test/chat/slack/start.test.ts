// Starting: a Slack app that is set up wrongly says what mends it, in one sentence, and nothing is left open.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { createSlack, type SlackOptions } from '../../../src/chat/slack/index.ts'
import { UserError } from '../../../src/errors.ts'
import { refused } from './calls.ts'
import { allScopes, appToken, signingSecret, token } from './emulated.ts'
import { startSlackHarness } from './harness.ts'
import { type SlackServer, startSlack } from './server.ts'
import { socketMode } from './transports.ts'

const nobody = { async receive() {}, complete: async () => [] }

describe('Slack at the start', () => {
  let server: SlackServer
  before(async () => {
    server = await startSlack()
  })
  after(() => server.close())

  async function refusal(options: Partial<SlackOptions>): Promise<UserError> {
    const platform = createSlack({ token, appToken, apiUrl: server.apiUrl, ...options })
    const error = await platform.start(nobody).then(
      () => assert.fail('it started'),
      (thrown: unknown) => thrown,
    )
    await platform.stop()
    assert.ok(error instanceof UserError, String(error))
    assert.ok(platform.trouble())
    assert.equal(server.sockets.size, 0)
    return error
  }

  test('a token of another kind, or one that Slack does not know, says where the right one stands', async () => {
    const kind = await refusal({ token: 'xoxp-1-2' })
    assert.equal(kind.code, 'slack-token-kind')
    assert.match(kind.message, /xoxb-.*OAuth & Permissions/)
    const unknown = await refusal({ token: 'xoxb-0-0-wrong' })
    assert.equal(unknown.code, 'slack-token-refused')
    assert.match(unknown.message, /SLACK_BOT_TOKEN \(auth\.test: invalid_auth\).*OAuth & Permissions/)
    assert.ok(!unknown.message.includes('wrong'))
  })

  test('scopes that are missing are named, with the step; of those that are only useful, the log tells', async () => {
    server.scopes = allScopes.filter((scope) => scope !== 'files:write' && scope !== 'im:write')
    const error = await refusal({})
    assert.equal(error.code, 'slack-scopes-missing')
    assert.match(error.message, /lacks files:write, im:write: .*install the app to the workspace again/)
    server.scopes = allScopes.filter((scope) => scope !== 'usergroups:read')
    const lines: string[] = []
    const log = { info() {}, error() {}, warn: (_: object, text: string) => void lines.push(text) }
    const platform = createSlack({ token, appToken, apiUrl: server.apiUrl, log })
    await platform.start(nobody)
    await platform.stop()
    server.scopes = [...allScopes]
    assert.deepEqual(lines, ['without the scope usergroups:read: user groups are no roles'])
  })

  test('what is worked on for minutes keeps nobody from stopping', { timeout: 60_000 }, async () => {
    const begun = Promise.withResolvers<void>()
    const harness = await startSlackHarness(socketMode, { ...nobody, receive: () => new Promise(() => begun.resolve()) }, { stopMs: 100 })
    await harness.slash(harness.server.ids.ann, 'animate a cat')
    await begun.promise
    await harness.close()
    assert.ok(harness.platform.trouble())
  })

  test('without an app token and a signing secret there is no transport', async () => {
    const platform = createSlack({ token, apiUrl: server.apiUrl })
    await assert.rejects(platform.start(nobody), { code: 'slack-way-missing', message: /SLACK_APP_TOKEN.*connections:write/ })
  })

  test('a wrong app token, one without its scope, and one that is none', async () => {
    const wrong = await refusal({ appToken: 'xapp-1-wrong' })
    assert.equal(wrong.code, 'slack-app-token-refused')
    assert.match(wrong.message, /SLACK_APP_TOKEN \(apps\.connections\.open: invalid_auth\)/)
    server.play('apps.connections.open', () => refused('missing_scope', [], { needed: 'connections:write' }))
    assert.match((await refusal({})).message, /missing_scope \(needs connections:write\)/)
    assert.equal((await refusal({ appToken: 'xoxb-1' })).code, 'slack-app-token-kind')
  })

  test('a signing secret that is none, and a port that is taken', async () => {
    const { appToken: _, ...http } = { token, apiUrl: server.apiUrl, appToken }
    await assert.rejects(createSlack({ ...http, signingSecret: 'xoxb' }).start(nobody), { code: 'slack-signing-secret-kind' })
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as { port: number }
    const platform = createSlack({ ...http, signingSecret, port, host: '127.0.0.1' })
    await assert.rejects(platform.start(nobody), { code: 'slack-port-taken', message: new RegExp(`port ${port}.*SLACK_PORT`) })
    await platform.stop()
    await new Promise((resolve) => other.close(resolve))
  })

  test('a Slack that cannot be reached is no wrong configuration', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as { port: number }
    await new Promise((resolve) => closed.close(resolve))
    const platform = createSlack({ token, appToken, apiUrl: `http://127.0.0.1:${port}/api/` })
    // no UserError: the same configuration works when Slack does
    await assert.rejects(platform.start(nobody), { name: 'Error', message: 'Slack did not answer as it should (auth.test: unreachable)' })
    await platform.stop()
  })

  test('says as whom it is signed in, and how it is reached', async () => {
    const platform = createSlack({ token, appToken, apiUrl: server.apiUrl })
    assert.equal(await platform.start(nobody), 'Slack: @zoetrope in Reels, by Socket Mode.')
    assert.equal(platform.trouble(), undefined)
    await platform.stop()
    assert.match(platform.trouble()!, /not started/)
    const http = createSlack({ token, signingSecret, port: 0, host: '127.0.0.1', apiUrl: server.apiUrl })
    assert.match(await http.start(nobody), /by HTTP at http:\/\/127\.0\.0\.1:\d+\/slack\/events\.$/)
    await http.stop()
  })
})

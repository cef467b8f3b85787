// Request signing: the port that Slack calls can be called by anybody. What is not signed by Slack, or was signed for another time, is refused.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { signingSecret } from './emulated.ts'
import { eventOf, type SlackHarness, startSlackHarness } from './harness.ts'
import type { Acknowledged, Signing } from './server.ts'
import { http, portIn } from './transports.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

describe('a call of the port for Slack', () => {
  let harness: SlackHarness
  let port: number
  before(async () => {
    harness = await startSlackHarness(http, { async receive() {}, complete: async () => [] })
    port = portIn(harness.line)
  })
  after(() => harness.close())

  const event = () =>
    eventOf(harness.server.ids.team, {
      type: 'app_mention',
      user: harness.server.ids.ann,
      text: 'queue',
      channel: harness.server.ids.channel,
      ts: '1.1',
    })
  const call = (how: Signing = {}, payload: unknown = event()): Promise<Acknowledged> =>
    harness.server.byHttp(port, 'events_api', payload, how)
  const json = (body: string): Signing => ({ raw: { type: 'application/json', body } })

  async function refused(status: number, how: Signing, payload?: unknown): Promise<void> {
    const before = harness.received.length
    assert.equal((await call(how, payload)).status, status)
    assert.equal(harness.received.length, before)
  }

  test('that only looks at the certificate is let through unsigned, and is no event', async () => {
    const before = harness.received.length
    const body = 'token=legacy&ssl_check=1'
    const response = await fetch(`http://127.0.0.1:${port}/slack/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    })
    assert.equal(response.status, 200)
    assert.equal(harness.received.length, before)
  })

  test('is received when it is signed now, up to some minutes ago or ahead', async () => {
    for (const minutes of [0, -4, 4]) {
      const before = harness.received.length
      assert.equal((await call({ atMs: Date.now() + minutes * 60_000 })).status, 200)
      while (harness.received.length === before) await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })

  test('with a wrong signature, or none', async () => {
    await refused(401, { secret: signingSecret.replace('8', '9') })
    await refused(401, { headers: { 'x-slack-signature': '' } })
    await refused(401, { headers: { 'x-slack-signature': 'v0=' } })
    await refused(401, { headers: { 'x-slack-signature': 'v1=00' } })
    await refused(401, { headers: { 'x-slack-request-timestamp': '' } })
    await refused(401, { headers: { 'x-slack-request-timestamp': 'NaN' } })
  })

  test('older than five minutes, or dated further ahead', async () => {
    await refused(401, { atMs: Date.now() - 6 * 60_000 })
    await refused(401, { atMs: Date.now() + 6 * 60_000 })
  })

  test('that was taken before, to the letter', async () => {
    const payload = event()
    const atMs = Date.now() - 30_000
    assert.equal((await call({ atMs }, payload)).status, 200)
    await refused(401, { atMs }, payload)
    // what Slack itself sends again is signed anew, and has the id of the first
    assert.equal((await call({ retry: 1 }, payload)).status, 200)
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.deepEqual(
      harness.received.slice(-2).map(({ id }) => id),
      [payload['event_id'], payload['event_id']],
    )
  })

  test('a wrong signature does not use up the right one', async () => {
    const payload = event()
    const atMs = Date.now() - 20_000
    await refused(401, { atMs, headers: { 'x-slack-signature': 'v0=00' } }, payload)
    await refused(401, { atMs, headers: { 'x-slack-signature': 'v0=00' } }, payload)
    assert.equal((await call({ atMs }, payload)).status, 200)
  })

  test('unsigned and closed before it was answered, of which nothing stays in memory', async () => {
    const send = (n: number) =>
      new Promise<void>((resolve) => {
        const stamp = Math.floor(Date.now() / 1000)
        const signature = `v0=${String(n).padStart(8, '0')}${'f'.repeat(12_000)}`
        const head = `POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Slack-Request-Timestamp: ${stamp}\r\nX-Slack-Signature: ${signature}\r\nContent-Length: 2\r\n\r\n{}`
        const socket = connect(port, '127.0.0.1', () => socket.write(head, () => setImmediate(() => socket.resetAndDestroy())))
        socket.on('error', () => undefined)
        socket.on('close', () => resolve())
      })
    const heap = async () => {
      await new Promise((resolve) => setTimeout(resolve, 500))
      collectGarbage()
      return process.memoryUsage().heapUsed / 1e6
    }
    await Promise.all(Array.from({ length: 50 }, (_, n) => send(n)))
    const before = await heap()
    for (let n = 0; n < 2000; n += 50) await Promise.all(Array.from({ length: 50 }, (_, k) => send(100 + n + k)))
    const grown = (await heap()) - before
    assert.ok(grown < 10, `2000 signatures of 12 kB, and the heap grew by ${grown} MB`)
  })

  test('that is signed and holds no object, which would end the process of Bolt alone', async () => {
    for (const body of ['null', '1', '"x"', 'true', '{', '']) await refused(400, json(body))
    await refused(400, { raw: { type: 'application/x-www-form-urlencoded', body: 'payload=null' } })
    await refused(400, { raw: { type: 'application/x-www-form-urlencoded', body: 'payload=%7B' } })
    assert.equal((await call({}, event())).status, 200)
  })

  test('larger than a megabyte, by another method or to another place', async () => {
    await refused(413, json(JSON.stringify({ text: 'x'.repeat(1024 * 1024) })))
    const at = `http://127.0.0.1:${port}`
    assert.equal((await fetch(`${at}/slack/events`)).status, 405)
    assert.equal((await fetch(`${at}/`, { method: 'POST', body: '{}' })).status, 404)
    assert.equal((await fetch(`${at}//`, { method: 'POST', body: '{}' })).status, 404)
  })

  test('when Slack asks whether the address is ours, the challenge is returned', async () => {
    assert.deepEqual((await call({}, { type: 'url_verification', challenge: 'c1' })).payload, { challenge: 'c1' })
  })
})

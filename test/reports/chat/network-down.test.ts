// A network that is down when the bot starts: every platform is tried until it is there, with growing pauses, and the others are up meanwhile.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { commands } from '../../../commands/index.ts'
import { createDiscord } from '../../../src/chat/discord/index.ts'
import { createSlack } from '../../../src/chat/slack/index.ts'
import { UserError } from '../../../src/errors.ts'
import { createFakePlatform } from '../../chat/fake-platform.ts'
import { newFolder, openTestChat } from '../../chat/test-chat.ts'
import { createManualClock } from '../../jobs/manual-clock.ts'

const nobody = { receive: async () => undefined, complete: async () => [] }
const dayMs = 24 * 3_600_000

/** A port where nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('a network that is down at the start', { timeout: 60_000 }, () => {
  test('is tried again after pauses that grow to a minute, also after days, until it is there', async () => {
    const clock = createManualClock(Date.now())
    const fake = createFakePlatform()
    const { start } = fake.platform
    const triedMs: number[] = []
    let isDown = true
    fake.platform.start = async (receiver) => {
      triedMs.push(clock.nowMs())
      if (isDown) throw new Error('getaddrinfo EAI_AGAIN')
      return start(receiver)
    }
    const testChat = await openTestChat({ folder: newFolder(), fake, clock })
    for (let n = 0; n < 12; n++) await clock.advance(60_000)
    const pauses = triedMs.slice(1).map((ms, n) => ms - triedMs[n]!)
    assert.ok(
      pauses.every((pause, n) => n === 0 || pause >= pauses[n - 1]!),
      pauses.join(' '),
    )
    assert.equal(pauses.at(-1), 60_000)
    await clock.advance(3 * dayMs)
    isDown = false
    await clock.advance(60_000)
    assert.equal(fake.platform.trouble(), undefined)
    assert.ok(testChat.lines.includes('A fake platform called fake.'))
    await testChat.close()
  })

  test('keeps no platform connected that comes up after the bot was stopped', async () => {
    const clock = createManualClock(Date.now())
    const fake = createFakePlatform()
    const { start } = fake.platform
    const connected = Promise.withResolvers<void>()
    let tries = 0
    fake.platform.start = async (receiver) => {
      if (tries++ === 0) throw new Error('getaddrinfo EAI_AGAIN')
      await connected.promise
      return start(receiver)
    }
    const testChat = await openTestChat({ folder: newFolder(), fake, clock })
    await clock.advance(60_000)
    assert.equal(tries, 2)
    await testChat.close()
    connected.resolve()
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(fake.platform.trouble(), 'The platform is stopped.')
    assert.ok(!testChat.lines.includes('A fake platform called fake.'))
  })

  test('leaves nothing open of a platform that was connecting when the bot was stopped', async () => {
    const fake = createFakePlatform()
    let stops = 0
    const { stop } = fake.platform
    fake.platform.start = async () => {
      throw new Error('getaddrinfo EAI_AGAIN')
    }
    fake.platform.stop = async () => {
      stops++
      await stop()
    }
    await (await openTestChat({ folder: newFolder(), fake })).close()
    assert.equal(stops, 1)
  })

  for (const [name, create] of [
    ['Discord', (port: number) => createDiscord({ api: `http://127.0.0.1:${port}/api`, token: 'MTIz.local.token-of-a-test', commands })],
    [
      'Slack',
      (port: number) =>
        createSlack({
          token: 'xoxb-1',
          appToken: 'xapp-1',
          apiUrl: `http://127.0.0.1:${port}/api/`,
          filesUrl: `http://127.0.0.1:${port}/`,
        }),
    ],
  ] as const) {
    test(`is no fault of anybody's configuration: ${name} can be tried again`, async () => {
      const platform = create(await deadPort())
      for (let tries = 0; tries < 2; tries++)
        await assert.rejects(platform.start(nobody), (error) => error instanceof Error && !(error instanceof UserError))
      assert.ok(platform.trouble())
      await platform.stop()
    })
  }
})

// Gateway: signing in, and staying signed in. Each way in which Discord refuses the bot is a sentence with the step that mends it, and a
// connection that breaks is resumed.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { commands } from '../../../commands/index.ts'
import type { Platform } from '../../../src/chat/contract/platform.ts'
import { createDiscord, type DiscordOptions } from '../../../src/chat/discord/index.ts'
import { UserError } from '../../../src/errors.ts'
import { makeScriptedReceiver, plainMessage, type ScriptedReceiver } from './scripted-receiver.ts'
import { type DiscordServer, startDiscord } from './server.ts'

const nobody = { receive: async () => undefined, complete: async () => [] }

describe('signing in to Discord', { timeout: 120_000 }, () => {
  let server: DiscordServer
  before(async () => {
    server = await startDiscord()
  })
  after(async () => {
    await server.close()
    assert.deepEqual(server.wrong, [])
  })

  const make = (more: Partial<DiscordOptions> = {}): Platform => createDiscord({ api: server.api, token: server.token, commands, ...more })
  async function refusal(platform: Platform): Promise<UserError> {
    try {
      await platform.start(nobody)
    } catch (error) {
      await platform.stop()
      assert.ok(error instanceof UserError, inspect(error))
      assert.ok(!inspect(error, { depth: 10 }).includes(server.token))
      assert.ok(platform.trouble())
      return error
    }
    await platform.stop()
    assert.fail('it was let in')
  }

  it('says that a token is wrong, missing, or revoked', async () => {
    for (const token of ['', 'MTIz.not.the-token']) assert.equal((await refusal(make({ token }))).code, 'discord-token')
    server.gateway.refuseWith(4004)
    const error = await refusal(make())
    server.gateway.refuseWith(undefined)
    assert.equal(error.code, 'discord-token')
    assert.match(error.message, /DISCORD_TOKEN.*Reset Token/)
  })

  it('says what else keeps it out', async () => {
    for (const [closeCode, code] of [
      [4014, 'discord-intents'],
      [4013, 'discord-version'],
      [4012, 'discord-version'],
      [4011, 'discord-sharding'],
    ] as const) {
      server.gateway.refuseWith(closeCode)
      assert.equal((await refusal(make())).code, code)
    }
    server.gateway.refuseWith(undefined)
    server.play('PUT', /commands$/, { status: 400, body: { code: 50035, message: 'Invalid Form Body' } })
    assert.equal((await refusal(make())).code, 'discord-refused')
  })

  it('lets it try again where trying mends it: too many sign-ins, a network that is down, a gateway that is', async () => {
    const notForGood = async (platform: ReturnType<typeof make>, words: RegExp) =>
      assert.rejects(platform.start(nobody), (error: Error) => !(error instanceof UserError) && words.test(error.message))
    const limit = { total: 1000, remaining: 0, reset_after: 3_600_000, max_concurrency: 1 }
    server.play('GET', /^\/gateway\/bot$/, { status: 200, body: { url: server.api, shards: 1, session_start_limit: limit } })
    await notForGood(make(), /too often today.*discordstatus/)
    await notForGood(make({ api: 'http://127.0.0.1:9/api' }), /discordstatus/)
    server.gateway.down(true)
    await notForGood(make({ patienceMs: 300 }), /discordstatus/)
    server.gateway.down(false)
    server.play('GET', /applications\/@me$/, { status: 401, body: { code: 0, message: '401: Unauthorized' } })
    const platform = make()
    await platform.start(nobody)
    await platform.stop()
    server.play('GET', /^\/gateway\/bot$/, { status: 401, body: { code: 0, message: '401: Unauthorized' } })
    await notForGood(make(), /discordstatus/)
  })

  it('is let in after it was refused, says as whom, and asks to see no more than it needs', async () => {
    const platform = make()
    server.gateway.refuseWith(4014)
    await assert.rejects(platform.start(nobody))
    server.gateway.refuseWith(undefined)
    const line = await platform.start(nobody)
    assert.match(line, /signed in as Zoetrope.*in 1 server\..*client_id=\d+&scope=bot\+applications\.commands&permissions=\d+/)
    assert.equal(platform.trouble(), undefined)
    // guilds, their reactions, private messages, their reactions
    assert.equal(server.gateway.arrivals.at(-1)!.intents, 1 | (1 << 10) | (1 << 12) | (1 << 13))
    await platform.stop()
    assert.ok(platform.trouble())
  })
})

describe('the gateway connection', { timeout: 120_000 }, () => {
  let receiver: ScriptedReceiver
  before(async () => {
    receiver = await makeScriptedReceiver()
  })
  after(() => receiver?.harness.close())

  const ask = () => receiver.harness.actions.command(receiver.harness.server.state.users.ann, 'queue', {})

  it('is resumed where it broke, and what was said meanwhile is received', async () => {
    const { gateway } = receiver.harness.server
    for (const code of [undefined, 4000, 4009]) {
      const arrivals = gateway.arrivals.length
      gateway.drop(code)
      await until(() => receiver.harness.platform.trouble() !== undefined)
      await receiver.harness.after(ask)
      await until(() => receiver.harness.platform.trouble() === undefined)
      assert.deepEqual(
        gateway.arrivals.slice(arrivals).map(({ op }) => op),
        [6],
      )
    }
  })

  it('is resumed when Discord is back', async () => {
    const { gateway } = receiver.harness.server
    gateway.down(true)
    gateway.drop()
    await until(() => receiver.harness.warnings.length >= 2)
    assert.match(receiver.harness.platform.trouble()!, /interrupted/)
    gateway.down(false)
    await until(() => receiver.harness.platform.trouble() === undefined)
    await receiver.harness.after(ask)
  })

  it('is begun anew where Discord has forgotten it', async () => {
    const { gateway } = receiver.harness.server
    const arrivals = gateway.arrivals.length
    gateway.forget()
    gateway.drop()
    await until(() => gateway.arrivals.length >= arrivals + 2 && receiver.harness.platform.trouble() === undefined)
    assert.deepEqual(
      gateway.arrivals.slice(arrivals).map(({ op }) => op),
      [6, 2],
    )
    const posted = await receiver.respondTo(ask, ({ address }, platform) => platform.post(address, plainMessage('Back.')))
    assert.ok(posted.messages.length > 0)
  })

  it('tells why when it is over for good', async () => {
    const { gateway } = receiver.harness.server
    gateway.drop(4004)
    await until(() => /DISCORD_TOKEN/.test(receiver.harness.platform.trouble() ?? ''))
  })
})

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    assert.ok(tries < 2000, 'it came to rest')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

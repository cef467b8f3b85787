// The REST client: what it makes of refusals that an outage or a proxy gives.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { REST, Routes } from 'discord.js'
import { keepingToken, restOptions } from '../../../../src/chat/discord/rest/rest-client.ts'
import { type DiscordServer, startDiscord } from '../server.ts'

describe('the REST client', { timeout: 30_000 }, () => {
  let server: DiscordServer
  before(async () => {
    server = await startDiscord()
  })
  after(() => server.close())

  const client = () => new REST(restOptions(server.api)).setToken(server.token)
  const ask = (rest: REST) => rest.get(Routes.gatewayBot())
  const play401 = () => server.play('GET', /^\/gateway\/bot$/, { status: 401, body: { code: 0, message: '401: Unauthorized' } })

  it('keeps its token after a 401, which discord.js by itself does not', async () => {
    const [forgetting, keeping] = [client(), keepingToken(client())]
    for (const rest of [forgetting, keeping]) {
      play401()
      await assert.rejects(ask(rest), { status: 401 })
    }
    await assert.rejects(ask(forgetting), /Expected token to be set/)
    assert.ok(await ask(keeping))
  })

  it('takes another token, and none that is empty', async () => {
    const rest = keepingToken(client())
    rest.setToken('')
    assert.ok(await ask(rest))
    rest.setToken('another')
    await assert.rejects(ask(rest), { status: 401 })
  })
})

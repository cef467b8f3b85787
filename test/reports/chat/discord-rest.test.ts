// Reports of what Discord, an outage or a proxy in front of it answers: one 401 (discordjs/discord.js#9196, #7492, #10958), a 429 that does not
// say how long to wait (10,000 refused calls in ten minutes shut an address out), an application with an Entry Point command
// (serenity-rs/serenity#2993).

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { uploadTimeoutMs } from '../../../src/chat/time-limit.ts'
import { smallWebp } from '../../chat/test-chat.ts'
import { openDiscordBot } from './discord-bot.ts'
import { gatedRenderer } from './gated-renderer.ts'
import { waitUntil } from './wait-until.ts'

const unauthorized = { status: 401, body: { code: 0, message: '401: Unauthorized' } }
const entryPoint = {
  id: '1100000000000000001',
  application_id: '1100000000000000002',
  version: '1',
  type: 4,
  handler: 2,
  name: 'launch',
  description: '',
  default_member_permissions: null,
  dm_permission: true,
  integration_types: [0, 1],
  contexts: [0, 1, 2],
  nsfw: false,
}

describe('what Discord answers on a bad day', { timeout: 120_000 }, () => {
  test('one 401 is one lost call: the animation arrives, and the next request too', async () => {
    const gate = gatedRenderer(smallWebp)
    const bot = await openDiscordBot({ renderer: gate.make })
    const { ann } = bot.state.users
    bot.actions.write(ann, 'animate a red ball')
    await bot.soon(ann, /red ball/)
    bot.server.play('PATCH', /^\/channels\//, unauthorized)
    await waitUntil('the 401', () => {
      gate.step()
      return bot.server.calls.find(({ status }) => status === 401)
    })
    gate.open()
    assert.equal((await bot.soon(ann, /red ball/, ({ pictures }) => pictures === 1)).pictures, 1)
    bot.actions.write(ann, 'animate a blue boat')
    await bot.soon(ann, /blue boat/, ({ pictures }) => pictures === 1)
    assert.equal(bot.testChat.chat.platforms[0]!.trouble(), undefined)
    await bot.close()
  })

  test('a token that stays refused is told to the operator, and asked about ever less often', async () => {
    const gate = gatedRenderer(smallWebp)
    const bot = await openDiscordBot({ renderer: gate.make })
    const { ann } = bot.state.users
    bot.actions.write(ann, 'animate a red ball')
    await bot.soon(ann, /red ball/)
    bot.server.play('PATCH', /./, ...Array.from({ length: 500 }, () => unauthorized))
    bot.server.play('POST', /./, ...Array.from({ length: 500 }, () => unauthorized))
    gate.open()
    const trouble = await waitUntil('trouble', () => bot.testChat.chat.platforms[0]!.trouble())
    assert.match(trouble, /401.*DISCORD_TOKEN/)
    await new Promise((resolve) => setTimeout(resolve, 3000))
    const refused = bot.server.calls.filter(({ status }) => status === 401).length
    assert.ok(refused < 10, `${refused} refused calls in three seconds`)
    await bot.close()
  })

  for (const [what, headers] of [
    ['without Retry-After', {}],
    ['with a date in Retry-After', { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }],
  ] as const) {
    test(`a 429 ${what} is not asked again at once`, async () => {
      const gate = gatedRenderer(smallWebp)
      const bot = await openDiscordBot({ renderer: gate.make })
      const { ann } = bot.state.users
      bot.actions.write(ann, 'animate a bare one')
      await bot.soon(ann, /bare one/)
      const limited = { status: 429, headers, body: { message: 'You are being rate limited.', code: 0 } }
      bot.server.play('PATCH', /^\/channels\//, limited, limited)
      const asked = () => bot.server.calls.filter(({ method, path }) => method === 'PATCH' && path.startsWith('/channels/'))
      await waitUntil('three tries', () => {
        gate.step()
        return asked().length >= 3
      })
      const [first, second, third] = asked().map(({ atMs }) => atMs)
      assert.ok(second! - first! >= 900 && third! - second! >= 1800, `after ${second! - first!} and ${third! - second!} ms`)
      gate.open()
      await bot.soon(ann, /bare one/, ({ pictures }) => pictures === 1)
      await bot.close()
    })
  }

  test('an Entry Point command is kept as it is, besides our own', async () => {
    const bot = await openDiscordBot({
      prepare: ({ state }) => {
        state.entryPoint = entryPoint
      },
    })
    const lists = bot.server.calls.filter(({ method, path }) => method === 'PUT' && path.endsWith('/commands'))
    assert.deepEqual(
      lists.map(({ status }) => status),
      [400, 200],
    )
    const sent = Object.values(lists[1]!.body as object) as { name: string; type: number }[]
    const { id, type, handler, name, integration_types, contexts } = entryPoint
    assert.deepEqual(
      sent.find((one) => one.type === 4),
      { id, type, handler, name, integration_types, contexts, default_member_permissions: null },
    )
    assert.ok(bot.state.commands.some((one) => one['name'] === 'animate'))
    await bot.close()
  })

  test('where Discord refuses the list all the same, the operator is told what to do about it', async () => {
    const refusal = { status: 400, body: { code: 50240, message: "You cannot remove this app's Entry Point command." } }
    const bot = await openDiscordBot({ prepare: ({ play }) => play('PUT', /commands$/, refusal, refusal) })
    assert.ok(bot.testChat.lines.some((line) => /^discord is off: .*Entry Point.*delete.*switch Activities off/.test(line)))
    assert.ok(!bot.testChat.lines.some((line) => line.includes('Update Zoetrope')))
    await bot.close()
  })

  test('a call is given the time that its bytes need on a slow line', () => {
    // 8.3 MB at 2 Mbit/s are 33 s, and 10 MiB at 256 kbit/s five and a half minutes
    assert.ok(uploadTimeoutMs(8_300_000) > 33_000)
    assert.ok(uploadTimeoutMs(10 * 1024 * 1024) > 320_000)
    assert.ok(uploadTimeoutMs(0) <= 30_000)
  })
})

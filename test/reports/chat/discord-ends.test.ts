// Reports of the ways in which a request's message dies on Discord: each request has one visible end, soon (Dragory/modmailbot#730,
// ComfyUI-SDXL-DiscordBot#2, discord-api-docs#3090 and #2788, aiyabot#266).

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { OptionInput } from '../../../src/chat/contract/incoming.ts'
import type { Where } from '../../chat/discord/user-actions.ts'
import { smallWebp } from '../../chat/test-chat.ts'
import { type DiscordBot, openDiscordBot, type SeenMessage } from './discord-bot.ts'
import { gatedRenderer } from './gated-renderer.ts'
import { waitUntil } from './wait-until.ts'

const minuteMs = 60_000
const unknown = (code: number, message: string) => ({ status: 404, body: { code, message } })

describe('the end of a request on Discord', { timeout: 180_000 }, () => {
  const gate = gatedRenderer(smallWebp)
  let aheadMs = 0
  let bot: DiscordBot
  before(async () => {
    bot = await openDiscordBot({ renderer: gate.make, nowMs: () => Date.now() + aheadMs, installs: { '0': {}, '1': {} } })
  })
  after(() => bot.close())
  beforeEach(() => {
    gate.shut()
    aheadMs = 0
  })

  const ann = () => bot.state.users.ann
  const bob = () => bot.state.users.bob
  const direct = () => bot.state.direct(ann().id).id
  const about = (prompt: string): readonly SeenMessage[] => bot.seen(ann(), new RegExp(prompt))
  async function begin(prompt: string, where: Where = {}, options: Record<string, OptionInput> = {}): Promise<SeenMessage> {
    bot.actions.command(ann(), 'animate', { prompt, ...options }, where)
    return bot.soon(ann(), new RegExp(prompt))
  }
  /** Within what somebody waits for an answer. */
  const told = () => waitUntil('the end is told', () => bot.isQuiet(), 12_000)
  const inPrivate = (prompt: string) => about(prompt).filter(({ message, pictures }) => message.channel === direct() && pictures === 1)

  test('comes once where a moderator deletes the message, and no progress is posted anew', async () => {
    const { message } = await begin('deleted by a moderator')
    bot.state.messages.delete(message.id)
    gate.step()
    await new Promise((resolve) => setTimeout(resolve, 3500))
    assert.equal(about('deleted by a moderator').length, 0)
    gate.open()
    await told()
    assert.deepEqual(
      about('deleted by a moderator').map(({ pictures }) => pictures),
      [1],
    )
  })

  test('comes in private where the channel is gone, or its thread is locked', async () => {
    const channel = bot.state.addChannel({ type: 0, name: 'doomed' })
    const { message } = await begin('in a doomed channel', { channel })
    bot.state.messages.delete(message.id)
    bot.state.channelsById.delete(channel.id)
    bot.server.play('PATCH', /^\/webhooks\//, unknown(10008, 'Unknown Message'))
    bot.server.play('POST', /^\/webhooks\/[^/]+\/[^/]+$/, unknown(10003, 'Unknown Channel'))
    gate.open()
    await told()
    assert.equal(inPrivate('in a doomed channel').length, 1)

    gate.shut()
    const thread = bot.state.addChannel({ type: 11, name: 'locked', parent: bot.state.channels.general.id })
    await begin('in a locked thread', { channel: thread })
    const archived = { status: 400, body: { code: 50083, message: 'Thread is archived' } }
    bot.server.play('PATCH', /./, archived, archived)
    for (let n = 0; n < 3; n++) bot.server.play('POST', new RegExp(`channels/${thread.id}/messages|webhooks`), archived)
    gate.open()
    await told()
    assert.equal(inPrivate('in a locked thread').length, 1)
  })

  test('comes in private where the bot is a guest and the fifteen minutes are over', async () => {
    const elsewhere = bot.state.addChannel({ type: 0, name: 'elsewhere', deny: (1n << 10n) | (1n << 11n) })
    await begin('a slow one elsewhere', { channel: elsewhere, guest: true })
    aheadMs = 16 * minuteMs
    gate.open()
    await told()
    assert.equal(inPrivate('a slow one elsewhere').length, 1)
  })

  test('is said to come in private before a message can no longer be changed, of a guest and of what only one person sees', async () => {
    const elsewhere = bot.state.addChannel({ type: 0, name: 'elsewhere', deny: (1n << 10n) | (1n << 11n) })
    const guest = await begin('a long one elsewhere', { channel: elsewhere, guest: true })
    const quiet = await begin('a long private one', {}, { private: true })
    aheadMs = 14.5 * minuteMs
    await waitUntil('the last words', () => {
      gate.step()
      const texts = [guest, quiet].map(({ message }) => bot.seen(ann()).find((one) => one.message.id === message.id)!.text)
      return texts.every((text) => /sent in private|以私信发送/.test(text))
    })
    aheadMs = 16 * minuteMs
    gate.open()
    await told()
    for (const prompt of ['a long one elsewhere', 'a long private one']) assert.equal(inPrivate(prompt).length, 1)
    assert.ok(!about('a long').some(({ text }) => /Drawing|正在绘制/.test(text)))
  })

  test('says nothing of what was asked in private where nobody can be written to any more', async () => {
    const { message } = await begin('a private slow one', {}, { private: true })
    assert.equal(message.onlyFor, ann().id)
    aheadMs = 16 * minuteMs
    bot.state.closed.add(ann().id)
    gate.open()
    await told()
    bot.state.closed.delete(ann().id)
    assert.deepEqual(bot.seen(bob(), /a private slow one/), [])
    assert.equal(bot.seen(bob(), /\/history/).length, 1)
  })

  test('comes once where Discord did not hear the first response, and where it says the same twice', async () => {
    bot.server.play('POST', /^\/interactions\//, unknown(10062, 'Unknown interaction'), unknown(10062, 'Unknown interaction'))
    bot.actions.command(ann(), 'animate', { prompt: 'heard too late' })
    await bot.soon(ann(), /heard too late/)
    gate.open()
    await told()
    assert.deepEqual(
      about('heard too late').map(({ pictures }) => pictures),
      [1],
    )
    gate.shut()
    const options = [{ name: 'prompt', type: 3, value: 'said twice' }]
    const data = { id: bot.state.newId(), name: 'animate', type: 1, options, resolved: {} }
    const first = bot.actions.interact(ann(), 2, data)
    await bot.soon(ann(), /said twice/)
    bot.actions.interact(ann(), 2, data, { over: { id: first.id, token: first.token } })
    await new Promise((resolve) => setTimeout(resolve, 300))
    gate.open()
    await told()
    assert.deepEqual(
      about('said twice').map(({ pictures }) => pictures),
      [1],
    )
  })

  for (const [code, said] of [
    [240000, 'Message blocked by harmful links filter'],
    [200000, 'Message was blocked by automatic moderation'],
    [50035, 'Invalid Form Body'],
  ] as const) {
    const refusal = { status: 400, body: { code, message: said } }
    test(`comes at once where Discord refuses it everywhere for good (${code}), and nothing says that it is being drawn`, async () => {
      const prompt = `refused with ${code}`
      await begin(prompt)
      bot.server.play('PATCH', /^\/webhooks\//, ...Array.from({ length: 20 }, () => refusal))
      bot.server.play('POST', /^\/(channels\/\d+\/messages|webhooks\/)/, ...Array.from({ length: 20 }, () => refusal))
      gate.open()
      await told()
      assert.ok(bot.server.calls.filter(({ status }) => status === 400).length < 60)
      assert.deepEqual(about(prompt), [])
      bot.server.forgetPlays()
    })

    test(`comes in private where only the channel refuses it (${code}), and the channel is told so`, async () => {
      const prompt = `refused here with ${code}`
      const { message } = await begin(prompt)
      bot.server.play('PATCH', /^\/webhooks\//, refusal)
      gate.open()
      await told()
      assert.equal(inPrivate(prompt).length, 1)
      const left = bot.seen(bob()).find((one) => one.message.id === message.id)
      assert.match(left!.text, /ann/)
      assert.ok(!left!.text.includes(prompt))
    })
  }
})

// Nobody is shown another's Cancel: Discord and Slack show a message of the channel alike to all, so who asked sees Cancel beside it, alone.

import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { smallWebp } from '../../chat/test-chat.ts'
import { isDone, openDiscordBot } from './discord-bot.ts'
import { gatedRenderer } from './gated-renderer.ts'
import { openSlackBot, smallGif } from './slack-bot.ts'
import { waitUntil } from './wait-until.ts'

const offer = /Until it is done, you can cancel it\./

describe('cancelling on Discord', { timeout: 60_000 }, () => {
  async function openGated(t: TestContext) {
    const gate = gatedRenderer(smallWebp)
    const bot = await openDiscordBot({ renderer: gate.make })
    t.after(() => bot.close())
    const { ann, bob } = bot.state.users
    const cancels = (user: typeof ann) =>
      bot.seen(user).filter(({ message }) => JSON.stringify(message.components).includes('"cancel job:'))
    return { bot, gate, ann, bob, cancels }
  }

  test('is shown to who asked alone, does what it says, and goes with the request', async (t) => {
    const { bot, ann, bob, cancels } = await openGated(t)
    bot.actions.command(ann, 'animate', { prompt: 'a slow ball' })
    const own = await bot.soon(ann, offer)
    await bot.soon(bob, /a slow ball/)
    assert.equal(own.message.onlyFor, ann.id)
    assert.deepEqual(cancels(bob), [])
    assert.deepEqual(
      cancels(ann).map(({ message }) => message.id),
      [own.message.id],
    )
    bot.actions.press(ann, own.message.id, 'Cancel')
    await waitUntil('the end', () => bot.seen(bob, /a slow ball/).find(({ text }) => /Cancelled\.|已取消/.test(text)))
    await waitUntil('quiet', () => bot.isQuiet())
    assert.deepEqual(bot.seen(ann, offer), [])
    assert.deepEqual(cancels(ann), [])
  })

  test('is gone once the animation is there', async (t) => {
    const { bot, gate, ann } = await openGated(t)
    bot.actions.command(ann, 'animate', { prompt: 'a quick ball' })
    await bot.soon(ann, offer)
    gate.open()
    await bot.soon(ann, /a quick ball/, isDone)
    await waitUntil('quiet', () => bot.isQuiet())
    assert.deepEqual(bot.seen(ann, offer), [])
  })

  test('is taken away by the next process too', async (t) => {
    const { bot, gate, ann } = await openGated(t)
    bot.actions.command(ann, 'animate', { prompt: 'a patient ball' })
    await bot.soon(ann, offer)
    await bot.restart()
    gate.open()
    await bot.soon(ann, /a patient ball/, isDone)
    await waitUntil('quiet', () => bot.isQuiet())
    assert.deepEqual(bot.seen(ann, offer), [])
  })

  test('is part of the message where nobody else reads it', async (t) => {
    const { bot, ann, bob, cancels } = await openGated(t)
    bot.actions.command(ann, 'animate', { prompt: 'a secret ball', private: true })
    const own = await bot.soon(ann, /a secret ball/)
    bot.actions.command(ann, 'animate', { prompt: 'a ball for one' }, { channel: bot.state.direct(ann.id) })
    const direct = await bot.soon(ann, /a ball for one/)
    assert.deepEqual(new Set(cancels(ann).map(({ message }) => message.id)), new Set([own.message.id, direct.message.id]))
    assert.deepEqual(cancels(bob), [])
  })

  test('is no button where Discord lets nothing be shown to one person: the mark and the command end it', async (t) => {
    const { bot, gate, ann, bob, cancels } = await openGated(t)
    gate.open()
    bot.actions.command(ann, 'animate', { prompt: 'a red ball' })
    const first = await bot.soon(ann, /a red ball/, isDone)
    await waitUntil('quiet', () => bot.isQuiet())
    gate.shut()
    bot.actions.react(bob, first.message.id, '🎲')
    const again = await bot.soon(bob, /a red ball/, ({ message }) => message.id !== first.message.id)
    assert.deepEqual(
      [...cancels(ann), ...cancels(bob)].filter(({ message }) => message.id === again.message.id),
      [],
    )
    bot.actions.react(ann, again.message.id, '❌')
    bot.actions.react(bob, again.message.id, '❌')
    await waitUntil('the end', () =>
      bot.seen(ann).find(({ message, text }) => message.id === again.message.id && /Cancelled|已取消/.test(text)),
    )
  })
})

test('cancelling on Slack is shown to who asked alone, and does what it says', { timeout: 60_000 }, async (t) => {
  const gate = gatedRenderer(smallGif, { format: 'gif' })
  const bot = await openSlackBot(gate.make)
  t.after(() => bot.close())
  await bot.harness.slash(bot.harness.server.ids.ann, 'animate a slow ball')
  const own = await bot.soon('ann', offer)
  await bot.soon('bob', /a slow ball/)
  const cancels = async (person: 'ann' | 'bob') =>
    (await bot.harness.seen(person)).filter(({ buttons }) => buttons.some((label) => label.includes('Cancel')))
  assert.deepEqual(await cancels('bob'), [])
  assert.deepEqual(
    (await cancels('ann')).map(({ message }) => message),
    [own.message],
  )
  await bot.harness.press('ann', own.message, 'Cancel')
  await bot.soon('bob', /a slow ball/, ({ text }) => text.includes('Cancelled.'))
})

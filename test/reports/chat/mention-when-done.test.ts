// A person may ask to be mentioned when theirs is done: that one person is told, and nobody else ever is. An edit tells nobody, on both
// platforms (Discord: resources/message, Edit Message; Slack: chat.update), so the end comes as a new message in place of the old one.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isDone, openDiscordBot } from './discord-bot.ts'
import { openSlackBot } from './slack-bot.ts'
import { waitUntil } from './wait-until.ts'

describe('being mentioned when it is done', { timeout: 60_000 }, () => {
  test('on Discord: once, who asked for it alone, in one message', async () => {
    const bot = await openDiscordBot()
    const { ann, bob } = bot.state.users
    const defaults = (mention: boolean) => ({
      id: bot.state.newId(),
      name: 'defaults',
      type: 1,
      options: [{ type: 1, name: 'set', options: [{ type: 5, name: 'mention', value: mention }] }],
      resolved: {},
    })
    bot.actions.command(ann, 'animate', { prompt: 'a quiet ball' })
    await bot.soon(bob, /a quiet ball/, isDone)
    assert.deepEqual(bot.state.mentioned, [])

    bot.actions.interact(ann, 2, defaults(true))
    await bot.soon(ann, /mention (true|yes)/)
    bot.actions.command(ann, 'animate', { prompt: `a loud ball for <@${bob.id}> @everyone` })
    const end = await bot.soon(bob, /a loud ball/, isDone)
    assert.deepEqual(bot.state.mentioned, [ann.id])
    assert.equal(bot.state.pings, 0)
    assert.ok(end.text.startsWith(`<@${ann.id}>`))
    await waitUntil('quiet', () => bot.isQuiet())
    assert.equal(bot.seen(bob, /a loud ball/).length, 1)

    // what others draw again is theirs, and what is private is told by nobody
    bot.actions.react(bob, end.message.id, '🎲')
    await bot.soon(bob, /^(bob asked|bob 要)/)
    bot.actions.command(ann, 'animate', { prompt: 'a secret ball', private: true })
    await bot.soon(ann, /a secret ball/, ({ pictures }) => pictures === 1)
    await waitUntil('quiet', () => bot.isQuiet())
    assert.deepEqual(bot.state.mentioned, [ann.id])
    await bot.close()
  })

  test('on Slack: once, who asked for it alone', async () => {
    const bot = await openSlackBot()
    const { server } = bot.harness
    await bot.harness.slash(server.ids.ann, 'defaults set mention:yes')
    await bot.soon('ann', /mention true/)
    await bot.harness.slash(server.ids.ann, 'animate a loud ball')
    await bot.soon('bob', /a loud ball/, ({ pictures }) => pictures.length === 1)
    await bot.testChat.quiet()
    assert.equal(server.pings, 1)
    const posts = server.calls.filter(({ args }) => JSON.stringify(args['blocks'] ?? '').includes(`"user_id":"${server.ids.ann}"`))
    assert.deepEqual(
      posts.map(({ method }) => method),
      ['chat.postMessage'],
    )
    await bot.close()
  })
})

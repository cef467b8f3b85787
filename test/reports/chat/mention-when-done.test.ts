// A person may ask to be mentioned when theirs is done: that one person is told, and nobody else ever is. An edit tells nobody, on both
// platforms (Discord: resources/message, Edit Message; Slack: chat.update), so the end comes as a new message in place of the old one.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SlackServer } from '../../chat/slack/server.ts'
import { quickRenderer } from '../../chat/test-chat.ts'
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
    assert.deepEqual(mentioning(server), ['chat.postMessage'])
    const known: string[] = []
    for await (const [message] of bot.testChat.store.space<string>('messages').iterator!({})) known.push(String(message))
    assert.equal(known.length, 1, 'no message is remembered that was replaced')
    await bot.close()
  })

  test('on Slack: also of what shows no picture of its own, and of what went wrong', async () => {
    const bot = await openSlackBot(quickRenderer)
    const { server } = bot.harness
    await bot.harness.slash(server.ids.ann, 'defaults set mention:yes')
    await bot.soon('ann', /mention true/)
    for (const [i, prompt] of ['a ball as a film', 'a ball that breaks'].entries()) {
      await bot.harness.slash(server.ids.ann, `animate ${prompt}`)
      await waitUntil(prompt, () => server.pings === i + 1)
    }
    await bot.testChat.quiet()
    assert.deepEqual(mentioning(server), ['chat.postMessage', 'chat.postMessage'])
    await bot.close()
  })
})

/** By which calls ann was mentioned: an update tells nobody. */
const mentioning = ({ calls, ids }: SlackServer): string[] =>
  calls.filter(({ args }) => JSON.stringify(args['blocks'] ?? '').includes(`"user_id":"${ids.ann}"`)).map(({ method }) => method)

// What people do to a bot that draws, and what other bots do: words full of markup, dice of every kind, long emoji, files that are too large
// (discord-api-docs#2024). It stood when it was tried first; here it goes on standing.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type DiscordBot, openDiscordBot, type SeenMessage } from './discord-bot.ts'
import { waitUntil } from './wait-until.ts'

describe('a bot on Discord stands', { timeout: 60_000 }, () => {
  let bot: DiscordBot
  let first: SeenMessage
  const words = '@everyone <@1> <@&2> [x](https://e.example) ||s|| https://discord.gg/abc <t:1:R> # big -# small'
  before(async () => {
    bot = await openDiscordBot()
    bot.actions.command(bot.state.users.ann, 'animate', { prompt: words })
    first = await bot.soon(bot.state.users.ann, /要的动画/)
    await waitUntil('quiet', () => bot.isQuiet())
  })
  after(() => bot.close())

  const jobsOf = (person: 'ann' | 'bob' | 'robot') => {
    const owner = { platform: 'discord', space: bot.state.guildId, person: bot.state.users[person].id }
    return bot.testChat.scheduler.jobsOf(owner, { from: 0, limit: 99 }).total
  }

  test('words full of markup: shown as they were written, and nobody is pinged', () => {
    assert.ok(first.text.includes(words), first.text)
    assert.equal(bot.state.pings, 0)
  })

  test('a die counts for people, also as a super reaction; not by bots, as a custom emoji, or on messages of others', async () => {
    const { bob, robot } = bot.state.users
    const { react } = bot.actions
    react(robot, first.message.id, '🎲')
    react(bob, first.message.id, '👍')
    react(bob, first.message.id, '🎲', { message_author_id: bob.id })
    react(bob, first.message.id, '🎲', { emoji: { id: '123456789012345678', name: '🎲' } })
    react(bob, first.message.id, '🎲', { burst: true, type: 1 })
    await bot.soon(bob, /^bob 要的动画/)
    await waitUntil('quiet', () => bot.isQuiet())
    assert.deepEqual([jobsOf('ann'), jobsOf('bob'), jobsOf('robot')], [1, 1, 0])
  })

  test('a cross by somebody else takes nothing away, and says so to them alone', async () => {
    const { bob } = bot.state.users
    bot.actions.react(bob, first.message.id, '❌')
    await bot.soon(bob, /./, ({ message }) => message.channel === bot.state.direct(bob.id).id)
    assert.ok(bot.state.messages.has(first.message.id))
  })

  test('long words of emoji fit, and completion offers nothing that Discord refuses', async () => {
    const { ann } = bot.state.users
    bot.actions.command(ann, 'animate', { prompt: `${'🐈‍⬛'.repeat(150)} ${'a'.repeat(300)}` })
    await bot.soon(ann, /aaaa/, ({ pictures, text }) => pictures === 1 && /要的动画/.test(text))
    await waitUntil('quiet', () => bot.isQuiet())
    const typing = bot.actions.type(ann, 'animate', 'prompt', '@every')
    const choices = await waitUntil('choices', () => typing.choices)
    assert.ok(choices.length > 0)
    for (const { name, value } of choices) assert.ok(String(name).length <= 100 && String(value).length <= 100)
    assert.deepEqual(bot.server.wrong, [])
  })

  test('a limit that is smaller than the file is told in words', async () => {
    const { ann } = bot.state.users
    bot.actions.command(ann, 'animate', { prompt: 'a small limit' }, { sizeLimit: 200 })
    const end = await bot.soon(ann, /超过这里允许/)
    assert.equal(end.pictures, 0)
  })
})

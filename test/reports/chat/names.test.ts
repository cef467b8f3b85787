// Reports of ids where names belong: in a conversation with the bot Discord says neither member nor user of a reaction
// (discordjs/discord.js#4969), Slack does not tell of everybody (timescale/tiger-agents-for-work#171), and mentions in a prompt are ids.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { refused } from '../../chat/slack/calls.ts'
import { openDiscordBot } from './discord-bot.ts'
import { openSlackBot } from './slack-bot.ts'
import { waitUntil } from './wait-until.ts'

describe('names of people', { timeout: 90_000 }, () => {
  test('on Discord: whoever throws the die alone with the bot: as heard before, as Discord tells, or else somebody', async () => {
    const bot = await openDiscordBot()
    const { ann } = bot.state.users
    const drawnAgain = async (words: RegExp): Promise<void> => {
      const before = new Set(bot.seen(ann).map(({ message }) => message.id))
      bot.actions.react(ann, first.message.id, '🎲')
      await bot.soon(ann, words, ({ message }) => !before.has(message.id))
      await waitUntil('quiet', () => bot.isQuiet())
      // dice of one person on one message count once in two seconds
      await new Promise((resolve) => setTimeout(resolve, 2000))
    }
    const lookUps = () => bot.server.calls.filter(({ path }) => path === `/users/${ann.id}`).length
    bot.actions.write(ann, 'animate a red ball')
    const first = await bot.soon(ann, /asked for this/)
    await waitUntil('quiet', () => bot.isQuiet())
    await drawnAgain(/^ann asked for this/)
    assert.equal(lookUps(), 0)

    await bot.restart()
    const broken = { status: 500, body: {} }
    bot.server.play('GET', /^\/users\/\d+$/, broken, broken, broken, broken)
    await drawnAgain(/^Somebody asked for this/)
    assert.equal(lookUps(), 4)
    await drawnAgain(/^ann asked for this/)
    await drawnAgain(/^ann asked for this/)
    assert.equal(lookUps(), 5)
    assert.ok(!bot.seen(ann).some(({ text }) => /\d{16,}/.test(text)))
    await bot.close()
  })

  test('on Discord: a prompt that mentions people, channels, roles and custom emoji says their names', async () => {
    const bot = await openDiscordBot()
    const { users, channels, adminRole } = bot.state
    const prompt = `<@${users.bob.id}> and <@!${users.root.id}> in <#${channels.night.id}> with <@&${adminRole}> <:blob:123456789012345678> <@1>`
    bot.actions.command(users.ann, 'animate', { prompt })
    const end = await bot.soon(users.ann, /bob and root/)
    assert.ok(end.text.includes('bob and root in #night with admins :blob: <@1>'), end.text)
    assert.equal(bot.state.pings, 0)
    await bot.close()
  })

  test('on Slack: what the command itself says where users.info does not tell, else somebody; never an id', async () => {
    const bot = await openSlackBot()
    const { harness } = bot
    const { ids } = harness.server
    const hidden = () => refused('user_not_visible')
    harness.server.play('users.info', hidden, hidden)
    await harness.slash(ids.ann, 'animate a red ball', { user_name: 'ann.of.the.command' })
    const end = await bot.soon('bob', /a red ball/, ({ pictures }) => pictures.length === 1)
    assert.match(end.text, /ann\.of\.the\.command asked/)
    harness.server.play('users.info', hidden, hidden)
    await bot.mention(ids.ann, 'animate a blue ball')
    assert.match((await bot.soon('bob', /a blue ball/, ({ pictures }) => pictures.length === 1)).text, /Somebody asked/)
    harness.server.play('users.info', hidden, hidden)
    await bot.mention(ids.ann, 'animate a green ball', { user_profile: { display_name: 'Ann of T2', real_name: 'Ann', name: 'ann' } })
    assert.match((await bot.soon('bob', /a green ball/, ({ pictures }) => pictures.length === 1)).text, /Ann of T2 asked/)
    await bot.close()
  })
})

// What is for admins and style managers is a command of its own on Discord, hidden from others until a server opens it to them; whoever types it
// there means our own command, and what Discord hides is checked again.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type DiscordBot, openDiscordBot } from './discord-bot.ts'

describe('a hidden command on Discord', { timeout: 60_000 }, () => {
  let bot: DiscordBot
  before(async () => {
    bot = await openDiscordBot()
  })
  after(() => bot.close())

  const call = (who: 'ann' | 'root', name: string, action: string) =>
    bot.actions.interact(bot.state.users[who], 2, {
      id: bot.state.newId(),
      name,
      type: 1,
      options: [{ type: 1, name: action, options: [{ type: 3, name: 'name', value: 'anime' }] }],
      resolved: {},
    })

  test('ends in the action that it stands for', async () => {
    call('root', 'manage-styles', 'publish')
    // this chat has no style administration: what matters is that it was asked
    await bot.soon(bot.state.users.root, /Something broke/)
    assert.ok(bot.testChat.lines.some((line) => line.includes('no style admin: set')))
  })

  test('is refused to others who reach it all the same', async () => {
    call('ann', 'settings', 'show')
    const refusal = await bot.soon(bot.state.users.ann, /for admins only/)
    assert.equal(refusal.message.onlyFor, bot.state.users.ann.id)
  })

  test('leaves what is for everybody without a detour', async () => {
    bot.actions.command(bot.state.users.ann, 'styles', { search: 'sep' })
    const list = await bot.soon(bot.state.users.ann, /an old photograph/)
    assert.ok(!list.text.includes('dark outlines'))
  })
})

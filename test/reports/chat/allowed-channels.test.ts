// Reports of bots that refuse threads and posts of a channel that they were allowed in (lexicalunit/spellbot#681, python-discord/bot#1910,
// aternosorg/modbot#498), and of refusals and settings that show digits where people know names.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Channel, Data } from '../../chat/discord/discord-state.ts'
import { type DiscordBot, openDiscordBot, type SeenMessage } from './discord-bot.ts'

describe('a channel that the admins allow', { timeout: 60_000 }, () => {
  let bot: DiscordBot
  let forum: Channel
  let category: Channel
  let inCategory: Channel
  let hidden: Channel
  before(async () => {
    bot = await openDiscordBot({
      prepare({ state }) {
        forum = state.addChannel({ type: 15, name: 'show-and-tell' })
        category = state.addChannel({ type: 4, name: 'art' })
        inCategory = state.addChannel({ type: 0, name: 'sketches', parent: category.id })
        hidden = state.addChannel({ type: 0, name: 'secret-plans', deny: 1n << 10n })
      },
    })
  })
  after(() => bot.close())

  /** As Discord sends what was picked: an id. */
  async function settings(action: string, options: Readonly<Record<string, string>>): Promise<SeenMessage> {
    const { root } = bot.state.users
    const declared = bot.state.commands.find(({ name }) => name === 'settings')!
    const before = new Set(bot.seen(root).map(({ message }) => message.id))
    const known = (declared['options'] as Data[]).find(({ name }) => name === action)!['options'] as Data[]
    const inner = Object.entries(options).map(([name, value]) => ({
      name,
      value,
      type: known.find((one) => one['name'] === name)!['type'],
    }))
    bot.actions.interact(root, 2, {
      id: bot.state.newId(),
      name: 'settings',
      type: 1,
      options: [{ type: 1, name: action, options: inner }],
      resolved: {},
    })
    return bot.soon(root, /Changed\./, ({ message }) => !before.has(message.id))
  }
  const drawn = (prompt: string, channel: Channel) => {
    bot.actions.command(bot.state.users.ann, 'animate', { prompt }, { channel })
    return bot.soon(bot.state.users.ann, new RegExp(prompt), ({ pictures, message }) => pictures === 1 && message.channel === channel.id)
  }

  test('is picked from a list, as roles and people are', () => {
    const { options } = bot.state.commands.find(({ name }) => name === 'settings') as { options: { name: string; options: Data[] }[] }
    const typeOf = (action: string, option: string) =>
      options.find(({ name }) => name === action)!.options.find(({ name }) => name === option)!['type']
    // application-commands, option types: 7 a channel, 8 a role, 9 a role or a person
    assert.deepEqual(
      [typeOf('allow', 'channel'), typeOf('disallow', 'channel'), typeOf('priority', 'who'), typeOf('managers', 'who')],
      [7, 7, 8, 9],
    )
  })

  test('lets its threads, the posts of a forum and the channels of a category draw, and no other', async () => {
    const { general, night } = bot.state.channels
    const { ann } = bot.state.users
    for (const channel of [general, forum, category, hidden]) await settings('allow', { channel: channel.id })
    const thread = bot.state.addChannel({ type: 11, name: 'ideas', parent: general.id })
    const post = bot.state.addChannel({ type: 11, name: 'my loop', parent: forum.id })
    await drawn('in the channel', general)
    await drawn('in its thread', thread)
    await drawn('in a post', post)
    await drawn('in a category', inCategory)

    bot.actions.command(ann, 'animate', { prompt: 'elsewhere' }, { channel: night })
    const refusal = await bot.soon(ann, /Nothing is drawn/)
    assert.equal(refusal.message.onlyFor, ann.id)
    // Discord shows a mention as the channel's name; of one that ann does not see nothing is said
    for (const channel of [general, forum, category]) assert.ok(refusal.text.includes(`<#${channel.id}>`))
    assert.ok(!refusal.text.includes(hidden.id))
    assert.doesNotMatch(refusal.text.replace(/<#\d+>/g, ''), /\d{15,}/)
  })

  test('is shown by name among the settings, and so are roles and people', async () => {
    const { bob } = bot.state.users
    await settings('managers', { who: bot.state.adminRole })
    await settings('managers', { who: bob.id })
    const shown = await settings('priority', { who: bot.state.adminRole })
    assert.match(shown.text, /double share @admins/)
    assert.match(shown.text, /besides admins @admins, bob/)
    assert.doesNotMatch(shown.text.replace(/<#\d+>/g, ''), /\d{15,}/)
  })
})

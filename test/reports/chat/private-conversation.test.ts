// Reports: the bot is installed by a person and used in a conversation with somebody else. discord.js calls that a private channel too
// (InteractionContextType.PrivateChannel: "Group DMs and DMs other than the app's bot user"), and what is private must stay so there.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Channel, Data } from '../../chat/discord/discord-state.ts'
import { type DiscordBot, openDiscordBot } from './discord-bot.ts'
import { waitUntil } from './wait-until.ts'

const ephemeral = 1 << 6

describe('a conversation of other people', { timeout: 60_000 }, () => {
  let bot: DiscordBot
  let between: Channel
  before(async () => {
    bot = await openDiscordBot({ installs: { '0': {}, '1': {} } })
    between = bot.state.between(bot.state.users.ann, bot.state.users.bob)
  })
  after(() => bot.close())

  /** The first response to the command. */
  async function responseTo(name: string, options: readonly Data[] = [], over: Data = {}): Promise<{ flags: number; type: number }> {
    const { ann } = bot.state.users
    const data = { id: bot.state.newId(), name, type: 1, options, resolved: { attachments: {} } }
    const { id } = bot.actions.interact(ann, 2, data, { channel: between, over })
    const { body } = await waitUntil(`a response to /${name}`, () => bot.server.calls.find(({ path }) => path.includes(id)))
    const { type, data: inner } = body as { type: number; data?: { flags?: number } }
    return { type, flags: inner?.flags ?? 0 }
  }
  const action = (name: string): Data[] => [{ type: 1, name, options: [] }]

  for (const [what, name, options] of [
    ['/history', 'history', []],
    ['/queue', 'queue', []],
    ['/defaults show', 'defaults', action('show')],
    ['/privacy export, a file with everything', 'privacy', action('export')],
    [
      '/animate private:yes',
      'animate',
      [
        { name: 'prompt', type: 3, value: 'a present for bob' },
        { name: 'private', type: 5, value: true },
      ],
    ],
  ] as const) {
    test(`${what} is seen by who asked alone`, async () => {
      assert.ok((await responseTo(name, options)).flags & ephemeral)
    })
  }

  test('nothing of all that stands there for the other one', async () => {
    await waitUntil('quiet', () => bot.isQuiet())
    const there = [...bot.state.messages.values()].filter(({ channel }) => channel === between.id)
    assert.ok(there.length > 0)
    assert.deepEqual(
      there.filter(({ onlyFor }) => onlyFor !== bot.state.users.ann.id),
      [],
    )
    assert.equal(bot.seen(bot.state.users.bob).length, 0)
  })

  test('neither in a group, nor where Discord does not say what kind of conversation it is', async () => {
    const group = { context: 2, channel: { id: between.id, type: 3, flags: 0, recipients: [] } }
    assert.ok((await responseTo('history', [], group)).flags & ephemeral)
    const owners = { '1': bot.state.users.ann.id }
    assert.ok((await responseTo('history', [], { context: undefined, authorizing_integration_owners: owners })).flags & ephemeral)
    assert.ok((await responseTo('history', [], { context: undefined, channel: undefined })).flags & ephemeral)
  })

  test('what is for everybody is drawn there, by responses alone', async () => {
    const { ann, bob } = bot.state.users
    bot.actions.command(ann, 'animate', { prompt: 'a red ball for both' }, { channel: between })
    const end = await bot.soon(bob, /a red ball for both/, ({ pictures }) => pictures === 1)
    assert.equal(end.message.channel, between.id)
  })

  test('alone with the bot a private answer is an ordinary message that stays', async () => {
    const { ann } = bot.state.users
    bot.actions.command(ann, 'history', {}, { channel: bot.state.direct(ann.id) })
    const list = await bot.soon(ann, /Animations|Nothing yet/, ({ message }) => message.channel === bot.state.direct(ann.id).id)
    assert.equal(list.message.onlyFor, undefined)
  })
})

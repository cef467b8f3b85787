// Who says what, where, and what they may: as Discord tells it.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Incoming } from '../../../src/chat/contract/incoming.ts'
import type { Form } from '../../../src/chat/contract/outgoing.ts'
import { type House, makeHouse, pictureOf, words } from './discord-chat.ts'
import type { Interaction } from './guilds.ts'

describe('what is heard on Discord', { timeout: 120_000 }, () => {
  let contexts: House
  before(async () => {
    contexts = await makeHouse()
  })
  after(() => contexts?.scene.close())

  const world = () => contexts.scene.server.world
  const hear = (act: () => unknown) => contexts.told(act, async (incoming) => incoming)
  const ask = (where = {}) => contexts.scene.people.command(world().people.ann, 'queue', {}, where)
  const post = () =>
    contexts.told(ask, ({ address }, platform) => platform.post(address, words('Here.', { picture: pictureOf(new Uint8Array(9)) })))

  it('knows a place by its server, its language and its age limit, threads by their channel', async () => {
    const { people, places, guild } = world()
    const general = await hear(() => contexts.scene.people.command(people.bob, 'queue', {}))
    assert.deepEqual(general.owner, { platform: 'discord', space: guild, person: people.bob.id })
    assert.deepEqual(general.channel, { id: places.general.id, ageRestricted: false, direct: false, missing: [] })
    assert.partialDeepStrictEqual(general, { locale: 'zh-CN', channelLocale: 'zh-CN', name: 'bob' })
    for (const channel of [places.night, places.thread]) assert.equal((await hear(() => ask({ channel }))).channel.ageRestricted, true)
  })

  it('knows an admin by what they may do: told with commands, worked out for reactions', async () => {
    const { people } = world()
    const { messages } = await post()
    for (const [user, admin] of [
      [people.root, true],
      [people.ann, false],
    ] as const) {
      assert.deepEqual((await hear(() => contexts.scene.people.command(user, 'queue', {}))).asker, {
        admin,
        operator: false,
        roles: user.roles,
      })
      assert.deepEqual((await hear(() => contexts.scene.people.react(user, messages[0]!, '🎲'))).asker, {
        admin,
        operator: false,
        roles: user.roles,
      })
    }
  })

  it('tells of a reaction where it stands, what the bot lacks there, and in which language the place reads', async () => {
    const { people, places, guild } = world()
    const posted = await contexts.told(
      () => ask({ channel: places.thread }),
      ({ address }, platform) => platform.post(address, words('In a thread.')),
    )
    const incoming = await hear(() => contexts.scene.people.react(people.ann, posted.messages[0]!, '✉️'))
    assert.equal(incoming.owner.space, guild)
    assert.deepEqual(incoming.channel, { id: places.thread.id, ageRestricted: true, direct: false, missing: [] })
    assert.deepEqual(
      { locale: incoming.locale, name: incoming.name, reaction: incoming.kind === 'reaction' && incoming.reaction },
      { locale: 'zh-CN', name: 'ann', reaction: 'letter' },
    )
  })

  it('does not hear reactions of bots, on messages of others, or that mean nothing', async () => {
    const { people, bot, newId } = world()
    const { messages } = await post()
    const [message] = messages
    const before = contexts.heard.length
    const { react } = contexts.scene.people
    react(bot, message!, '🎲')
    react(people.robot, message!, '🎲')
    react(people.ann, message!, '🎲', { message_author_id: people.bob.id })
    react(people.ann, message!, '🐟')
    react(people.ann, message!, '🎲', { emoji: { id: newId(), name: 'die' } })
    react(people.ann, message!, '🎲', { emoji: { id: null, name: null } })
    react(people.ann, message!, '🎲', { emoji: undefined })
    react(people.ann, message!, '🎲', { user_id: { id: 7 } })
    await hear(ask)
    assert.equal(contexts.heard.length, before + 1)
  })

  it('hears each time a die is thrown, also on messages that it never saw', async () => {
    const { people, newId } = world()
    const message = newId()
    const first = await hear(() => contexts.scene.people.react(people.ann, message, '🎲'))
    const second = await hear(() => contexts.scene.people.react(people.ann, message, '🔁'))
    assert.notEqual(first.id, second.id)
    assert.deepEqual(
      [first, second].map((one) => one.kind === 'reaction' && [one.reaction, one.message]),
      [
        ['die', message],
        ['die', message],
      ],
    )
  })

  it('hears what is written to it alone, with files, and answers there', async () => {
    const { people, direct } = world()
    const file = { id: '1', url: 'https://cdn.discordapp.com/a', filename: 'anime.safetensors', size: 1234 }
    const incoming = await hear(() => contexts.scene.people.write(people.ann, 'styles add name:anime', [file]))
    const channel = direct(people.ann.id)
    assert.deepEqual(incoming.channel, { id: channel.id, ageRestricted: false, direct: true, missing: [] })
    assert.equal(incoming.owner.space, channel.id)
    assert.deepEqual(incoming.kind === 'text' && [incoming.text, incoming.files], [
      'styles add name:anime',
      [{ url: file.url, name: file.filename, bytes: file.size }],
    ])
    const posted = await contexts.scene.platform.post(incoming.address, words('Yes?', { audience: 'asker' }))
    assert.equal(world().messages.get(posted.messages[0]!)!.channel, channel.id)
    const command = await hear(() => contexts.scene.people.command(people.ann, 'queue', {}, { channel }))
    assert.equal(command.channel.direct, true)
    const answered = await contexts.told(
      () => contexts.scene.people.command(people.ann, 'queue', {}, { channel }),
      ({ address }, platform) => platform.post(address, words('Stays.', { audience: 'asker' })),
    )
    assert.equal(world().messages.get(answered.messages[0]!)!.onlyFor, undefined)
  })

  it('does not hear itself, other bots and what is written elsewhere', async () => {
    const { people, bot } = world()
    const before = contexts.heard.length
    contexts.scene.people.write(people.robot, 'queue')
    contexts.scene.people.write(bot, 'queue')
    contexts.scene.people.write(people.ann, '  ')
    await hear(ask)
    assert.equal(contexts.heard.length, before + 1)
  })

  it('hears options of every kind, subcommands and files', async () => {
    const { people } = world()
    const set = (await hear(() =>
      contexts.scene.people.interact(people.root, 2, {
        name: 'settings',
        type: 1,
        options: [{ type: 1, name: 'set', options: [{ type: 4, name: 'max-frames', value: 8 }] }],
      }),
    )) as Incoming & { kind: 'command' }
    assert.deepEqual(
      { command: set.command, action: set.action, options: set.options },
      { command: 'settings', action: 'set', options: { 'max-frames': 8 } },
    )
    const attachment = { url: 'https://cdn.discordapp.com/b', name: 'anime.safetensors', bytes: 77 }
    const add = (await hear(() => contexts.scene.people.command(people.root, 'animate', { prompt: 'x', file: attachment }))) as typeof set
    assert.deepEqual(add.options, { prompt: 'x', file: attachment })
  })

  it('hears what is chosen from a list, where there are too many buttons for a message', async () => {
    const items = Array.from({ length: 10 }, (_, n) => ({
      title: `animation ${n}`,
      picture: pictureOf(new Uint8Array([n])),
      buttons: [
        { label: `Again ${n}`, emoji: '🎲', command: `again job:j${n}`, style: 'usual' as const },
        { label: `Keep ${n}`, command: `keep job:j${n}`, style: 'usual' as const },
        { label: `Delete ${n}`, command: `cancel job:j${n}`, style: 'danger' as const },
      ],
    }))
    const posted = await contexts.told(ask, ({ address }, platform) => platform.post(address, words('History.', { items })))
    for (const label of ['Again 0', 'Delete 9']) {
      const incoming = await hear(() => contexts.scene.people.press(world().people.bob, posted.messages[0]!, label))
      const command = `${label.startsWith('Again') ? 'again' : 'cancel'} job:j${label.at(-1)}`
      assert.deepEqual({ kind: incoming.kind, text: incoming.kind === 'text' && incoming.text }, { kind: 'text', text: command })
    }
  })

  it('opens a dialog with fields of every kind, and hears what was filled in', async () => {
    const form: Form = {
      title: 'Draw it again, with other words and so on, and so on',
      command: 'again',
      action: 'now',
      fixed: { job: 'k3j9x' },
      submit: 'Draw',
      fields: [
        { name: 'prompt', label: 'Words', value: 'a cat', option: { kind: 'text', help: 'What to draw', maxChars: 1000, required: true } },
        { name: 'frames', label: 'Frames', value: '8', option: { kind: 'integer', help: 'How many', min: 1, max: 32 } },
        { name: 'aspect', label: 'Shape', value: 'wide', option: { kind: 'choice', help: 'The shape', choices: ['square', 'wide'] } },
        { name: 'private', label: 'Private', value: 'yes', option: { kind: 'flag', help: 'Only you see it' } },
        { name: 'file', label: 'File', option: { kind: 'file', help: 'A style', maxBytes: 1000 } },
      ],
    }
    let interaction: Interaction | undefined
    await contexts.told(
      () => {
        interaction = ask()
      },
      ({ address }, platform) => platform.open(address, form),
    )
    const submitted = (await hear(() =>
      contexts.scene.people.submit(world().people.ann, interaction!.modal!, {
        prompt: 'a dog',
        frames: '9',
        aspect: 'square',
        private: false,
      }),
    )) as Incoming & { kind: 'command' }
    assert.deepEqual(
      { command: submitted.command, action: submitted.action, options: submitted.options },
      {
        command: 'again',
        action: 'now',
        options: { job: 'k3j9x', prompt: 'a dog', frames: '9', aspect: 'square', private: false, file: '' },
      },
    )
    await assert.rejects(
      contexts.told(
        () => contexts.scene.people.submit(world().people.ann, interaction!.modal!, { prompt: 'a dog' }),
        ({ address }, platform) => platform.open(address, form),
      ),
      { code: 'no-dialog-here' },
    )
    await assert.rejects(
      contexts.told(
        () => contexts.scene.people.write(world().people.ann, 'again ask:yes'),
        ({ address }, platform) => platform.open(address, form),
      ),
      { code: 'no-dialog-here' },
    )
  })

  it('offers nothing rather than too late, and nothing that would be refused', async () => {
    const offered = async (choices: House['choices']) => {
      contexts.choices = choices
      return contexts.scene.complete('ann', 'animate', 'style', 'x')
    }
    const many = Array.from({ length: 40 }, (_, n) => ({ value: `v${n}`, label: n + 'y'.repeat(200) }))
    assert.equal((await offered(async () => many)).length, 25)
    const odd = [
      { value: '', label: 'empty' },
      { value: 'z'.repeat(101), label: 'long' },
      { value: 'v', label: '' },
    ]
    assert.deepEqual(await offered(async () => odd), [])
    assert.deepEqual(await offered(() => new Promise(() => undefined)), [])
  })
})

// Receiving: who says what, where, and what they may, as Discord tells it.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Incoming } from '../../../src/chat/contract/incoming.ts'
import type { Form } from '../../../src/chat/contract/outgoing.ts'
import type { Interaction } from './discord-state.ts'
import { makeScriptedReceiver, pictureOf, plainMessage, type ScriptedReceiver } from './scripted-receiver.ts'

describe('what is received from Discord', { timeout: 120_000 }, () => {
  let receiver: ScriptedReceiver
  before(async () => {
    receiver = await makeScriptedReceiver()
  })
  after(() => receiver?.harness.close())

  const state = () => receiver.harness.server.state
  const receive = (act: () => unknown) => receiver.respondTo(act, async (incoming) => incoming)
  const ask = (where = {}) => receiver.harness.actions.command(state().users.ann, 'queue', {}, where)
  const post = () =>
    receiver.respondTo(ask, ({ address }, platform) =>
      platform.post(address, plainMessage('Here.', { picture: pictureOf(new Uint8Array(9)) })),
    )

  it('knows a guild by its id, its language and its age limit, threads by their channel', async () => {
    const { users, channels, guildId } = state()
    const general = await receive(() => receiver.harness.actions.command(users.bob, 'queue', {}))
    assert.deepEqual(general.owner, { platform: 'discord', space: guildId, person: users.bob.id })
    assert.deepEqual(general.channel, { id: channels.general.id, ageRestricted: false, direct: false, missing: [] })
    assert.partialDeepStrictEqual(general, { locale: 'zh-CN', channelLocale: 'zh-CN', name: 'bob' })
    for (const channel of [channels.night, channels.thread])
      assert.equal((await receive(() => ask({ channel }))).channel.ageRestricted, true)
  })

  it('knows an admin by what they may do, told with commands and worked out for reactions, and an operator by the configuration', async () => {
    const { users } = state()
    const { messages } = await post()
    const askers = [
      { user: users.root, asker: { admin: true, operator: false, roles: users.root.roles } },
      { user: users.ann, asker: { admin: false, operator: false, roles: [] } },
      { user: users.operator, asker: { admin: false, operator: true, roles: [] } },
    ]
    for (const { user, asker } of askers) {
      assert.deepEqual((await receive(() => receiver.harness.actions.command(user, 'queue', {}))).asker, asker)
      assert.deepEqual((await receive(() => receiver.harness.actions.react(user, messages[0]!, '🎲'))).asker, asker)
    }
  })

  it('tells of a reaction where it stands, what the bot lacks there, and in which language the guild reads', async () => {
    const { users, channels, guildId } = state()
    const posted = await receiver.respondTo(
      () => ask({ channel: channels.thread }),
      ({ address }, platform) => platform.post(address, plainMessage('In a thread.')),
    )
    const incoming = await receive(() => receiver.harness.actions.react(users.ann, posted.messages[0]!, '✉️'))
    assert.equal(incoming.owner.space, guildId)
    assert.deepEqual(incoming.channel, {
      id: channels.thread.id,
      within: [channels.night.id],
      ageRestricted: true,
      direct: false,
      missing: [],
    })
    assert.deepEqual(
      { locale: incoming.locale, name: incoming.name, reaction: incoming.kind === 'reaction' && incoming.reaction },
      { locale: 'zh-CN', name: 'ann', reaction: 'letter' },
    )
  })

  it('does not receive reactions of bots, on messages of others, or that mean nothing', async () => {
    const { users, bot, newId } = state()
    const { messages } = await post()
    const [message] = messages
    const before = receiver.received.length
    const { react } = receiver.harness.actions
    react(bot, message!, '🎲')
    react(users.robot, message!, '🎲')
    react(users.ann, message!, '🎲', { message_author_id: users.bob.id })
    react(users.ann, message!, '🐟')
    react(users.ann, message!, '🎲', { emoji: { id: newId(), name: 'die' } })
    react(users.ann, message!, '🎲', { emoji: { id: null, name: null } })
    react(users.ann, message!, '🎲', { emoji: undefined })
    react(users.ann, message!, '🎲', { user_id: { id: 7 } })
    await receive(ask)
    assert.equal(receiver.received.length, before + 1)
  })

  it('receives each die that is thrown, also on messages that it never saw', async () => {
    const { users, newId } = state()
    const message = newId()
    const first = await receive(() => receiver.harness.actions.react(users.ann, message, '🎲'))
    const second = await receive(() => receiver.harness.actions.react(users.ann, message, '🔁'))
    assert.notEqual(first.id, second.id)
    assert.deepEqual(
      [first, second].map((one) => one.kind === 'reaction' && { reaction: one.reaction, message: one.message }),
      [
        { reaction: 'die', message },
        { reaction: 'die', message },
      ],
    )
  })

  it('receives what is written to it alone, with files, and replies there', async () => {
    const { users, direct } = state()
    const file = { id: '1', url: 'https://cdn.discordapp.com/a', filename: 'anime.safetensors', size: 1234 }
    const incoming = await receive(() => receiver.harness.actions.write(users.ann, 'styles add name:anime', [file]))
    const channel = direct(users.ann.id)
    assert.deepEqual(incoming.channel, { id: channel.id, ageRestricted: false, direct: true, missing: [] })
    assert.equal(incoming.owner.space, channel.id)
    assert.deepEqual(incoming.kind === 'text' && { text: incoming.text, files: incoming.files }, {
      text: 'styles add name:anime',
      files: [{ url: file.url, name: file.filename, bytes: file.size }],
    })
    const posted = await receiver.harness.platform.post(incoming.address, plainMessage('Yes?', { audience: 'asker' }))
    assert.equal(state().messages.get(posted.messages[0]!)!.channel, channel.id)
    const command = await receive(() => receiver.harness.actions.command(users.ann, 'queue', {}, { channel }))
    assert.equal(command.channel.direct, true)
    const replied = await receiver.respondTo(
      () => receiver.harness.actions.command(users.ann, 'queue', {}, { channel }),
      ({ address }, platform) => platform.post(address, plainMessage('Stays.', { audience: 'asker' })),
    )
    assert.equal(state().messages.get(replied.messages[0]!)!.onlyFor, undefined)
  })

  it('receives the files of the message that is replied to, where none hangs on the reply', async () => {
    const { users } = state()
    const [boat, ball] = ['boat', 'ball'].map((name, n) => {
      return { id: String(n), url: `https://cdn.discordapp.com/${name}`, filename: `${name}.png`, size: 9, description: `a ${name}` }
    })
    const reply = { type: 19, referenced_message: { attachments: [boat, ball] } }
    const incoming = await receive(() => receiver.harness.actions.write(users.ann, 'styles train name:ink', [], reply))
    assert.deepEqual(incoming.kind === 'text' && incoming.files?.map(({ name, caption }) => [name, caption]), [
      ['boat.png', 'a boat'],
      ['ball.png', 'a ball'],
    ])
  })

  it('reads the files that people have put into the thread where something is asked, and nowhere else', async () => {
    const { users, channels, spoken } = state()
    const written = [
      { author: users.ann, files: ['1.png', '2.png'] },
      { author: users.robot, files: ['drawn.webp'] },
      { author: users.bob, files: ['3.png'] },
    ]
    for (const { id } of [channels.thread, channels.night]) spoken.set(id, written)
    const filesFrom = async (channel: typeof channels.thread) => {
      const { address } = await receive(() => ask({ channel }))
      return (await receiver.harness.platform.filesNear!(address)).map(({ name }) => name)
    }
    assert.deepEqual(await filesFrom(channels.thread), ['1.png', '2.png', '3.png'])
    assert.deepEqual(await filesFrom(channels.night), [])
  })

  it('does not receive itself, other bots and what is written elsewhere', async () => {
    const { users, bot } = state()
    const before = receiver.received.length
    receiver.harness.actions.write(users.robot, 'queue')
    receiver.harness.actions.write(bot, 'queue')
    receiver.harness.actions.write(users.ann, '  ')
    await receive(ask)
    assert.equal(receiver.received.length, before + 1)
  })

  it('receives options of every kind, subcommands and files', async () => {
    const { users } = state()
    const set = (await receive(() =>
      receiver.harness.actions.interact(users.root, 2, {
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
    const add = (await receive(() =>
      receiver.harness.actions.command(users.root, 'animate', { prompt: 'x', file: attachment }),
    )) as typeof set
    assert.deepEqual(add.options, { prompt: 'x', file: attachment })
  })

  it('receives what is chosen from a list, where there are too many buttons for a message', async () => {
    const items = Array.from({ length: 10 }, (_, n) => ({
      title: `animation ${n}`,
      picture: pictureOf(new Uint8Array([n])),
      buttons: [
        { label: `Again ${n}`, emoji: '🎲', command: `again job:j${n}`, style: 'usual' as const },
        { label: `Keep ${n}`, command: `keep job:j${n}`, style: 'usual' as const },
        { label: `Delete ${n}`, command: `cancel job:j${n}`, style: 'danger' as const },
      ],
    }))
    const posted = await receiver.respondTo(ask, ({ address }, platform) => platform.post(address, plainMessage('History.', { items })))
    for (const label of ['Again 0', 'Delete 9']) {
      const incoming = await receive(() => receiver.harness.actions.press(state().users.bob, posted.messages[0]!, label))
      const command = `${label.startsWith('Again') ? 'again' : 'cancel'} job:j${label.at(-1)}`
      assert.deepEqual({ kind: incoming.kind, text: incoming.kind === 'text' && incoming.text }, { kind: 'text', text: command })
    }
  })

  it('opens a dialog with fields of every kind, and receives what was filled in', async () => {
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
    await receiver.respondTo(
      () => {
        interaction = ask()
      },
      ({ address }, platform) => platform.open(address, form),
    )
    const submitted = (await receive(() =>
      receiver.harness.actions.submit(state().users.ann, interaction!.modal!, {
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
      receiver.respondTo(
        () => receiver.harness.actions.submit(state().users.ann, interaction!.modal!, { prompt: 'a dog' }),
        ({ address }, platform) => platform.open(address, form),
      ),
      { code: 'no-dialog-here' },
    )
    await assert.rejects(
      receiver.respondTo(
        () => receiver.harness.actions.write(state().users.ann, 'again ask:yes'),
        ({ address }, platform) => platform.open(address, form),
      ),
      { code: 'no-dialog-here' },
    )
  })

  it('offers nothing rather than too late, and nothing that would be refused', async () => {
    const offered = async (choices: ScriptedReceiver['choices']) => {
      receiver.choices = choices
      return receiver.harness.complete('ann', 'animate', 'style', 'x')
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

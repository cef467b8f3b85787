// The whole chat on a local Discord: from a slash command to the animation, by the real client, with everything between that a
// person can do about it; and again after a restart.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { commands } from '../../../commands/index.ts'
import { createDiscord } from '../../../src/chat/discord/index.ts'
import type { FakePlatform } from '../fake-platform.ts'
import { newFolder, openTestChat, smallWebp, type TestChat } from '../test-chat.ts'
import { createPeople, type People, readable } from './discord-users.ts'
import type { Data, Message, User } from './guilds.ts'
import { walk } from './rules.ts'
import { type DiscordServer, startDiscord } from './server.ts'

describe('a request on Discord', { timeout: 120_000 }, () => {
  const folder = newFolder()
  let server: DiscordServer
  let people: People
  let testChat: TestChat
  before(async () => {
    server = await startDiscord()
    people = createPeople(server)
    testChat = await open()
  })
  after(async () => {
    await testChat?.close()
    await server.close()
    assert.deepEqual(server.wrong, [])
  })

  const open = () => {
    const platform = createDiscord({ api: server.api, token: server.token, commands })
    return openTestChat({ folder, fake: { platform } as FakePlatform })
  }
  const ann = () => server.world.people.ann
  const bob = () => server.world.people.bob
  const animations = (user: User = ann()) => people.seenBy(user).filter(({ attached }) => attached.length > 0)
  /** The message that is new, once nothing more changes. */
  async function following<T extends Message | undefined>(
    act: () => unknown,
    find: (before: ReadonlySet<string>) => T,
  ): Promise<NonNullable<T>> {
    const before = new Set(server.world.messages.keys())
    act()
    for (let tries = 0; ; tries++) {
      const found = find(before)
      if (found) {
        await testChat.quiet()
        return found as NonNullable<T>
      }
      assert.ok(tries < 1000, people.seenBy(ann()).map(readable).join('\n---\n'))
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const buttonsOf = ({ components }: Message) => [...walk(components)].filter(({ type }) => type === 2)
  const newAnimation = (user: User, act: () => unknown) =>
    following(act, (before) => animations(user).find((one) => !before.has(one.id) && buttonsOf(one).length > 2))
  const newWords = (user: User, words: RegExp, act: () => unknown) =>
    following(act, (before) => people.seenBy(user).find((one) => !before.has(one.id) && words.test(readable(one))))

  let first: Message

  it('ends in one message with the animation, everything that draws it again, and reactions', async () => {
    first = await newAnimation(ann(), () =>
      people.command(ann(), 'animate', { prompt: 'a *red* ball @everyone', style: 'anime', seed: '18446744073709551615' }),
    )
    assert.deepEqual(
      first.attached.map(({ bytes }) => Buffer.from(bytes)),
      [Buffer.from(await smallWebp())],
    )
    const text = readable(first)
    for (const words of ['a *red* ball @everyone', 'anime', '18446744073709551615']) assert.ok(text.includes(words), text)
    assert.equal(animations(bob()).length, 1)
    for (let tries = 0; first.reactions.size < 3; tries++) {
      assert.ok(tries < 500, 'reactions were put')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    assert.deepEqual([...first.reactions.keys()].sort(), ['✉️', '⭐', '🎲'])
    assert.equal(server.world.pings, 0)
  })

  it('is drawn again by a button and by anybody throwing the die, as new messages', async () => {
    await newAnimation(bob(), () => people.press(bob(), first.id, '再来一次'))
    await newAnimation(bob(), () => people.react(bob(), first.id, '🎲'))
    assert.equal(animations().length, 3)
  })

  it('is sent privately for a letter, and changed in a dialog', async () => {
    const letter = await newWords(ann(), /\/animate prompt:/, () => people.react(ann(), first.id, '✉️'))
    assert.equal(server.world.channels.get(letter.channel)!.person, ann().id)
    assert.equal(letter.attached.length, 1)
    const label = buttonsOf(first)
      .map((one) => String(one['label']))
      .find((one) => /字/.test(one))!
    const pressed = people.press(ann(), first.id, label)
    for (let tries = 0; pressed.modal === undefined; tries++) {
      assert.ok(tries < 500, 'a dialog opens')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    const modal = pressed.modal as Data
    const changed = await newAnimation(ann(), () => people.submit(ann(), modal, { prompt: 'a blue ball' }))
    assert.ok(readable(changed).includes('a blue ball'))
  })

  it('is refused with a sentence where it cannot be: to who asked, in their language', async () => {
    const refusal = await newWords(bob(), /没有“anmie”这个风格/, () => people.command(bob(), 'animate', { prompt: 'x', style: 'anmie' }))
    assert.equal(refusal.onlyFor, bob().id)
    const { locked } = server.world.places
    const missing = await newWords(ann(), /Send Messages, Attach Files/, () =>
      people.command(ann(), 'animate', { prompt: 'x' }, { channel: locked }),
    )
    assert.equal(missing.onlyFor, ann().id)
    await newWords(ann(), /no command 'nonsense'/, () => people.write(ann(), 'nonsense'))
  })

  it('goes on after a restart: old messages are still what they were', async () => {
    await testChat.close()
    testChat = await open()
    await newAnimation(ann(), () => people.react(ann(), first.id, '🎲'))
    const history = await newWords(ann(), /a blue ball/, () => people.command(ann(), 'history', {}))
    assert.equal(history.onlyFor, ann().id)
    await newWords(ann(), /./, () => people.react(ann(), first.id, '⭐'))
    const { id } = first
    await newWords(ann(), /./, () => people.press(ann(), id, '删除'))
    for (let tries = 0; server.world.messages.has(id); tries++) {
      assert.ok(tries < 500, 'it is taken away')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })

  it('leaves no token in the log', () => {
    const tokens = [...server.world.interactions.keys(), server.token]
    assert.ok(testChat.lines.length > 0)
    assert.ok(!testChat.lines.some((line) => tokens.some((token) => line.includes(token))))
  })
})

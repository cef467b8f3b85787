// Delivery: the whole chat on a Discord of this process, from a slash command to the animation, by the real client, with everything
// between that a user can do about it; and again after a restart.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { commands } from '../../../commands/index.ts'
import { createDiscord } from '../../../src/chat/discord/index.ts'
import type { FakePlatform } from '../fake-platform.ts'
import { newFolder, openTestChat, smallWebp, type TestChat } from '../test-chat.ts'
import type { Data, DiscordMessage, Interaction, User } from './discord-state.ts'
import { walk } from './rules.ts'
import { type DiscordServer, startDiscord } from './server.ts'
import { createUserActions, readable, type UserActions } from './user-actions.ts'

describe('a request on Discord', { timeout: 120_000 }, () => {
  const folder = newFolder()
  let server: DiscordServer
  let actions: UserActions
  let testChat: TestChat
  before(async () => {
    server = await startDiscord()
    actions = createUserActions(server)
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
  const ann = () => server.state.users.ann
  const bob = () => server.state.users.bob
  const animations = (user: User = ann()) => actions.seenBy(user).filter(({ attached }) => attached.length > 0)
  /** The message that is new, once nothing more changes. */
  async function following<T extends DiscordMessage | undefined>(
    act: () => unknown,
    find: (before: ReadonlySet<string>) => T,
  ): Promise<NonNullable<T>> {
    const before = new Set(server.state.messages.keys())
    act()
    for (let tries = 0; ; tries++) {
      const found = find(before)
      if (found) {
        await testChat.quiet()
        return found as NonNullable<T>
      }
      assert.ok(tries < 1000, actions.seenBy(ann()).map(readable).join('\n---\n'))
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const buttonsOf = ({ components }: DiscordMessage) => [...walk(components)].filter(({ type }) => type === 2)
  const newAnimation = (user: User, act: () => unknown) =>
    following(act, (before) => animations(user).find((one) => !before.has(one.id) && buttonsOf(one).length > 2))
  const newWords = (user: User, words: RegExp, act: () => unknown) =>
    following(act, (before) => actions.seenBy(user).find((one) => !before.has(one.id) && words.test(readable(one))))

  async function dialogOf(press: () => Interaction): Promise<Data> {
    const pressed = press()
    for (let tries = 0; pressed.modal === undefined; tries++) {
      assert.ok(tries < 500, 'a dialog opens')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return pressed.modal as Data
  }

  let first: DiscordMessage

  it('ends in one message with the animation, everything that draws it again, and a button for each act', async () => {
    first = await newAnimation(ann(), () =>
      actions.command(ann(), 'animate', { prompt: 'a *red* ball @everyone', style: 'anime', seed: '18446744073709551615' }),
    )
    assert.deepEqual(
      first.attached.map(({ bytes }) => Buffer.from(bytes)),
      [Buffer.from(await smallWebp())],
    )
    const text = readable(first)
    for (const words of ['a *red* ball @everyone', 'anime', '18446744073709551615']) assert.ok(text.includes(words), text)
    assert.equal(animations(bob()).length, 1)
    assert.equal(server.state.pings, 0)
  })

  it('is drawn again by a button and by anybody throwing the die, as new messages', async () => {
    await newAnimation(bob(), () => actions.press(bob(), first.id, '再来一次'))
    await newAnimation(bob(), () => actions.react(bob(), first.id, '🎲'))
    assert.equal(animations().length, 3)
  })

  it('is sent as a direct message for a letter, and changed in a dialog', async () => {
    const letter = await newWords(ann(), /\/animate prompt:/, () => actions.react(ann(), first.id, '✉️'))
    assert.equal(server.state.channelsById.get(letter.channel)!.person, ann().id)
    assert.equal(letter.attached.length, 1)
    const label = buttonsOf(first)
      .map((one) => String(one['label']))
      .find((one) => /字/.test(one))!
    const modal = await dialogOf(() => actions.press(ann(), first.id, label))
    const same = await newAnimation(ann(), () => actions.submit(ann(), modal, { prompt: 'a green ball', style: 'anime' }))
    assert.match(readable(same), /a green ball.*anime/s)
    // what stood in the other fields is taken out
    const other = await dialogOf(() => actions.press(ann(), first.id, label))
    const changed = await newAnimation(ann(), () => actions.submit(ann(), other, { prompt: 'a blue ball' }))
    assert.ok(readable(changed).includes('a blue ball'))
    assert.ok(!readable(changed).includes('anime'))
  })

  it('is refused with a sentence where it cannot be: to who asked, in their language', async () => {
    const refusal = await newWords(bob(), /没有“anmie”这个风格/, () => actions.command(bob(), 'animate', { prompt: 'x', style: 'anmie' }))
    assert.equal(refusal.onlyFor, bob().id)
    const { locked } = server.state.channels
    const missing = await newWords(ann(), /Send Messages, Attach Files/, () =>
      actions.command(ann(), 'animate', { prompt: 'x' }, { channel: locked }),
    )
    assert.equal(missing.onlyFor, ann().id)
    await newWords(ann(), /no command 'nonsense'/, () => actions.write(ann(), 'nonsense'))
  })

  it('is answered once, though Discord took the answer and its word of that was lost', async () => {
    server.play('POST', /^\/channels\/\d+\/messages$/, { status: 502, after: true })
    const before = new Set(server.state.messages.keys())
    await newWords(ann(), /no command 'twice'/, () => actions.write(ann(), 'twice'))
    await new Promise((resolve) => setTimeout(resolve, 1000))
    assert.equal(actions.seenBy(ann()).filter((one) => !before.has(one.id) && /no command 'twice'/.test(readable(one))).length, 1)
  })

  it('goes on after a restart: old messages are still what they were', async () => {
    await testChat.close()
    testChat = await open()
    await newAnimation(ann(), () => actions.react(ann(), first.id, '🎲'))
    const history = await newWords(ann(), /a blue ball/, () => actions.command(ann(), 'history', {}))
    assert.equal(history.onlyFor, ann().id)
    await newWords(ann(), /./, () => actions.react(ann(), first.id, '⭐'))
    const { id } = first
    const question = await newWords(ann(), /Delete this animation for good/, () => actions.press(ann(), id, '删除'))
    assert.equal(question.onlyFor, ann().id)
    await newWords(ann(), /Deleted/, () => actions.press(ann(), question.id, 'Yes, delete it'))
    for (let tries = 0; server.state.messages.has(id); tries++) {
      assert.ok(tries < 500, 'it is taken away')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })

  it('leaves no token in the log', () => {
    const tokens = [...server.state.interactions.keys(), server.token]
    assert.ok(testChat.lines.length > 0)
    assert.ok(!testChat.lines.some((line) => tokens.some((token) => line.includes(token))))
  })
})

// The suite for chat platforms: what every one must do, whatever it is made of. A harness plays the service and its people around a real
// client; the suite plays the receiver: it responds to what the platform receives and looks at what people then see.
//
// To write one: `makeHarness(receiver)` starts the service on loopback, makes the platform on it, calls `platform.start(receiver)` and
// returns. Whatever people do goes through the service, as its own clients would send it. `speak`, `press`, `react` and `submit` resolve once
// the platform has received it and its receiver has returned; `seen` gives what is on a person's screen. What a service does not have is a
// property of its harness, with the reason.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { commands } from '../../commands/index.ts'
import type { Asker, Choice, Incoming, OptionInput, Typing } from '../../src/chat/contract/incoming.ts'
import type { Form, Outgoing, Picture } from '../../src/chat/contract/outgoing.ts'
import type { Platform, Posted, Receiver } from '../../src/chat/contract/platform.ts'
import type { Reaction } from '../../src/chat/contract/reactions.ts'
import { findAction, parse } from '../../src/chat/input/parse.ts'
import { encode } from '../../src/media/animation.ts'

export type Person = 'ann' | 'bob' | 'root'

export interface Harness {
  /** The running one; another after `restart`. */
  readonly platform: Platform
  readonly circumstances: HarnessCircumstances
  /** What the service does not have, and why. Tests of it are skipped and say so. */
  readonly without?: Readonly<Partial<Record<Feature, string>>>
  /** A slash command with options in the channel (typed text where the service has no typed options). */
  speak(person: Person, command: string, options: Readonly<Record<string, OptionInput>>): Promise<void>
  /** A click on the button of this message whose text is `label`. `message` is one of `Posted.messages`. */
  press(person: Person, message: string, label: string): Promise<void>
  react(person: Person, message: string, reaction: Reaction): Promise<void>
  /** The dialog that is open for this person: its title, and what stands in each field. */
  opened(person: Person): Promise<{ readonly title: string; readonly values: Readonly<Record<string, string>> } | undefined>
  /** Sends that dialog with these fields changed. */
  submit(person: Person, values: Readonly<Record<string, string>>): Promise<void>
  /** What the service offers while the person types this option. */
  complete(person: Person, command: string, option: string, typed: string): Promise<readonly Choice[]>
  /** Every message that this person can see, in the channel and from the bot alone, oldest first. */
  seen(person: Person): Promise<readonly Seen[]>
  /** How many people and groups were pinged by messages of the bot so far, by the service's own rules. */
  pings(): Promise<number>
  /** Somebody deletes a message by hand, unknown to the platform. */
  vanish(message: string): Promise<void>
  /** Stops the platform and starts another on the same service, with the same receiver. */
  restart(): Promise<void>
  /** Stops the platform and the service. */
  close(): Promise<void>
}

export type Feature = 'completion' | 'reactions' | 'deletion by hand' | 'buttons after a restart'

/** Who is there, and what the platform says of them. */
export interface HarnessCircumstances {
  /** Whoever is not ann reads along. */
  readonly people: readonly Person[]
  readonly asker: Pick<Asker, 'admin' | 'operator'>
  /** They are alone with the bot. */
  readonly direct: boolean
}

/** As in most services: two people, nobody special, in one channel of one space. */
export const inAChannel: HarnessCircumstances = { people: ['ann', 'bob'], asker: { admin: false, operator: false }, direct: false }

export interface Seen {
  /** As in `Posted.messages`. */
  readonly message: string
  /** All that can be read, as the service shows it: escapes undone, parts in any order. */
  readonly text: string
  /** Animations shown in the message, byte for byte. */
  readonly pictures: readonly Uint8Array[]
  readonly files: readonly Uint8Array[]
  readonly buttons: readonly string[]
}

export type MakeHarness = (receiver: Receiver) => Promise<Harness>

const nasty = '@everyone @here <@1> <@&2> <!channel> <@U1> <#C1> *a* _b_ ~c~ `d` ||e|| [f](https://example.org) # g & <b>h</b>'

export function testPlatform(name: string, makeHarness: MakeHarness): void {
  describe(name, { timeout: 240_000 }, () => {
    let harness: Harness
    let picture: Picture
    let other: Picture
    /** Somebody who reads along: the last of those who are there. */
    let reader: Person
    let others: readonly Person[]
    const typings: Typing[] = []
    /** What the receiver does with the next thing that it receives. */
    let respond: (incoming: Incoming) => Promise<unknown> = async () => undefined
    const failures: unknown[] = []
    let choices: readonly Choice[] = []

    before(async () => {
      harness = await makeHarness({
        async receive(incoming) {
          await respond(incoming).catch((error: unknown) => failures.push(error))
        },
        async complete(typing) {
          typings.push(typing)
          return choices
        },
      })
      const { people } = harness.circumstances
      reader = people.at(-1)!
      others = people.filter((person) => person !== 'ann')
      const format = harness.platform.limits.formats[0]!
      picture = await loop(format, 0)
      other = await loop(format, 90)
    })
    after(() => harness?.close())

    /** A test of what not every service has. */
    const testOf = (feature: Feature, title: string, body: () => Promise<void>) =>
      test(title, async (t) => {
        const reason = harness.without?.[feature]
        if (reason !== undefined) t.skip(reason)
        else await body()
      })

    /** Ann (or another) says something and `how` responds to it; gives what that returned. */
    const answering = <T>(how: (incoming: Incoming, platform: Platform) => Promise<T>, person: Person = 'ann'): Promise<T> =>
      receivedFrom(() => harness.speak(person, 'queue', {}), how)
    async function receivedFrom<T>(act: () => Promise<void>, how: (incoming: Incoming, platform: Platform) => Promise<T>): Promise<T> {
      const results: T[] = []
      respond = async (incoming) => void results.push(await how(incoming, harness.platform))
      await act()
      respond = async () => undefined
      if (failures.length > 0) throw failures.splice(0)[0]
      assert.equal(results.length, 1, 'received once what was done once')
      return results[0]!
    }
    const incomingFrom = (act: () => Promise<void>): Promise<Incoming> => receivedFrom(act, async (incoming) => incoming)
    const plain = (outgoing: Partial<Outgoing>): Outgoing => ({ audience: 'everyone', tone: 'plain', text: 'Good.', ...outgoing })
    const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
    const post = (outgoing: Partial<Outgoing>, person?: Person): Promise<Posted> =>
      answering(async ({ address }, platform) => json(await platform.post(json(address), plain(outgoing))), person)

    /** All of its messages together. */
    async function find({ messages }: Posted, person: Person): Promise<Seen | undefined> {
      const all = (await harness.seen(person)).filter(({ message }) => messages.includes(message))
      if (all.length === 0) return undefined
      return {
        message: all[0]!.message,
        text: all.map(({ text }) => text).join('\n'),
        pictures: all.flatMap(({ pictures }) => pictures),
        files: all.flatMap(({ files }) => files),
        buttons: all.flatMap(({ buttons }) => buttons),
      }
    }
    async function seenBy(person: Person, posted: Posted): Promise<Seen> {
      const seen = await find(posted, person)
      assert.ok(seen, `${person} sees ${posted.messages.join(', ')}`)
      return seen
    }
    const isRead = async (person: Person, words: string) => (await harness.seen(person)).some(({ text }) => text.includes(words))

    test('says who speaks and where, in JSON, with an id for each event', async () => {
      const { people, asker, direct } = harness.circumstances
      const events: Incoming[] = []
      for (const person of people) events.push(await answering(async (incoming) => incoming, person))
      for (const incoming of events) {
        assert.deepEqual(json(incoming), incoming)
        assert.equal(incoming.owner.platform, harness.platform.name)
        const { asker: said, channel } = incoming
        assert.deepEqual({ admin: said.admin, operator: said.operator }, asker)
        assert.deepEqual({ direct: channel.direct, missing: channel.missing }, { direct, missing: [] })
        assert.ok(incoming.name.length > 0 && incoming.locale.length > 0)
      }
      const differing = (key: (incoming: Incoming) => string) => new Set(events.map(key)).size
      assert.equal(
        differing(({ owner }) => owner.space),
        1,
      )
      assert.equal(
        differing(({ channel }) => channel.id),
        1,
      )
      assert.equal(
        differing(({ owner }) => owner.person),
        people.length,
      )
      assert.equal(
        differing(({ id }) => id),
        people.length,
      )
      assert.equal(harness.platform.trouble(), undefined)
    })

    test('receives a command with its options', async () => {
      const options = { prompt: 'a red ball, "quoted" & <b>bold</b>', seed: '18446744073709551615', frames: 8, private: true }
      const incoming = await incomingFrom(() => harness.speak('ann', 'animate', options))
      assert.notEqual(incoming.kind, 'reaction')
      if (incoming.kind === 'reaction') return
      const inputs = incoming.kind === 'text' ? parse(incoming.text, commands).inputs : incoming.options
      const read = Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, /^(yes|true)$/.test(`${value}`) || String(value)]))
      assert.deepEqual(read, { ...options, frames: '8' })
    })

    test('shows everything that a message has to everybody', async () => {
      const posted = await post({
        text: 'Here it is.\nIn two lines.',
        quote: 'a red ball bouncing',
        facts: [
          { label: 'Seed', value: '18446744073709551615' },
          { label: 'Style', value: 'anime' },
        ],
        picture,
        buttons: [
          { label: 'Again', emoji: '🎲', command: 'again job:k3j9x', style: 'main' },
          { label: 'Delete', command: 'cancel job:k3j9x', style: 'danger' },
        ],
        tone: 'done',
      })
      for (const person of harness.circumstances.people) {
        const seen = await seenBy(person, posted)
        for (const words of ['Here it is.', 'In two lines.', 'a red ball bouncing', 'Seed', '18446744073709551615', 'Style', 'anime']) {
          assert.ok(seen.text.includes(words), `'${words}' in '${seen.text}'`)
        }
        assert.deepEqual(seen.pictures.map(hash), [hash(picture.bytes)])
        assert.ok(['Again', 'Delete'].every((label) => seen.buttons.some((button) => button.includes(label))))
      }
    })

    test('an acknowledged address is filled by the first post, and takes a second message after it', async () => {
      const { first, second } = await answering(async ({ address }, platform) => {
        await platform.acknowledge(json(address), 'everyone')
        return {
          first: await platform.post(address, plain({ text: 'First.' })),
          second: await platform.post(address, plain({ text: 'Second.' })),
        }
      })
      assert.ok((await seenBy(reader, first)).text.includes('First.'))
      assert.ok((await seenBy(reader, second)).text.includes('Second.'))
      const all = (await harness.seen(reader)).filter(({ text }) => /First\.|Second\./.test(text))
      assert.equal(all.length, 2)
    })

    test('what was acknowledged before everybody is still shown to nobody but its audience', async () => {
      const posted = await answering(async ({ address }, platform) => {
        await platform.acknowledge(address, 'everyone')
        return platform.post(address, plain({ text: 'Not for others.', audience: 'asker' }))
      })
      assert.ok((await seenBy('ann', posted)).text.includes('Not for others.'))
      for (const person of others) assert.ok(!(await isRead(person, 'Not for others.')))
    })

    test('a response for the asker, or a direct message, is seen by nobody else', async () => {
      for (const audience of ['asker', 'direct'] as const) {
        const text = `Only for ann: ${audience}.`
        const posted = await post({ audience, text, picture })
        const seen = await seenBy('ann', posted)
        assert.ok(seen.text.includes(text))
        assert.deepEqual(seen.pictures.map(hash), [hash(picture.bytes)])
        for (const person of others) assert.equal(await find(posted, person), undefined)
        const edited = await harness.platform.edit(posted, plain({ audience, text: `${text} Edited.` }))
        // where a service cannot change what only one person sees, the caller posts another
        if (edited) assert.ok((await seenBy('ann', edited)).text.includes(`${text} Edited.`))
        else assert.equal(audience, 'asker')
        for (const person of others) assert.ok(!(await isRead(person, text)))
      }
    })

    test('what goes with a message for everybody is shown to who asked alone, and can be taken away or never was kept', async () => {
      const { postEphemeral } = harness.platform
      const text = 'Only ann may cancel it.'
      const beside = await answering(async ({ address }, platform) => {
        const shared = await platform.post(address, plain({ text: 'Drawn for everybody.' }))
        const buttons = [{ label: 'Stop it', command: 'cancel job:k3j9x', style: 'danger' as const }]
        const own = await postEphemeral?.(json(address), plain({ audience: 'asker', text, buttons }))
        return { shared, own: own && json(own) }
      })
      assert.ok((await seenBy(reader, beside.shared)).text.includes('Drawn for everybody.'))
      for (const person of others) assert.ok(!(await isRead(person, text)))
      // without it each reader has a page of their own, on which the button is left out for others
      assert.equal(beside.own !== undefined, postEphemeral !== undefined)
      if (!beside.own) return
      assert.deepEqual((await seenBy('ann', beside.own)).buttons, ['Stop it'])
      await harness.platform.remove(beside.own)
    })

    test('an edit shows the whole message anew: waiting, progress, end', async () => {
      const { limits } = harness.platform
      const waiting = await post({
        tone: 'waiting',
        text: 'You are next.',
        buttons: [{ label: 'Cancel', command: 'cancel job:k3j9x', style: 'danger' }],
      })
      const progress = { done: 0.5, text: 'Step 6 of 12' }
      const running = await harness.platform.edit(
        waiting,
        plain({ tone: 'running', text: 'Drawing', progress, ...(limits.previews && { picture }) }),
      )
      assert.ok(running)
      const half = await seenBy(reader, running)
      assert.ok(half.text.includes('Step 6 of 12'))
      assert.ok(!half.text.includes('You are next.'))
      assert.deepEqual(half.buttons, [])
      if (limits.previews) assert.deepEqual(half.pictures.map(hash), [hash(picture.bytes)])
      const done = await harness.platform.edit(json(running), plain({ tone: 'done', text: 'Here it is.', picture: other }))
      assert.ok(done)
      const end = await seenBy(reader, done)
      assert.ok(end.text.includes('Here it is.') && !end.text.includes('Step 6'))
      assert.deepEqual(end.pictures.map(hash), [hash(other.bytes)])
      const bare = await harness.platform.edit(json(done), plain({ text: 'Nothing left.' }))
      assert.ok(bare)
      assert.deepEqual((await seenBy(reader, bare)).pictures, [])
    })

    test('what is removed is gone for everybody, twice is no error, and a later edit says so', async () => {
      const posted = await post({ text: 'Soon gone.', picture })
      await harness.platform.remove(posted)
      await harness.platform.remove(posted)
      for (const person of harness.circumstances.people) assert.ok(!(await isRead(person, 'Soon gone.')))
      assert.equal(await harness.platform.edit(posted, plain({ text: 'Back again.' })), undefined)
      assert.ok(!(await isRead(reader, 'Back again.')))
    })

    testOf('deletion by hand', 'what somebody deleted by hand is gone: an edit says so, and removing it is no error', async () => {
      const vanished = await post({ text: 'Taken away by hand.' })
      for (const message of vanished.messages) await harness.vanish(message)
      assert.equal(await harness.platform.edit(vanished, plain({ text: 'Back once more.' })), undefined)
      await harness.platform.remove(vanished)
      assert.ok(!(await isRead(reader, 'Back once more.')))
    })

    test('the same nonce at the same address gives the message that is there', async () => {
      const { first, second } = await answering(async ({ address }, platform) => {
        const outgoing = plain({ text: 'Posted once.', nonce: 'k3j9x0000000000000000000n', picture })
        return { first: await platform.post(address, outgoing), second: await platform.post(json(address), outgoing) }
      })
      assert.deepEqual(json(second.messages), json(first.messages))
      assert.equal((await harness.seen(reader)).filter(({ text }) => text.includes('Posted once.')).length, 1)
    })

    test("nobody is pinged, and people's words are shown as they were written: on create and on edit", async () => {
      const before = await harness.pings()
      const words = {
        text: nasty,
        quote: nasty,
        facts: [{ label: 'Style', value: nasty.slice(0, 60) }],
        items: [{ title: nasty, text: nasty, buttons: [{ label: 'Try', command: 'animate x', style: 'usual' as const }] }],
      }
      const posted = await post(words)
      assert.ok((await seenBy(reader, posted)).text.includes(nasty))
      const edited = await harness.platform.edit(posted, plain({ ...words, text: `${nasty} edited`, progress: { done: 0.2, text: nasty } }))
      assert.ok(edited)
      assert.ok((await seenBy(reader, edited)).text.includes(`${nasty} edited`))
      await post({ ...words, audience: 'asker' })
      assert.equal(await harness.pings(), before)
    })

    test('a message with everything as long as the limits allow is shown whole', async () => {
      const outgoing = longest(
        harness.platform.limits,
        (chars, mark) => `${mark + 'word '.repeat(chars).slice(0, chars - mark.length - 1)}.`,
      )
      const seen = await seenBy(reader, await post({ ...outgoing, picture }))
      const shown = seen.text.replace(/\s+/g, ' ')
      const texts = [outgoing.text, outgoing.quote!, ...outgoing.facts!.flatMap(({ label, value }) => [label, value])]
      for (const [n, text] of texts.entries())
        assert.ok(shown.includes(text.replace(/\s+/g, ' ')), `part ${n} of ${texts.length} is shown whole`)
      assert.equal(seen.buttons.length, harness.platform.limits.buttons)
      assert.deepEqual(seen.pictures.map(hash), [hash(picture.bytes)])
      const items = await seenBy(reader, await post({ text: 'A list.', items: longestItems(harness.platform.limits) }))
      for (let n = 0; n < harness.platform.limits.items; n++) assert.ok(items.text.includes(`title ${n} `), `item ${n}`)
    })

    test('as long as the limits allow and all of it markup: still a message', async () => {
      const outgoing = longest(harness.platform.limits, (chars) => '*_~`|<&>@#[\\'.repeat(chars).slice(0, chars))
      const seen = await seenBy(reader, await post(outgoing))
      assert.ok(seen.text.includes('*_~`|<&>@#[\\'))
    })

    test('items have their own pictures and buttons; an export is a file', async () => {
      const file = { bytes: new TextEncoder().encode('{"a":1}'), mediaType: 'application/json', fileName: 'zoetrope-export.json' }
      const items = [
        {
          title: 'anime',
          text: 'big eyes',
          picture,
          buttons: [{ label: 'Try it', command: 'animate a cat style:anime', style: 'usual' as const }],
        },
        { title: 'sepia', picture: other, buttons: [{ label: 'Try that', command: 'animate a cat style:sepia', style: 'usual' as const }] },
      ]
      const listed = await seenBy('ann', await post({ audience: 'asker', text: 'Two.', items }))
      for (const words of ['Two.', 'anime', 'big eyes', 'sepia']) assert.ok(listed.text.includes(words))
      assert.deepEqual(listed.pictures.map(hash), [hash(picture.bytes), hash(other.bytes)])
      assert.ok(['Try it', 'Try that'].every((label) => listed.buttons.some((button) => button.includes(label))))
      const exported = await seenBy('ann', await post({ audience: 'asker', text: 'All of it.', file }))
      assert.deepEqual(exported.files.map(hash), [hash(file.bytes)])
    })

    const longCommand = `again job:k3j9x prompt:"${'long words '.repeat(7)}"`.slice(0, 99)
    const postButton = () => post({ buttons: [{ label: 'Again', emoji: '🎲', command: longCommand, style: 'usual' }] })
    const pressAgain = ({ messages }: Posted) => incomingFrom(() => harness.press(reader, messages[0]!, 'Again'))

    test('a button comes back as its text, from whoever pressed it', async () => {
      const posted = await postButton()
      const { kind, text, owner, id } = textOf(await pressAgain(posted))
      assert.deepEqual({ kind, text }, { kind: 'text', text: longCommand })
      assert.deepEqual(owner, await answering(async (incoming) => incoming.owner, reader))
      assert.notEqual((await pressAgain(posted)).id, id)
    })

    testOf('buttons after a restart', 'a button of before a restart comes back as its text', async () => {
      const posted = await postButton()
      await harness.restart()
      const { kind, text } = textOf(await pressAgain(posted))
      assert.deepEqual({ kind, text }, { kind: 'text', text: longCommand })
    })

    test('a button can be responded to: a new message, or a dialog', async () => {
      const posted = await post({ buttons: [{ label: 'Words', command: 'again job:k3j9x ask:yes', style: 'usual' }] })
      const response = await receivedFrom(
        () => harness.press(reader, posted.messages[0]!, 'Words'),
        ({ address }, platform) => platform.post(address, plain({ text: 'Drawn again.' })),
      )
      assert.ok((await seenBy('ann', response)).text.includes('Drawn again.'))
      assert.ok((await seenBy('ann', posted)).text.includes('Good.'), 'the message with the button stays as it is')
    })

    test('a message posted before a restart is edited and removed after it', async () => {
      const posted = await post({ text: 'Before.' })
      await harness.restart()
      const edited = await harness.platform.edit(posted, plain({ text: 'After.', picture }))
      assert.ok(edited)
      const seen = await seenBy(reader, edited)
      assert.ok(seen.text.includes('After.') && !seen.text.includes('Before.'))
      await harness.platform.remove(edited)
      assert.equal(await find(edited, reader), undefined)
    })

    test('a dialog shows what stands in its fields, and comes back as a command', async () => {
      const posted = await post({ buttons: [{ label: 'Words', command: 'again job:k3j9x ask:yes', style: 'usual' }] })
      await receivedFrom(
        () => harness.press('ann', posted.messages[0]!, 'Words'),
        ({ address }, platform) => platform.open(address, wordsForm()),
      )
      const dialog = await harness.opened('ann')
      assert.ok(dialog)
      assert.equal(dialog.title, 'Draw it with other words')
      const { prompt, seed } = dialog.values
      assert.deepEqual({ prompt, seed }, { prompt: 'a "red" ball & <b>', seed: '18446744073709551615' })
      const incoming = await incomingFrom(() => harness.submit('ann', { prompt: 'a blue <b> & "ball"' }))
      assert.equal(incoming.kind, 'command')
      if (incoming.kind !== 'command') return
      assert.equal(incoming.command, 'again')
      const said = Object.entries(incoming.options).filter(([, value]) => value !== '')
      assert.deepEqual(Object.fromEntries(said), { job: 'k3j9x', prompt: 'a blue <b> & "ball"', seed: '18446744073709551615' })
    })

    testOf('completion', 'completes a style by the names that the receiver gives, as many as the limits allow', async () => {
      choices = Array.from({ length: harness.platform.limits.choices }, (_, n) => ({
        value: `style-${n}`,
        label: `Style ${n} — ${'x'.repeat(60)}`,
      }))
      const offered = await harness.complete('ann', 'animate', 'style', 'sty')
      assert.deepEqual(offered, choices)
      const { command, option, typed, owner } = typings.at(-1)!
      assert.deepEqual({ command, option, typed }, { command: 'animate', option: 'style', typed: 'sty' })
      assert.equal(owner.platform, harness.platform.name)
    })

    testOf(
      'reactions',
      'a reaction comes back with the message it stands under, also after a restart; its responses can be posted',
      async () => {
        const posted = await post({ picture })
        await harness.restart()
        for (const reaction of ['die', 'cross', 'star', 'letter'] as const) {
          const message = posted.messages[posted.messages.length - 1]!
          const { incoming, response } = await receivedFrom(
            () => harness.react(reader, message, reaction),
            async (one, platform) => ({
              incoming: one,
              response: await platform.post(one.address, plain({ text: `Received ${reaction}.` })),
            }),
          )
          assert.equal(incoming.kind, 'reaction')
          if (incoming.kind !== 'reaction') return
          assert.deepEqual({ reaction: incoming.reaction, message: incoming.message }, { reaction, message })
          assert.equal(incoming.owner.platform, harness.platform.name)
          assert.ok((await seenBy('ann', response)).text.includes(`Received ${reaction}.`))
        }
      },
    )
  })
}

function textOf(incoming: Incoming) {
  const { id, owner, kind } = incoming
  return { id, owner, kind, text: incoming.kind === 'text' ? incoming.text : undefined }
}

/** A small real animation that loops; others of another brightness. */
async function loop(format: Picture['format'], light: number): Promise<Picture> {
  const [count, width, height] = [3, 32, 32]
  const data = Uint8Array.from({ length: count * width * height * 3 }, (_, i) => ((i * 7) % 160) + light)
  const { bytes } = await encode({ count, width, height, data }, { format, fps: 8 })
  return { bytes, format, width, height, fileName: `zoetrope-k3j9x${light}.${format}`, alt: 'Animation: a red ball' }
}

function longest(limits: Platform['limits'], words: (chars: number, mark: string) => string): Outgoing {
  const facts = Array.from({ length: limits.facts }, (_, n) => ({ label: `Fact ${n}`, value: words(limits.factChars, `fact ${n} `) }))
  const buttons = Array.from({ length: limits.buttons }, (_, n) => {
    return { label: `Button ${n}`, command: `animate ${n} ${'x'.repeat(100)}`.slice(0, 100), style: 'usual' as const }
  })
  const text = words(limits.textChars, 'text ')
  return { audience: 'everyone', tone: 'plain', text, quote: words(limits.quoteChars, 'quote '), facts, buttons }
}

function longestItems(limits: Platform['limits']): NonNullable<Outgoing['items']> {
  return Array.from({ length: limits.items }, (_, n) => ({
    title: `title ${n} ${'word '.repeat(limits.factChars)}`.slice(0, limits.factChars),
    text: `text ${n} ${'word '.repeat(limits.factChars)}`.slice(0, limits.factChars),
    buttons: [
      { label: 'Again', command: `again job:${n}`, style: 'usual' as const },
      { label: 'Keep', command: `keep job:${n}`, style: 'usual' as const },
      { label: 'Delete', command: `cancel job:${n}`, style: 'danger' as const },
    ],
  }))
}

function wordsForm(): Form {
  const { options } = findAction(commands.find(({ name }) => name === 'again')!, '')
  return {
    title: 'Draw it with other words',
    command: 'again',
    fixed: { job: 'k3j9x' },
    submit: 'Draw',
    fields: [
      { name: 'prompt', option: options['prompt']!, label: 'Other words', value: 'a "red" ball & <b>' },
      { name: 'negative', option: options['negative']!, label: 'What should not be in it' },
      { name: 'style', option: options['style']!, label: 'The look' },
      { name: 'seed', option: options['seed']!, label: 'Seed', value: '18446744073709551615' },
    ],
  }
}

function hash(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

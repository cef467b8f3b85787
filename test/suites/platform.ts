// What every chat platform must do, whatever it is made of. A harness plays the service and its people around a real
// client; the suite plays the house: it answers what the platform hears and looks at what people then see.
//
// To write one: `makeHarness(receiver)` starts the service on loopback, makes the platform on it, calls
// `platform.start(receiver)` and returns. There are two people, ann and bob (no admins), in one channel of one space.
// Whatever people do goes through the service, as its own clients would send it. `speak`, `press`, `react` and `submit`
// resolve once the platform has heard it and its receiver has returned; `seen` gives what is on a person's screen.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { commands } from '../../commands/index.ts'
import type { Choice, Incoming, OptionInput, Typing } from '../../src/chat/contract/incoming.ts'
import type { Form, Outgoing, Picture } from '../../src/chat/contract/outgoing.ts'
import type { Platform, Posted, Receiver } from '../../src/chat/contract/platform.ts'
import type { Reaction } from '../../src/chat/contract/reactions.ts'
import { findAction, parse } from '../../src/chat/input/parse.ts'
import { encode } from '../../src/media/animation.ts'

export type Person = 'ann' | 'bob'

export interface Harness {
  /** The running one; another after `restart`. */
  readonly platform: Platform
  /** A slash command with options in the channel (typed text where the service has no typed options). */
  speak(person: Person, command: string, options: Readonly<Record<string, OptionInput>>): Promise<void>
  /** A click on the button of this message whose text is `label`. `message` is one of `Posted.messages`. */
  press(person: Person, message: string, label: string): Promise<void>
  /** Only called where `limits.reactions`. */
  react(person: Person, message: string, mark: Reaction): Promise<void>
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

export interface Seen {
  /** As in `Posted.messages`. */
  readonly message: string
  /** All that can be read, as the service shows it: escapes undone, parts in any order. */
  readonly text: string
  /** Animations shown in the message, byte for byte. */
  readonly pictures: readonly Uint8Array[]
  readonly files: readonly Uint8Array[]
  readonly buttons: readonly string[]
  /** What the bot put under it. */
  readonly reactions: readonly Reaction[]
}

export type MakeHarness = (receiver: Receiver) => Promise<Harness>

const nasty = '@everyone @here <@1> <@&2> <!channel> <@U1> <#C1> *a* _b_ ~c~ `d` ||e|| [f](https://example.org) # g & <b>h</b>'

export function testPlatform(name: string, makeHarness: MakeHarness): void {
  describe(name, { timeout: 240_000 }, () => {
    let harness: Harness
    let picture: Picture
    let other: Picture
    let unanswered = 0
    const heard: Incoming[] = []
    const typings: Typing[] = []
    /** What the house does with the next thing that is heard. */
    let answer: (incoming: Incoming) => Promise<unknown> = async () => undefined
    let choices: readonly Choice[] = []

    before(async () => {
      harness = await makeHarness({
        async receive(incoming) {
          heard.push(incoming)
          await answer(incoming).catch((error: unknown) => failures.push(error))
        },
        async complete(typing) {
          typings.push(typing)
          return choices
        },
      })
      const format = harness.platform.limits.formats[0]!
      picture = await loop(format, 0)
      other = await loop(format, 90)
    })
    after(() => harness?.close())

    const failures: unknown[] = []
    /** Ann (or another) says something, the house answers it by `how`; gives what that returned. */
    async function told<T>(how: (incoming: Incoming, platform: Platform) => Promise<T>, person: Person = 'ann'): Promise<T> {
      return heardBy(how, () => harness.speak(person, 'queue', {}))
    }
    async function heardBy<T>(how: (incoming: Incoming, platform: Platform) => Promise<T>, act: () => Promise<void>): Promise<T> {
      const results: T[] = []
      answer = async (incoming) => void results.push(await how(incoming, harness.platform))
      unanswered++
      await act()
      answer = async () => undefined
      if (failures.length > 0) throw failures.splice(0)[0]
      assert.equal(results.length, 1, `heard once what was said once (act ${unanswered})`)
      return results[0]!
    }
    const plain = (outgoing: Partial<Outgoing>): Outgoing => ({ audience: 'everyone', tone: 'plain', text: 'Good.', ...outgoing })
    const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
    const post = (outgoing: Partial<Outgoing>, person?: Person): Promise<Posted> =>
      told(async ({ address }, platform) => json(await platform.post(json(address), plain(outgoing))), person)

    async function find({ messages }: Posted, person: Person): Promise<Seen | undefined> {
      const all = (await harness.seen(person)).filter(({ message }) => messages.includes(message))
      if (all.length === 0) return undefined
      return {
        message: all[0]!.message,
        text: all.map(({ text }) => text).join('\n'),
        pictures: all.flatMap(({ pictures }) => pictures),
        files: all.flatMap(({ files }) => files),
        buttons: all.flatMap(({ buttons }) => buttons),
        reactions: all.flatMap(({ reactions }) => reactions),
      }
    }
    async function must(posted: Posted, person: Person): Promise<Seen> {
      const seen = await find(posted, person)
      assert.ok(seen, `${person} sees ${posted.messages.join(', ')}`)
      return seen
    }

    test('says who speaks and where, in JSON, with an id for each event', async () => {
      const events = [await told(async (incoming) => incoming), await told(async (incoming) => incoming, 'bob')]
      for (const incoming of events) {
        assert.deepEqual(json(incoming), incoming)
        assert.equal(incoming.owner.platform, harness.platform.name)
        assert.equal(incoming.asker.admin, false)
        assert.deepEqual([incoming.channel.direct, incoming.channel.missing], [false, []])
        assert.ok(incoming.name.length > 0 && incoming.locale.length > 0)
      }
      const [ann, bob] = events as [Incoming, Incoming]
      assert.equal(ann.owner.space, bob.owner.space)
      assert.equal(ann.channel.id, bob.channel.id)
      assert.notEqual(ann.owner.person, bob.owner.person)
      assert.notEqual(ann.id, bob.id)
      assert.equal(harness.platform.trouble(), undefined)
    })

    test('hears a command with its options', async () => {
      const options = { prompt: 'a red ball, "quoted" & <b>bold</b>', seed: '18446744073709551615', frames: 8, private: true }
      const incoming = await heardBy(
        async (one) => one,
        () => harness.speak('ann', 'animate', options),
      )
      assert.notEqual(incoming.kind, 'reaction')
      if (incoming.kind === 'reaction') return
      const inputs = incoming.kind === 'text' ? parse(incoming.text, commands).inputs : incoming.options
      const read = Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, /^(yes|true)$/.test(`${value}`) || String(value)]))
      assert.deepEqual(read, { prompt: options.prompt, seed: options.seed, frames: '8', private: true })
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
        reactions: ['die', 'star'],
        tone: 'done',
      })
      for (const person of ['ann', 'bob'] as const) {
        const seen = await must(posted, person)
        for (const words of ['Here it is.', 'In two lines.', 'a red ball bouncing', 'Seed', '18446744073709551615', 'Style', 'anime']) {
          assert.ok(seen.text.includes(words), `'${words}' in '${seen.text}'`)
        }
        assert.deepEqual(seen.pictures.map(hash), [hash(picture.bytes)])
        assert.ok(['Again', 'Delete'].every((label) => seen.buttons.some((button) => button.includes(label))))
        assert.deepEqual([...seen.reactions].sort(), harness.platform.limits.reactions ? ['die', 'star'] : [])
      }
    })

    test('an acknowledged address is filled by the first post, and takes a second message after it', async () => {
      const [first, second] = await told(async ({ address }, platform) => {
        await platform.acknowledge(json(address), 'everyone')
        return [await platform.post(address, plain({ text: 'First.' })), await platform.post(address, plain({ text: 'Second.' }))]
      })
      assert.ok((await must(first!, 'bob')).text.includes('First.'))
      assert.ok((await must(second!, 'bob')).text.includes('Second.'))
      const all = (await harness.seen('bob')).filter(({ text }) => /First\.|Second\./.test(text))
      assert.equal(all.length, 2)
    })

    test('what was acknowledged before everybody is still shown to nobody but its audience', async () => {
      const posted = await told(async ({ address }, platform) => {
        await platform.acknowledge(address, 'everyone')
        return platform.post(address, plain({ text: 'Not for bob.', audience: 'asker' }))
      })
      assert.ok((await must(posted, 'ann')).text.includes('Not for bob.'))
      assert.ok(!(await harness.seen('bob')).some(({ text }) => text.includes('Not for bob.')))
    })

    test('an answer for the asker, or a direct message, is seen by nobody else', async () => {
      for (const audience of ['asker', 'direct'] as const) {
        const text = `Only for ann: ${audience}.`
        const posted = await post({ audience, text, picture })
        const seen = await must(posted, 'ann')
        assert.ok(seen.text.includes(text))
        assert.deepEqual(seen.pictures.map(hash), [hash(picture.bytes)])
        assert.equal(await find(posted, 'bob'), undefined)
        const edited = await harness.platform.edit(posted, plain({ audience, text: `${text} Edited.` }))
        // where a service cannot change what only one person sees, the house posts another
        if (edited) assert.ok((await must(edited, 'ann')).text.includes(`${text} Edited.`))
        else assert.equal(audience, 'asker')
        assert.ok(!(await harness.seen('bob')).some((one) => one.text.includes(text)))
      }
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
      const half = await must(running, 'bob')
      assert.ok(half.text.includes('Step 6 of 12'))
      assert.ok(!half.text.includes('You are next.'))
      assert.deepEqual(half.buttons, [])
      if (limits.previews) assert.deepEqual(half.pictures.map(hash), [hash(picture.bytes)])
      const done = await harness.platform.edit(json(running), plain({ tone: 'done', text: 'Here it is.', picture: other }))
      assert.ok(done)
      const end = await must(done, 'bob')
      assert.ok(end.text.includes('Here it is.') && !end.text.includes('Step 6'))
      assert.deepEqual(end.pictures.map(hash), [hash(other.bytes)])
      const bare = await harness.platform.edit(json(done), plain({ text: 'Nothing left.' }))
      assert.ok(bare)
      assert.deepEqual((await must(bare, 'bob')).pictures, [])
    })

    test('what is removed is gone for everybody, twice is no error, and a later edit says so', async () => {
      const posted = await post({ text: 'Soon gone.', picture, reactions: ['die'] })
      await harness.platform.remove(posted)
      await harness.platform.remove(posted)
      for (const person of ['ann', 'bob'] as const) assert.ok(!(await harness.seen(person)).some(({ text }) => text.includes('Soon gone.')))
      assert.equal(await harness.platform.edit(posted, plain({ text: 'Back again.' })), undefined)
      const vanished = await post({ text: 'Taken away by hand.' })
      for (const message of vanished.messages) await harness.vanish(message)
      assert.equal(await harness.platform.edit(vanished, plain({ text: 'Back again.' })), undefined)
      await harness.platform.remove(vanished)
      assert.ok(!(await harness.seen('bob')).some(({ text }) => text.includes('Back again.')))
    })

    test('the same nonce at the same address gives the message that is there', async () => {
      const [first, second] = await told(async ({ address }, platform) => {
        const outgoing = plain({ text: 'Posted once.', nonce: 'k3j9x0000000000000000000n', picture })
        return [await platform.post(address, outgoing), await platform.post(json(address), outgoing)]
      })
      assert.deepEqual(json(second!.messages), json(first!.messages))
      assert.equal((await harness.seen('bob')).filter(({ text }) => text.includes('Posted once.')).length, 1)
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
      assert.ok((await must(posted, 'bob')).text.includes(nasty))
      const edited = await harness.platform.edit(posted, plain({ ...words, text: `${nasty} edited`, progress: { done: 0.2, text: nasty } }))
      assert.ok(edited)
      assert.ok((await must(edited, 'bob')).text.includes(`${nasty} edited`))
      await post({ ...words, audience: 'asker' })
      assert.equal(await harness.pings(), before)
    })

    test('a message with everything as long as the limits allow is shown whole', async () => {
      const outgoing = longest(
        harness.platform.limits,
        (chars, mark) => `${mark + 'word '.repeat(chars).slice(0, chars - mark.length - 1)}.`,
      )
      const seen = await must(await post({ ...outgoing, picture }), 'bob')
      const shown = seen.text.replace(/\s+/g, ' ')
      const texts = [outgoing.text, outgoing.quote!, ...outgoing.facts!.flatMap(({ label, value }) => [label, value])]
      for (const [n, text] of texts.entries())
        assert.ok(shown.includes(text.replace(/\s+/g, ' ')), `part ${n} of ${texts.length} is shown whole`)
      assert.equal(seen.buttons.length, harness.platform.limits.buttons)
      assert.deepEqual(seen.pictures.map(hash), [hash(picture.bytes)])
      const items = await must(await post({ text: 'A list.', items: longestItems(harness.platform.limits) }), 'bob')
      for (let n = 0; n < harness.platform.limits.items; n++) assert.ok(items.text.includes(`title ${n} `), `item ${n}`)
    })

    test('as long as the limits allow and all of it markup: still a message', async () => {
      const outgoing = longest(harness.platform.limits, (chars) => '*_~`|<&>@#[\\'.repeat(chars).slice(0, chars))
      const seen = await must(await post(outgoing), 'bob')
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
      const listed = await must(await post({ audience: 'asker', text: 'Two.', items }), 'ann')
      for (const words of ['Two.', 'anime', 'big eyes', 'sepia']) assert.ok(listed.text.includes(words))
      assert.deepEqual(listed.pictures.map(hash), [hash(picture.bytes), hash(other.bytes)])
      assert.ok(['Try it', 'Try that'].every((label) => listed.buttons.some((button) => button.includes(label))))
      const exported = await must(await post({ audience: 'asker', text: 'All of it.', file }), 'ann')
      assert.deepEqual(exported.files.map(hash), [hash(file.bytes)])
    })

    test('a button comes back as its text, from whoever pressed it, also after a restart', async () => {
      const command = `again job:k3j9x prompt:"${'long words '.repeat(7)}"`.slice(0, 99)
      const posted = await post({ buttons: [{ label: 'Again', emoji: '🎲', command, style: 'usual' }] })
      const press = () =>
        heardBy(
          async (incoming) => incoming,
          () => harness.press('bob', posted.messages[0]!, 'Again'),
        )
      const first = await press()
      assert.deepEqual([first.kind, first.kind === 'text' && first.text], ['text', command])
      const bob = await told(async ({ owner }) => owner, 'bob')
      assert.deepEqual(first.owner, bob)
      await harness.restart()
      const second = await press()
      assert.deepEqual([second.kind, second.kind === 'text' && second.text], ['text', command])
      assert.notEqual(second.id, first.id)
    })

    test('a button can be answered: a new message, or a dialog', async () => {
      const posted = await post({ buttons: [{ label: 'Words', command: 'again job:k3j9x ask:yes', style: 'usual' }] })
      const answered = await heardBy(
        ({ address }, platform) => platform.post(address, plain({ text: 'Drawn again.' })),
        () => harness.press('bob', posted.messages[0]!, 'Words'),
      )
      assert.ok((await must(answered, 'ann')).text.includes('Drawn again.'))
      assert.ok((await must(posted, 'ann')).text.includes('Good.'), 'the message with the button stays as it is')
    })

    test('a message posted before a restart is edited and removed after it', async () => {
      const posted = await post({ text: 'Before.' })
      await harness.restart()
      const edited = await harness.platform.edit(posted, plain({ text: 'After.', picture }))
      assert.ok(edited)
      const seen = await must(edited, 'bob')
      assert.ok(seen.text.includes('After.') && !seen.text.includes('Before.'))
      await harness.platform.remove(edited)
      assert.equal(await find(edited, 'bob'), undefined)
    })

    test('a dialog shows what stands in its fields, and comes back as a command', async () => {
      const posted = await post({ buttons: [{ label: 'Words', command: 'again job:k3j9x ask:yes', style: 'usual' }] })
      await heardBy(
        ({ address }, platform) => platform.open(address, wordsForm()),
        () => harness.press('ann', posted.messages[0]!, 'Words'),
      )
      const dialog = await harness.opened('ann')
      assert.ok(dialog)
      assert.equal(dialog.title, 'Draw it with other words')
      assert.deepEqual([dialog.values['prompt'], dialog.values['seed']], ['a "red" ball & <b>', '18446744073709551615'])
      const incoming = await heardBy(
        async (one) => one,
        () => harness.submit('ann', { prompt: 'a blue <b> & "ball"' }),
      )
      assert.equal(incoming.kind, 'command')
      if (incoming.kind !== 'command') return
      assert.equal(incoming.command, 'again')
      const said = Object.entries(incoming.options).filter(([, value]) => value !== '')
      assert.deepEqual(Object.fromEntries(said), { job: 'k3j9x', prompt: 'a blue <b> & "ball"', seed: '18446744073709551615' })
    })

    test('completes a style by the names that the house gives, as many as the limits allow', async () => {
      choices = Array.from({ length: harness.platform.limits.choices }, (_, n) => ({
        value: `style-${n}`,
        label: `Style ${n} — ${'x'.repeat(60)}`,
      }))
      const offered = await harness.complete('ann', 'animate', 'style', 'sty')
      assert.deepEqual(offered, choices)
      const { command, option, typed, owner } = typings.at(-1)!
      assert.deepEqual([command, option, typed], ['animate', 'style', 'sty'])
      assert.equal(owner.platform, harness.platform.name)
    })

    test('a reaction comes back with the message it stands under, also after a restart; its answers can be posted', async (t) => {
      if (!harness.platform.limits.reactions) return t.skip('this platform has buttons instead of reactions')
      const posted = await post({ picture, reactions: ['die', 'cross', 'star', 'letter'] })
      await harness.restart()
      for (const mark of ['die', 'cross', 'star', 'letter'] as const) {
        const message = posted.messages[posted.messages.length - 1]!
        const [incoming, answered] = await heardBy(
          async (one, platform) => [one, await platform.post(one.address, plain({ text: `Heard ${mark}.` }))] as const,
          () => harness.react('bob', message, mark),
        )
        assert.deepEqual(
          [incoming.kind, incoming.kind === 'reaction' && [incoming.reaction, incoming.message]],
          ['reaction', [mark, message]],
        )
        assert.equal(incoming.owner.platform, harness.platform.name)
        assert.ok((await must(answered, 'ann')).text.includes(`Heard ${mark}.`))
      }
    })
  })
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

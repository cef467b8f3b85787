import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { StyleSource } from '../../../src/chat/context/style-source.ts'
import type { StyleSummary } from '../../../src/chat/contract/command-context.ts'
import { UserError } from '../../../src/errors.ts'
import { createManualClock } from '../../jobs/manual-clock.ts'
import { createRoom, nameOf } from '../fake-platform.ts'
import { type Home, newFolder, openHome, twoStyles } from '../test-chat.ts'

describe('the life of a request', () => {
  let home: Home
  before(async () => {
    home = await openHome({ folder: newFolder() })
  })
  after(() => home.close())

  const endOf = async (event: string) => {
    await home.quiet()
    const messages = home.room.messages().filter((message) => message.event === event)
    assert.equal(messages.length, 1, `one message for ${event}`)
    return messages[0]!
  }

  test('goes from its place to the animation in one message, with prompt, seed and style', async () => {
    const event = await home.room.say('ann', '/animate a red ball bouncing style:anime seed:7')
    const { id, outgoing } = await endOf(event)
    const tones = home.room.states.filter((message) => message.id === id).map((message) => message.outgoing.tone)
    assert.ok(tones.length > 1 && tones.slice(0, -1).every((tone) => tone === 'waiting' || tone === 'running'))
    assert.equal(tones.at(-1), 'done')
    assert.equal(tones.filter((tone) => tone === 'done').length, 1)
    assert.equal(outgoing.quote, 'a red ball bouncing')
    assert.equal(outgoing.picture?.format, 'webp')
    assert.equal(outgoing.picture?.fileName.includes('ball'), false)
    const facts = Object.fromEntries(outgoing.facts!.map(({ label, value }) => [label, value]))
    assert.deepEqual([facts['Style'], facts['Seed'], facts['Size']], ['anime', '7', '64 × 64'])
    assert.deepEqual(
      outgoing.buttons!.map(({ label }) => label),
      ['Again', 'Variation', 'Longer', 'Change words', 'Delete', 'Keep'],
    )
    assert.deepEqual(outgoing.marks, ['die', 'star', 'letter'])
  })

  test('that fails for a bug ends with a sentence, and the cause is in the log alone', async () => {
    const { outgoing } = await endOf(await home.room.say('ann', '/animate something that breaks'))
    assert.equal(outgoing.tone, 'failed')
    assert.ok(!outgoing.text.includes('wire'))
    assert.ok(home.lines.some((line) => line.includes('a wire broke')))
  })

  test('is refused before it waits: words, channel, permissions, size, number', async () => {
    const asks = (text: string, where = {}) => home.room.say('ann', text, where)
    const refusal = async (event: string) => {
      const message = home.room.messages().find((one) => one.event === event)
      assert.deepEqual([message?.outgoing.tone, message?.to], ['refused', 'ann'])
      return message!.outgoing.text
    }
    const channel = { id: 'general', ageRestricted: false, direct: false, missing: ['Attach Files'] }
    assert.match(await refusal(await asks('/animate a cat', { channel })), /Attach Files/)
    await home.room.say('root', '/settings block words:gore outcome:refuse')
    await home.room.say('root', '/settings block words:beer outcome:restricted')
    await home.room.say('root', '/settings set max-frames:20')
    await home.room.say('root', '/settings allow channel:art')
    assert.match(await refusal(await asks('/animate a cat')), /art/)
    const art = { channel: { ...channel, id: 'art', missing: [] } }
    assert.match(await refusal(await asks('/animate a lot of g\u00f6re', art)), /gore/)
    assert.match(await refusal(await asks('/animate beer', art)), /age-restricted/)
    assert.match(await refusal(await asks('/animate a cat frames:21', art)), /20/)
    assert.match(await refusal(await asks('/settings allow')), /admins/)
    const restricted = { channel: { ...art.channel, ageRestricted: true } }
    assert.equal((await endOf(await asks('/animate beer', restricted))).outgoing.tone, 'done')
    await home.room.say('root', '/settings disallow channel:art')
    await home.room.say('root', '/settings unblock words:gore,beer')
    await home.room.say('root', '/settings set max-frames:32')
  })

  test('with words that are left out or forced out says so', async () => {
    await home.room.say('root', '/settings block words:blood outcome:strip')
    await home.room.say('root', '/settings block words:text outcome:negative')
    const { outgoing } = await endOf(await home.room.say('ann', '/animate a bloody sword with blood and text'))
    assert.equal(outgoing.quote, 'a bloody sword with and')
    assert.match(outgoing.text, /Left out: blood\./)
    assert.match(outgoing.text, /Kept out of the picture: text\./)
    await home.room.say('root', '/settings unblock words:blood,text')
  })

  test('is drawn again by the die, by anybody, also through the button; the new one is another message', async () => {
    const first = await endOf(await home.room.say('ann', '/animate a blue boat seed:7'))
    const again = await endOf(await home.room.react('bob', nameOf(home.room, first), 'die'))
    assert.equal(again.outgoing.tone, 'done')
    assert.equal(again.outgoing.quote, 'a blue boat')
    const seed = again.outgoing.facts!.find(({ label }) => label === 'Seed')!.value
    assert.notEqual(seed, '7')
    const varied = await endOf(await home.room.press('bob', nameOf(home.room, first), 'Variation'))
    assert.equal(varied.outgoing.facts!.find(({ label }) => label === 'Seed')!.value, '7')
    const longer = await endOf(await home.room.press('bob', nameOf(home.room, first), 'Longer'))
    assert.match(longer.outgoing.facts!.find(({ label }) => label === 'Frames')!.value, /^24 /)
  })

  test('a storm of reactions by one person on one message counts once; other people and messages have their own', async () => {
    const first = await endOf(await home.room.say('ann', '/animate a green rocket'))
    const events = await Promise.all(Array.from({ length: 20 }, () => home.room.react('bob', nameOf(home.room, first), 'die')))
    const other = await home.room.react('ann', nameOf(home.room, first), 'die')
    await home.quiet()
    const answered = home.room.messages().filter(({ event }) => events.includes(event))
    assert.equal(answered.length, 1)
    assert.equal((await endOf(other)).outgoing.tone, 'done')
  })

  test('what comes twice is answered once', async () => {
    const before = home.room.messages().length
    await home.room.say('ann', '/animate a pink heart', { id: 'twice' })
    await home.room.say('ann', '/animate a pink heart', { id: 'twice' })
    await home.quiet()
    assert.equal(home.room.messages().length, before + 1)
  })

  test('a star keeps it, a letter sends it privately, a cross takes it away: for its owner or an admin', async () => {
    const first = await endOf(await home.room.say('ann', '/animate a white star'))
    const message = nameOf(home.room, first)
    await home.room.react('bob', message, 'star')
    const kept = await home.room.say('bob', '/history kept:yes')
    const list = home.room.messages('bob').find(({ event }) => event === kept)!
    assert.equal(list.outgoing.items?.[0]?.title, 'a white star')
    const sent = await home.room.react('bob', message, 'letter')
    const letter = home.room.messages().find(({ event }) => event === sent)!
    assert.deepEqual([letter.to, letter.outgoing.audience], ['bob', 'direct'])
    assert.ok(letter.outgoing.picture)
    assert.match(letter.outgoing.text, /\/animate prompt:"a white star"/)
    const cross = await home.room.react('bob', message, 'cross')
    assert.match(home.room.messages().find(({ event }) => event === cross)!.outgoing.text, /Only who asked/)
    assert.ok(home.room.messages().some(({ id }) => id === first.id))
    await home.room.react('ann', message, 'cross')
    assert.ok(!home.room.messages().some(({ id }) => id === first.id))
    const gone = home.scheduler.jobsOf({ platform: 'room', space: 'home', person: 'ann' }, { from: 0, limit: 1 }).jobs[0]!
    assert.notEqual(gone.request.prompt, 'a white star')
  })

  test('a private one is seen by nobody else, nor found by its id', async () => {
    const event = await home.room.say('ann', '/animate my secret private:yes')
    const { to, outgoing } = await endOf(event)
    assert.equal(to, 'ann')
    assert.equal(outgoing.marks, undefined)
    const job = home.scheduler.jobsOf({ platform: 'room', space: 'home', person: 'ann' }, { from: 0, limit: 1 }).jobs[0]!
    const asked = await home.room.say('bob', `/again job:${job.id}`)
    assert.match(home.room.messages().find((one) => one.event === asked)!.outgoing.text, /There is no animation/)
  })

  test('words are changed in a dialog that comes back as a command', async () => {
    const first = await endOf(await home.room.say('ann', '/animate a yellow fish seed:7'))
    await home.room.press('bob', nameOf(home.room, first), 'Change words')
    const form = home.room.forms.get('bob')!
    assert.equal(form.fields[0]!.value, 'a yellow fish')
    const changed = await endOf(await home.room.submit('bob', { prompt: 'a yellow bird' }))
    assert.equal(changed.outgoing.quote, 'a yellow bird')
    assert.equal(changed.outgoing.facts!.find(({ label }) => label === 'Seed')!.value, '7')
  })

  test('with nothing said at all opens a dialog with every option', async () => {
    await home.room.say('ann', '/animate')
    const form = home.room.forms.get('ann')!
    assert.deepEqual([form.title, form.fields[0]!.name], ['/animate', 'prompt'])
    assert.equal((await endOf(await home.room.submit('ann', { prompt: 'a blue bird', style: 'sepia' }))).outgoing.tone, 'done')
  })

  test('in Chinese to who speaks it, and in the language of the place to everybody', async () => {
    const { outgoing } = await endOf(await home.room.say('ann', '/animate 一只猫', { locale: 'zh-TW', channelLocale: 'zh-CN' }))
    assert.match(outgoing.text, /ann 要的动画/)
    const refused = await home.room.say('ann', '/animate 一只猫 frames:99', { locale: 'zh-CN' })
    assert.match(home.room.messages().find(({ event }) => event === refused)!.outgoing.text, /frames 的范围是 1 到 32/)
  })

  test('offers styles, recent prompts and own jobs while somebody types', async () => {
    assert.deepEqual(await home.room.complete('ann', 'animate', 'style', 'se'), [{ value: 'sepia', label: 'sepia · an old photograph' }])
    const prompts = await home.room.complete('ann', 'animate', 'prompt', 'boat')
    assert.deepEqual(prompts, [{ value: 'a blue boat', label: 'a blue boat' }])
    assert.ok((await home.room.complete('ann', 'again', 'job', 'blue bird')).length === 1)
    assert.deepEqual(await home.room.complete('ann', 'settings', 'style', ''), [])
    assert.deepEqual(await home.room.complete('ann', 'nonsense', 'style', ''), [])
  })

  test('everything about a person is handed out, and deleted for good', async () => {
    await endOf(await home.room.say('eve', '/animate my balloon'))
    await home.room.say('eve', '/defaults set style:anime')
    const exported = await home.room.say('eve', '/privacy export')
    const { file } = home.room.messages('eve').find(({ event }) => event === exported)!.outgoing
    const all = JSON.parse(new TextDecoder().decode(file!.bytes)) as { requests: { request: { prompt: string } }[]; defaults: unknown }
    assert.equal(all.requests[0]!.request.prompt, 'my balloon')
    assert.deepEqual(all.defaults, { style: 'anime' })
    assert.ok(!JSON.stringify(all).includes('"address"'))
    const asked = await home.room.say('eve', '/privacy delete')
    const confirm = home.room.messages('eve').find(({ event }) => event === asked)!
    await home.room.press('eve', nameOf(home.room, confirm), 'Yes, delete everything')
    const me = { platform: 'room', space: 'home', person: 'eve' }
    assert.equal(home.scheduler.jobsOf(me, { from: 0, limit: 1 }).total, 0)
    assert.ok(!home.room.messages().some(({ outgoing }) => outgoing.quote === 'my balloon'))
    assert.deepEqual(await home.chat.contexts.defaultsOf(me), {})
  })

  test('nothing that was thrown by a platform reaches people, and the end is never lost', async () => {
    let failures = 4
    home.room.trouble = (call) => {
      if (call === 'edit' && failures-- > 0) throw new Error('429')
    }
    const event = await home.room.say('ann', '/animate a purple balloon')
    assert.equal((await endOf(event)).outgoing.tone, 'done')
    home.room.trouble = (call, outgoing) => {
      if (outgoing?.tone === 'done' && outgoing.audience === 'everyone') throw new UserError('forbidden', `No ${call} here.`)
    }
    const direct = await home.room.say('ann', '/animate a purple rocket')
    await home.quiet()
    home.room.trouble = undefined
    const shown = home.room.messages('ann').filter((message) => message.event === direct && message.outgoing.tone === 'done')
    assert.deepEqual(
      shown.map(({ to, outgoing }) => [to, outgoing.audience]),
      [['ann', 'direct']],
    )
  })

  test('who asked in private and can no longer be written to is told before all that there is something, not what', async () => {
    home.room.trouble = (_call, outgoing) => {
      if (outgoing?.tone === 'done') throw new UserError('direct-closed', 'No letters.')
    }
    const event = await home.room.say('ann', '/animate a secret balloon private:yes')
    await home.quiet()
    home.room.trouble = undefined
    const told = home.room.messages().filter((message) => message.event === event && message.outgoing.audience === 'everyone')
    assert.equal(told.length, 1)
    assert.match(told[0]!.outgoing.text, /ann.*\/history/i)
    assert.doesNotMatch(JSON.stringify(told), /secret/)
  })

  test('a message that was deleted by hand is posted anew at the end', async () => {
    home.room.trouble = (call, outgoing) => {
      if (call === 'edit' && outgoing?.tone === 'done') {
        home.room.trouble = undefined
        for (const message of home.room.messages())
          if (message.outgoing.quote === 'a lost ball') home.room.vanish(nameOf(home.room, message))
      }
    }
    const { outgoing } = await endOf(await home.room.say('ann', '/animate a lost ball'))
    assert.equal(outgoing.tone, 'done')
  })

  test('an animation too large for the place is said to be, with its size', async () => {
    const { outgoing } = await endOf(await home.room.say('ann', '/animate a large ball', { maxBytes: 100 }))
    assert.match(outgoing.text, /larger than the 1 kB/)
    assert.equal(outgoing.picture, undefined)
  })

  test('an animation that the platform refuses for its size is told in words, in the same message', async () => {
    home.room.trouble = (_call, outgoing) => {
      if (outgoing?.picture && outgoing.tone === 'done') throw new UserError('too-large', 'No file as large as this.')
    }
    const { outgoing } = await endOf(await home.room.say('ann', '/animate a heavy ball'))
    home.room.trouble = undefined
    assert.match(outgoing.text, /larger than/)
    assert.equal(outgoing.picture, undefined)
  })

  test('a platform that cannot be reached at first is tried again; one that is wrong says how to mend it', async () => {
    const room = createRoom()
    const { platform } = room
    const start = platform.start
    let tries = 0
    platform.start = async (receiver) => {
      if (tries++ === 0) throw new Error('no route')
      return start(receiver)
    }
    const late = await openHome({ folder: newFolder(), room })
    while (platform.trouble()) await new Promise((resolve) => setTimeout(resolve, 5))
    assert.match(late.lines.find((line) => line.startsWith('room cannot'))!, /no route/)
    await room.say('ann', '/animate a ball')
    await late.quiet()
    assert.equal(room.messages()[0]!.outgoing.tone, 'done')
    await late.close()

    const wrong = createRoom()
    wrong.platform.start = () => Promise.reject(new UserError('bad-token', 'The token is wrong: make a new one.'))
    const off = await openHome({ folder: newFolder(), room: wrong })
    assert.ok(off.lines.includes('room is off: The token is wrong: make a new one.'))
    await off.close()
  })

  test('examples of styles are asked for in the form that loops on the platform', async () => {
    const asked: (string | undefined)[] = []
    const styles: StyleSource = {
      ...twoStyles,
      picture: (name, format) => {
        asked.push(format)
        return twoStyles.picture(name)
      },
    }
    const room = createRoom({ limits: { formats: ['mp4', 'gif'] } })
    const home = await openHome({ folder: newFolder(), room, styles })
    await room.say('ann', '/styles')
    assert.deepEqual(asked, ['gif', 'gif'])
    await home.close()
  })

  test('an answer that takes half of what the platform waits is acknowledged, to the audience that it will have', async () => {
    const clock = createManualClock(Date.now())
    const { promise, resolve } = Promise.withResolvers<readonly StyleSummary[]>()
    const slow = await openHome({ folder: newFolder(), clock, styles: { ...twoStyles, list: () => promise } })
    const event = 'slow'
    const said = slow.room.say('ann', '/styles', { id: event })
    const marked = () => slow.room.acknowledged(event)
    await slow.room.say('bob', '/queue', { id: 'quick' })
    await clock.advance(1499)
    assert.equal(marked(), undefined)
    await clock.advance(1)
    assert.equal(marked(), 'asker')
    assert.equal(slow.room.acknowledged('quick'), undefined)
    resolve([])
    await said
    assert.equal(slow.room.messages('ann').filter((message) => message.event === event).length, 1)
    await slow.close()
  })
})

// Delivery: from a request to its final message on a fake platform, with everything that people can do about it.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StyleSource } from '../../../src/chat/context/style-source.ts'
import type { StyleSummary } from '../../../src/chat/contract/command-context.ts'
import { UserError } from '../../../src/errors.ts'
import { createManualClock } from '../../jobs/manual-clock.ts'
import { createFakePlatform, nameOf } from '../fake-platform.ts'
import { newFolder, openTestChat, type TestChat, twoStyles } from '../test-chat.ts'

describe('the life of a request', () => {
  let testChat: TestChat
  before(async () => {
    testChat = await openTestChat({ folder: newFolder() })
  })
  after(() => testChat.close())

  const endOf = async (event: string) => {
    await testChat.quiet()
    const messages = testChat.fake.messages().filter((message) => message.event === event)
    assert.equal(messages.length, 1, `one message for ${event}`)
    return messages[0]!
  }

  test('goes from its place to the animation in one message, with prompt, seed and style', async () => {
    const event = await testChat.fake.say('ann', '/animate a red ball bouncing style:anime seed:7')
    const { id, outgoing } = await endOf(event)
    const tones = testChat.fake.states.filter((message) => message.id === id).map((message) => message.outgoing.tone)
    assert.ok(tones.length > 1 && tones.slice(0, -1).every((tone) => tone === 'waiting' || tone === 'running'))
    assert.equal(tones.at(-1), 'done')
    assert.equal(tones.filter((tone) => tone === 'done').length, 1)
    assert.equal(outgoing.quote, 'a red ball bouncing')
    assert.equal(outgoing.picture?.format, 'webp')
    assert.equal(outgoing.picture?.fileName.includes('ball'), false)
    const facts = Object.fromEntries(outgoing.facts!.map(({ label, value }) => [label, value]))
    const delivered = { Style: 'anime', Seed: '7', Size: '16 × 16', Frames: '3 at 8 a second', Loop: 'closed, seam 0.80' }
    assert.partialDeepStrictEqual(facts, delivered, 'what was delivered')
    assert.deepEqual(
      outgoing.buttons!.map(({ label }) => label),
      ['Again', 'Variation', 'Longer', 'Change words', 'Keep', 'Send me', 'Delete'],
    )
  })

  test('that fails for a bug ends with a sentence, and the cause is in the log alone', async () => {
    const { outgoing } = await endOf(await testChat.fake.say('ann', '/animate something that breaks'))
    assert.equal(outgoing.tone, 'failed')
    assert.ok(!outgoing.text.includes('wire'))
    assert.ok(testChat.lines.some((line) => line.includes('a wire broke')))
  })

  test('is shown at its end, where nothing can be said of its place', async () => {
    const { scheduler } = testChat
    const { standing } = scheduler
    scheduler.standing = () => {
      throw new Error('its place is not known')
    }
    const event = await testChat.fake.say('eve', '/animate a boat of no place')
    scheduler.standing = standing
    assert.equal((await endOf(event)).outgoing.tone, 'done')
  })

  test('that can neither be shown nor refused there is shown at its end all the same', async () => {
    const { scheduler, fake } = testChat
    const { cancel } = scheduler
    fake.trouble = (call) => {
      if (call === 'post') throw new UserError('gone-for-now', 'It cannot be shown there.', {})
    }
    scheduler.cancel = async () => {
      throw new Error('the disk is full')
    }
    const event = await fake.say('eve', '/animate a boat on a full disk')
    fake.trouble = undefined
    scheduler.cancel = cancel
    assert.equal((await endOf(event)).outgoing.tone, 'done')
  })

  test('is refused before it waits: words, channel, permissions, size, number', async () => {
    const asks = (text: string, where = {}) => testChat.fake.say('ann', text, where)
    const refusal = async (event: string) => {
      const message = testChat.fake.messages().find((one) => one.event === event)
      assert.deepEqual({ tone: message?.outgoing.tone, to: message?.to }, { tone: 'refused', to: 'ann' })
      return message!.outgoing.text
    }
    const channel = { id: 'general', ageRestricted: false, direct: false, missing: ['Attach Files'] }
    assert.match(await refusal(await asks('/animate a cat', { channel })), /Attach Files/)
    await testChat.fake.say('root', '/settings block words:gore outcome:refuse')
    await testChat.fake.say('root', '/settings block words:beer outcome:restricted')
    await testChat.fake.say('root', '/settings set max-frames:20')
    await testChat.fake.say('root', '/settings allow channel:art')
    assert.match(await refusal(await asks('/animate a cat')), /art/)
    const art = { channel: { ...channel, id: 'art', missing: [] } }
    assert.match(await refusal(await asks('/animate a lot of g\u00f6re', art)), /gore/)
    assert.match(await refusal(await asks('/animate beer', art)), /age-restricted/)
    assert.match(await refusal(await asks('/animate a cat frames:21', art)), /20/)
    assert.match(await refusal(await asks('/settings allow')), /admins/)
    const restricted = { channel: { ...art.channel, ageRestricted: true } }
    assert.equal((await endOf(await asks('/animate beer', restricted))).outgoing.tone, 'done')
    await testChat.fake.say('root', '/settings disallow channel:art')
    await testChat.fake.say('root', '/settings unblock words:gore,beer')
    await testChat.fake.say('root', '/settings set max-frames:32')
  })

  test('with words that are left out or forced out says so', async () => {
    await testChat.fake.say('root', '/settings block words:blood outcome:strip')
    await testChat.fake.say('root', '/settings block words:text outcome:negative')
    const { outgoing } = await endOf(await testChat.fake.say('ann', '/animate a bloody sword with blood and text'))
    assert.equal(outgoing.quote, 'a bloody sword with and')
    assert.match(outgoing.text, /Left out: blood\./)
    assert.match(outgoing.text, /Kept out of the picture: text\./)
    await testChat.fake.say('root', '/settings unblock words:blood,text')
  })

  test('is drawn again by the die, by anybody, also through the button; the new one is another message', async () => {
    const first = await endOf(await testChat.fake.say('ann', '/animate a blue boat seed:7'))
    const again = await endOf(await testChat.fake.react('bob', nameOf(testChat.fake, first), 'die'))
    assert.equal(again.outgoing.tone, 'done')
    assert.equal(again.outgoing.quote, 'a blue boat')
    const seed = again.outgoing.facts!.find(({ label }) => label === 'Seed')!.value
    assert.notEqual(seed, '7')
    const varied = await endOf(await testChat.fake.press('bob', nameOf(testChat.fake, first), 'Variation'))
    assert.notEqual(varied.outgoing.facts!.find(({ label }) => label === 'Seed')!.value, '7')
    const longer = await endOf(await testChat.fake.press('bob', nameOf(testChat.fake, first), 'Longer'))
    const [, job] = /job:(\w+)/.exec(longer.outgoing.buttons![0]!.command)!
    assert.equal(testChat.scheduler.find(job!)!.request.frames, 24)
  })

  test('a storm of reactions by one person on one message counts once; other people and messages have their own', async () => {
    const first = await endOf(await testChat.fake.say('ann', '/animate a green rocket'))
    const events = await Promise.all(Array.from({ length: 20 }, () => testChat.fake.react('bob', nameOf(testChat.fake, first), 'die')))
    const other = await testChat.fake.react('ann', nameOf(testChat.fake, first), 'die')
    await testChat.quiet()
    const answered = testChat.fake.messages().filter(({ event }) => events.includes(event))
    assert.equal(answered.length, 1)
    assert.equal((await endOf(other)).outgoing.tone, 'done')
  })

  test('what comes twice is answered once', async () => {
    const before = testChat.fake.messages().length
    await testChat.fake.say('ann', '/animate a pink heart', { id: 'twice' })
    await testChat.fake.say('ann', '/animate a pink heart', { id: 'twice' })
    await testChat.quiet()
    assert.equal(testChat.fake.messages().length, before + 1)
  })

  test('a star keeps it, a letter sends it privately, a cross takes it away: for its owner or an admin', async () => {
    const first = await endOf(await testChat.fake.say('ann', '/animate a white star'))
    const message = nameOf(testChat.fake, first)
    await testChat.fake.react('bob', message, 'star')
    const kept = await testChat.fake.say('bob', '/history kept:yes')
    const list = testChat.fake.messages('bob').find(({ event }) => event === kept)!
    assert.equal(list.outgoing.items?.[0]?.title, 'a white star')
    for (const said of [
      'No longer kept. The same button keeps it again.',
      'Kept. It is under /history kept:yes and stays when others are cleared away.',
    ]) {
      const pressed = await testChat.fake.press('bob', message, 'Keep')
      assert.equal(testChat.fake.messages('bob').find(({ event }) => event === pressed)!.outgoing.text, said)
    }
    const sent = await testChat.fake.react('bob', message, 'letter')
    const letter = testChat.fake.messages().find(({ event }) => event === sent)!
    assert.deepEqual({ to: letter.to, audience: letter.outgoing.audience }, { to: 'bob', audience: 'direct' })
    assert.ok(letter.outgoing.picture)
    assert.match(letter.outgoing.text, /\/animate prompt:"a white star"/)
    const cross = await testChat.fake.react('bob', message, 'cross')
    assert.match(testChat.fake.messages().find(({ event }) => event === cross)!.outgoing.text, /Only who asked/)
    assert.ok(testChat.fake.messages().some(({ id }) => id === first.id))
    const asked = await testChat.fake.react('ann', message, 'cross')
    assert.ok(
      testChat.fake.messages().some(({ id }) => id === first.id),
      'it asks first',
    )
    const question = testChat.fake.messages().find(({ event }) => event === asked)!
    assert.equal(question.outgoing.text, 'Delete this animation for good?')
    await testChat.fake.press('ann', nameOf(testChat.fake, question), 'Yes, delete it')
    assert.ok(!testChat.fake.messages().some(({ id }) => id === first.id))
    const gone = testChat.scheduler.jobsOf({ platform: 'fake', space: 'guild', person: 'ann' }, { from: 0, limit: 1 }).jobs[0]!
    assert.notEqual(gone.request.prompt, 'a white star')
  })

  test('a private one is seen by nobody else, nor found by its id', async () => {
    const event = await testChat.fake.say('ann', '/animate my secret private:yes')
    const { to } = await endOf(event)
    assert.equal(to, 'ann')
    const job = testChat.scheduler.jobsOf({ platform: 'fake', space: 'guild', person: 'ann' }, { from: 0, limit: 1 }).jobs[0]!
    const asked = await testChat.fake.say('bob', `/again job:${job.id}`)
    assert.match(testChat.fake.messages().find((one) => one.event === asked)!.outgoing.text, /There is no animation/)
  })

  test('words are changed in a dialog that comes back as a command', async () => {
    const first = await endOf(await testChat.fake.say('ann', '/animate a yellow fish seed:7'))
    await testChat.fake.press('bob', nameOf(testChat.fake, first), 'Change words')
    const form = testChat.fake.forms.get('bob')!
    assert.equal(form.fields[0]!.value, 'a yellow fish')
    const changed = await endOf(await testChat.fake.submit('bob', { prompt: 'a yellow bird' }))
    assert.equal(changed.outgoing.quote, 'a yellow bird')
    assert.equal(changed.outgoing.facts!.find(({ label }) => label === 'Seed')!.value, '7')
  })

  test('with nothing said at all opens a dialog with every option', async () => {
    await testChat.fake.say('ann', '/animate')
    const form = testChat.fake.forms.get('ann')!
    assert.equal(form.title, '/animate')
    assert.equal(form.fields[0]!.name, 'prompt')
    assert.equal((await endOf(await testChat.fake.submit('ann', { prompt: 'a blue bird', style: 'sepia' }))).outgoing.tone, 'done')
  })

  test('in Chinese to who speaks it, and in the language of the place to everybody', async () => {
    const { outgoing } = await endOf(await testChat.fake.say('ann', '/animate 一只猫', { locale: 'zh-TW', channelLocale: 'zh-CN' }))
    assert.match(outgoing.text, /ann 要的动画/)
    const refused = await testChat.fake.say('ann', '/animate 一只猫 frames:999', { locale: 'zh-CN' })
    assert.match(testChat.fake.messages().find(({ event }) => event === refused)!.outgoing.text, /frames 的范围是 1 到 128/)
  })

  test('offers styles, recent prompts and own jobs while somebody types', async () => {
    assert.deepEqual(await testChat.fake.complete('ann', 'animate', 'style', 'se'), [
      { value: 'sepia', label: 'sepia · an old photograph' },
    ])
    const prompts = await testChat.fake.complete('ann', 'animate', 'prompt', 'boat')
    assert.deepEqual(prompts, [{ value: 'a blue boat', label: 'a blue boat' }])
    assert.ok((await testChat.fake.complete('ann', 'again', 'job', 'blue bird')).length === 1)
    assert.deepEqual(await testChat.fake.complete('ann', 'settings', 'style', ''), [])
    assert.deepEqual(await testChat.fake.complete('ann', 'nonsense', 'style', ''), [])
  })

  test('everything about a person is handed out, and deleted for good', async () => {
    await endOf(await testChat.fake.say('eve', '/animate my balloon'))
    await testChat.fake.say('eve', '/defaults set style:anime')
    const exported = await testChat.fake.say('eve', '/privacy export')
    const { file } = testChat.fake.messages('eve').find(({ event }) => event === exported)!.outgoing
    const all = JSON.parse(new TextDecoder().decode(file!.bytes)) as { requests: { request: { prompt: string } }[]; defaults: unknown }
    assert.equal(all.requests[0]!.request.prompt, 'my balloon')
    assert.deepEqual(all.defaults, { style: 'anime' })
    assert.ok(!JSON.stringify(all).includes('"address"'))
    const asked = await testChat.fake.say('eve', '/privacy delete')
    const confirm = testChat.fake.messages('eve').find(({ event }) => event === asked)!
    await testChat.fake.press('eve', nameOf(testChat.fake, confirm), 'Yes, delete everything')
    const me = { platform: 'fake', space: 'guild', person: 'eve' }
    assert.equal(testChat.scheduler.jobsOf(me, { from: 0, limit: 1 }).total, 0)
    assert.ok(!testChat.fake.messages().some(({ outgoing }) => outgoing.quote === 'my balloon'))
    assert.deepEqual(await testChat.chat.contexts.defaultsOf(me), {})
  })

  test('nothing that was thrown by a platform reaches people, and the end is never lost', async () => {
    let failures = 4
    testChat.fake.trouble = (call) => {
      if (call === 'edit' && failures-- > 0) throw new Error('429')
    }
    const event = await testChat.fake.say('ann', '/animate a purple balloon')
    assert.equal((await endOf(event)).outgoing.tone, 'done')
    testChat.fake.trouble = (call, outgoing) => {
      if (outgoing?.tone === 'done' && outgoing.audience === 'everyone') throw new UserError('forbidden', `No ${call} here.`)
    }
    const direct = await testChat.fake.say('ann', '/animate a purple rocket')
    await testChat.quiet()
    testChat.fake.trouble = undefined
    const shown = testChat.fake.messages('ann').filter((message) => message.event === direct && message.outgoing.tone === 'done')
    assert.deepEqual(
      shown.map(({ to, outgoing }) => ({ to, audience: outgoing.audience })),
      [{ to: 'ann', audience: 'direct' }],
    )
  })

  test('who asked in private and can no longer be written to is told before all that there is something, not what', async () => {
    testChat.fake.trouble = (_call, outgoing) => {
      if (outgoing && outgoing.audience !== 'everyone') throw new UserError('direct-closed', 'No letters.')
    }
    const event = await testChat.fake.say('ann', '/animate a secret balloon private:yes')
    await testChat.quiet()
    testChat.fake.trouble = undefined
    const told = testChat.fake.messages().filter((message) => message.event === event && message.outgoing.audience === 'everyone')
    assert.equal(told.length, 1)
    assert.match(told[0]!.outgoing.text, /ann.*\/history/i)
    assert.doesNotMatch(JSON.stringify(told), /secret/)
  })

  test('a message that was deleted by hand is posted anew at the end', async () => {
    testChat.fake.trouble = (call, outgoing) => {
      if (call === 'edit' && outgoing?.tone === 'done') {
        testChat.fake.trouble = undefined
        for (const message of testChat.fake.messages())
          if (message.outgoing.quote === 'a lost ball') testChat.fake.vanish(nameOf(testChat.fake, message))
      }
    }
    const { outgoing } = await endOf(await testChat.fake.say('ann', '/animate a lost ball'))
    assert.equal(outgoing.tone, 'done')
  })

  test('an animation too large for the place is said to be, with its size', async () => {
    const { outgoing } = await endOf(await testChat.fake.say('ann', '/animate a large ball', { maxBytes: 100 }))
    assert.match(outgoing.text, /larger than the 1 kB/)
    assert.equal(outgoing.picture, undefined)
  })

  test('an animation that the platform refuses for its size is told in words, in the same message', async () => {
    testChat.fake.trouble = (_call, outgoing) => {
      if (outgoing?.picture && outgoing.tone === 'done') throw new UserError('too-large', 'No file as large as this.')
    }
    const { outgoing } = await endOf(await testChat.fake.say('ann', '/animate a heavy ball'))
    testChat.fake.trouble = undefined
    assert.match(outgoing.text, /larger than/)
    assert.equal(outgoing.picture, undefined)
  })

  test('a platform that cannot be reached at first is tried again; one that is wrong says how to mend it', async () => {
    const fake = createFakePlatform()
    const { platform } = fake
    const start = platform.start
    let tries = 0
    platform.start = async (receiver) => {
      if (tries++ === 0) throw new Error('no route')
      return start(receiver)
    }
    const late = await openTestChat({ folder: newFolder(), fake })
    while (platform.trouble()) await new Promise((resolve) => setTimeout(resolve, 5))
    assert.match(late.lines.find((line) => line.startsWith('fake cannot'))!, /no route/)
    await fake.say('ann', '/animate a ball')
    await late.quiet()
    assert.equal(fake.messages()[0]!.outgoing.tone, 'done')
    await late.close()

    const wrong = createFakePlatform()
    wrong.platform.start = () => Promise.reject(new UserError('bad-token', 'The token is wrong: make a new one.'))
    const off = await openTestChat({ folder: newFolder(), fake: wrong })
    assert.ok(off.lines.includes('fake is off: The token is wrong: make a new one.'))
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
    const fake = createFakePlatform({ limits: { formats: ['mp4', 'gif'] } })
    const testChat = await openTestChat({ folder: newFolder(), fake, styles })
    await fake.say('ann', '/styles')
    assert.deepEqual(asked, ['gif', 'gif'])
    await testChat.close()
  })

  test('ends the message that says it waits, also where nobody ever heard that it was posted', async () => {
    const clock = createManualClock(Date.now())
    const fake = createFakePlatform()
    const post: typeof fake.platform.post = async (address, outgoing) => {
      const posted = await fake.platform.post(address, outgoing)
      if (outgoing.tone !== 'done') throw new Error('no line')
      return posted
    }
    const deaf = await openTestChat({ folder: newFolder(), clock, fake: { ...fake, platform: { ...fake.platform, post } } })
    let told = false
    const ended = fake
      .say('ann', '/animate a boat')
      .then(() => deaf.quiet())
      .finally(() => {
        told = true
      })
    for (let seconds = 0; !told && seconds < 60; seconds++) {
      await clock.advance(1000)
      await sleep(10)
    }
    await ended
    assert.deepEqual(
      fake.messages().map(({ outgoing }) => outgoing.tone),
      ['done'],
    )
    await deaf.close()
  })

  test('an answer that takes half of what the platform waits is acknowledged, to the audience that it will have', async () => {
    const clock = createManualClock(Date.now())
    const { promise, resolve } = Promise.withResolvers<readonly StyleSummary[]>()
    const slow = await openTestChat({ folder: newFolder(), clock, styles: { ...twoStyles, list: () => promise } })
    const event = 'slow'
    const said = slow.fake.say('ann', '/styles', { id: event })
    const marked = () => slow.fake.acknowledged(event)
    await slow.fake.say('bob', '/queue', { id: 'quick' })
    await clock.advance(1499)
    assert.equal(marked(), undefined)
    await clock.advance(1)
    assert.equal(marked(), 'asker')
    assert.equal(slow.fake.acknowledged('quick'), undefined)
    resolve([])
    await said
    assert.equal(slow.fake.messages('ann').filter((message) => message.event === event).length, 1)
    await slow.close()
  })
})

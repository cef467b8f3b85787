// /history, /keep, /defaults, /settings, /queue, /cancel, /help, /privacy and /styles: what is kept, shown and forgotten.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { examples } from '../../commands/examples.ts'
import { deleteBeyondQuotas, deleteExpired } from '../../src/chat/context/retention.ts'
import { maxCommandChars } from '../../src/chat/contract/command.ts'
import { messageHandleFrom } from '../../src/chat/delivery/message-handle.ts'
import { createMessageIndex } from '../../src/chat/delivery/message-index.ts'
import type { Job } from '../../src/jobs/job.ts'
import { newFolder } from '../chat/test-chat.ts'
import { createManualRenderer } from '../jobs/manual-renderer.ts'
import { type CommandTester, createCommandTester, factsIn } from './command-tester.ts'

const dayMs = 24 * 3_600_000

describe('what is kept', () => {
  let tester: CommandTester
  before(async () => {
    tester = await createCommandTester()
  })
  after(() => tester.testChat.close())

  test('/history turns pages, finds words, and shows one with its settings', async () => {
    assert.match((await tester.say('ann', '/history')).text, /Nothing yet/)
    for (let n = 1; n <= 7; n++) await tester.drawn('ann', `/animate boat number ${n}`)
    const page = await tester.say('ann', '/history')
    assert.equal(page.text, 'Animations 1 to 5 of 7.')
    assert.equal(page.items!.length, 5)
    assert.partialDeepStrictEqual(page.items![0], { title: 'boat number 7', text: 'done' })
    assert.ok(page.items![0]!.picture)
    const older = await tester.press('ann', 'Older')
    assert.equal(older.text, 'Animations 6 to 7 of 7.')
    assert.equal((await tester.press('ann', 'Newer')).text, 'Animations 1 to 5 of 7.')
    assert.equal((await tester.say('ann', '/history page:9')).text, 'Animations 6 to 7 of 7.')
    const star = () =>
      tester.press('ann', 'Newer').then(({ items }) => items![0]!.buttons!.find(({ command }) => command.startsWith('keep'))!.command)
    for (const word of [/^Kept\./, /^No longer kept\./, /^Kept\./, /^No longer kept\./]) {
      await tester.say('ann', '/history page:2')
      assert.match((await tester.say('ann', `/${await star()}`)).text, word)
    }
    const found = await tester.say('ann', '/history number 3')
    assert.deepEqual(
      found.items!.map(({ title }) => title),
      ['boat number 3'],
    )
    assert.match((await tester.say('ann', '/history zebra')).text, /zebra/)
    const id = /job:(\w+)/.exec(found.items![0]!.buttons![0]!.command)![1]
    const one = await tester.say('ann', `/history job:${id}`)
    assert.ok(one.picture)
    assert.equal(factsIn(one)['Frames'], '3 at 8 a second')
    assert.match((await tester.say('bob', '/history')).text, /Nothing yet/)
  })

  test('a star protects from being cleared away, and only as long as it is there', async () => {
    const { scheduler, store, chat } = tester.testChat
    const starred = await tester.drawn('bob', '/animate a starred boat')
    const plain = await tester.drawn('bob', '/animate a plain boat')
    await tester.say('ann', `/keep job:${starred.id}`)
    const messages = createMessageIndex(store.space<string>('messages'))
    const parts = { scheduler, favourites: chat.contexts.favourites, blobs: store.blobs, messages, days: 30, quotas: [] }
    const shownBy = (job: string) => messageHandleFrom(scheduler.noteOf(job))!.posted.messages[0]!
    const [plainMessage, starredMessage] = [shownBy(plain.id), shownBy(starred.id)]
    assert.equal(await messages.jobOf('fake', plainMessage), plain.id)
    assert.equal(await deleteExpired(parts, Date.now() + 29 * dayMs), 0)
    assert.equal(await deleteExpired(parts, Date.now() + 31 * dayMs), 8)
    assert.equal(scheduler.find(plain.id), undefined)
    assert.equal(await messages.jobOf('fake', plainMessage), undefined, 'nothing is known of its message either')
    assert.equal(await messages.jobOf('fake', starredMessage), starred.id)
    assert.equal(await store.blobs.get(plain.result!.blob), undefined)
    assert.ok(scheduler.find(starred.id) && (await store.blobs.get(starred.result!.blob)))
    await tester.say('ann', `/keep job:${starred.id} off:yes`)
    assert.equal(await deleteExpired(parts, Date.now() + 31 * dayMs), 1)
    assert.equal(scheduler.find(starred.id), undefined)
  })

  test('of a platform that strangers reach the oldest goes that is more than is kept, also with a star', async () => {
    const { scheduler, store, chat } = tester.testChat
    const jobs = []
    for (let n = 0; n < 3; n++) jobs.push(await tester.drawn('guest', `/animate loop ${n}`))
    const [first, , last] = jobs as [Job, Job, Job]
    await tester.say('guest', `/keep job:${first.id}`)
    const quota = { platform: 'fake', person: { jobs: 2, bytes: 1e9 }, all: { jobs: 1000, bytes: 1e9 } }
    const messages = createMessageIndex(store.space<string>('messages'))
    const parts = { scheduler, favourites: chat.contexts.favourites, blobs: store.blobs, messages, days: 30, quotas: [quota] }
    assert.ok((await deleteBeyondQuotas(parts)) >= 1)
    assert.equal(scheduler.find(first.id), undefined)
    assert.equal(await store.blobs.get(first.result!.blob), undefined)
    assert.deepEqual(await chat.contexts.favourites.of('fake/guest'), [])
    assert.ok(scheduler.find(last.id) && (await store.blobs.get(last.result!.blob)))
    assert.equal(await deleteBeyondQuotas(parts), 0)
  })

  test('of two settings that are changed at once none is lost, and of two defaults neither', async () => {
    await Promise.all(['one', 'two', 'three', 'four'].map((name) => tester.say('root', `/settings allow channel:${name}`)))
    assert.equal(factsIn(await tester.say('root', '/settings show'))['Channels'], 'one, two, three, four')
    for (const name of ['one', 'two', 'three', 'four']) await tester.say('root', `/settings disallow channel:${name}`)
    await Promise.all([tester.say('eve', '/defaults set steps:9'), tester.say('eve', '/defaults set frames:8')])
    assert.partialDeepStrictEqual(factsIn(await tester.say('eve', '/defaults show')), { steps: '9', frames: '8' })
    await tester.say('eve', '/defaults clear')
  })

  test('/defaults and /settings show what they keep, and forget it', async () => {
    assert.match((await tester.say('ann', '/defaults')).text, /no defaults/)
    await tester.say('ann', '/defaults set steps:8 style:Anime')
    assert.deepEqual(factsIn(await tester.say('ann', '/defaults')), { steps: '8', style: 'anime' })
    await tester.say('ann', '/defaults clear name:steps')
    assert.deepEqual(factsIn(await tester.say('ann', '/defaults show')), { style: 'anime' })
    assert.match((await tester.say('bob', '/defaults')).text, /no defaults/)
    assert.match((await tester.say('ann', '/settings')).text, /admins/)
    await tester.say('root', '/settings block gore, blood outcome:strip')
    await tester.say('root', '/settings block blood outcome:negative')
    await tester.say('root', '/settings allow')
    await tester.say('root', '/settings managers who:<@123>')
    assert.partialDeepStrictEqual(factsIn(await tester.say('root', '/settings')), {
      Channels: 'general',
      'Words that are left out': 'gore',
      'Words that are kept out of the picture': 'blood',
      'May manage styles besides admins': '123',
    })
    assert.deepEqual((await tester.testChat.chat.contexts.settingsOf({ platform: 'fake', space: 'other', person: 'x' })).channels, [])
  })

  test('/settings promises no more requests at a time than whoever runs the bot allows', async () => {
    const folder = newFolder()
    const jobsIn = async ({ say }: CommandTester) => factsIn(await say('root', '/settings'))['Most requests of one person at a time']
    const unlimited = await createCommandTester({ folder })
    await unlimited.say('root', '/settings set max-jobs:50')
    assert.equal(await jobsIn(unlimited), '50')
    await unlimited.testChat.close()
    const limited = await createCommandTester({ folder, limits: { person: { waiting: 5, running: 1 }, space: {}, all: {} } })
    assert.equal(await jobsIn(limited), '6')
    const refusal = await limited.say('root', '/settings set max-jobs:50')
    assert.deepEqual({ tone: refusal.tone, text: refusal.text }, { tone: 'refused', text: 'max-jobs may be at most 6 here, and is 50.' })
    await limited.say('root', '/settings set max-jobs:2')
    assert.equal(await jobsIn(limited), '2')
    await limited.testChat.close()
  })

  test('/cancel ends the latest, all of the own ones, or one; /queue says so', async (t) => {
    assert.match((await tester.say('ann', '/cancel')).text, /Nothing of yours/)
    assert.match((await tester.say('ann', '/queue')).text, /Nothing is waiting/)
    assert.match((await tester.say('ann', '/cancel nonsense')).text, /no animation 'nonsense'/)

    const { testChat, say } = await createCommandTester({ renderer: () => createManualRenderer(1) })
    t.after(() => testChat.close())
    const left = () =>
      testChat.scheduler
        .standings()
        .map(({ job }) => job.request.prompt)
        .sort()
    const asked = [
      ['ann', 'one'],
      ['ann', 'two'],
      ['ann', 'three'],
      ['bob', 'four'],
      ['root', 'five'],
    ] as const
    for (const [person, prompt] of asked) {
      await say(person, `/animate ${prompt}`)
      await new Promise((resolve) => setTimeout(resolve, 5)) // the latest is told by the time
    }
    await say('ann', '/cancel')
    assert.deepEqual(left(), ['five', 'four', 'one', 'two'])
    await say('root', '/cancel all:yes')
    assert.deepEqual(left(), ['four', 'one', 'two'], "an admin's all are the admin's own")
    assert.match((await say('ann', '/cancel all:yes')).text, /2/)
    assert.deepEqual(left(), ['four'])
    assert.match((await say('ann', '/queue')).text, /1/)
    await say('bob', '/cancel')
  })

  test('/help says every command that a person may use, and every option of one', async () => {
    const facts = factsIn(await tester.say('ann', '/help'))
    assert.ok(facts['/animate'] && facts['/privacy'] && !facts['/settings'] && !facts['/keep'])
    assert.ok(factsIn(await tester.say('root', '/help'))['/settings'])
    const animate = factsIn(await tester.say('ann', '/help animate'))
    assert.match(animate['frames:']!, /1 to 128/)
    assert.match(animate['aspect:']!, /square, wide, tall/)
    assert.match((await tester.say('ann', '/help animated')).text, /no command 'animated'/)
    assert.match(factsIn(await tester.say('ann', '/help', { locale: 'zh-CN' }))['/animate']!, /动画/)
  })

  test('/help animate has an example of each way to make a clip, and its button draws it', async () => {
    const { items } = await tester.say('ann', '/help animate')
    assert.deepEqual(
      items!.map(({ text }) => text),
      Object.values(examples).map((command) => `/${command}`),
    )
    for (const command of Object.values(examples)) {
      assert.ok(command.length <= maxCommandChars, command)
      assert.equal((await tester.drawn('ann', `/${command}`)).state, 'done')
    }
  })

  test('/privacy says how long, and /styles shows every style with its example', async () => {
    assert.match((await tester.say('ann', '/privacy')).text, /30 days/)
    const { items, text } = await tester.say('ann', '/styles')
    assert.match(text, /^2 styles/)
    assert.deepEqual(
      items!.map(({ title, picture, buttons }) => ({ title, format: picture?.format, command: buttons![0]!.command })),
      [
        { title: 'anime', format: 'webp', command: 'animate prompt:"a red ball" style:anime' },
        { title: 'sepia', format: 'webp', command: 'animate prompt:"a blue boat" style:sepia' },
      ],
    )
  })
})

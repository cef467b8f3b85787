import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { deleteExpired } from '../../src/chat/context/retention.ts'
import { factsIn, type Speaking, speaking } from './speaking.ts'

const dayMs = 24 * 3_600_000

describe('what is kept', () => {
  let there: Speaking
  before(async () => {
    there = await speaking()
  })
  after(() => there.home.close())

  test('/history turns pages, finds words, and shows one with its settings', async () => {
    assert.match((await there.say('ann', '/history')).text, /Nothing yet/)
    for (let n = 1; n <= 7; n++) await there.drawn('ann', `/animate boat number ${n}`)
    const page = await there.say('ann', '/history')
    assert.equal(page.text, 'Animations 1 to 5 of 7.')
    assert.deepEqual([page.items!.length, page.items![0]!.title, page.items![0]!.text], [5, 'boat number 7', 'done'])
    assert.ok(page.items![0]!.picture)
    const older = await there.press('ann', 'Older')
    assert.equal(older.text, 'Animations 6 to 7 of 7.')
    assert.equal((await there.press('ann', 'Newer')).text, 'Animations 1 to 5 of 7.')
    const found = await there.say('ann', '/history number 3')
    assert.deepEqual(
      found.items!.map(({ title }) => title),
      ['boat number 3'],
    )
    assert.match((await there.say('ann', '/history zebra')).text, /zebra/)
    const id = /job:(\w+)/.exec(found.items![0]!.buttons![0]!.command)![1]
    const one = await there.say('ann', `/history job:${id}`)
    assert.ok(one.picture)
    assert.equal(factsIn(one)['Frames'], '16 at 10 a second')
    assert.match((await there.say('bob', '/history')).text, /Nothing yet/)
  })

  test('a star protects from being cleared away, and only as long as it is there', async () => {
    const { scheduler, store, chat } = there.home
    const starred = await there.drawn('bob', '/animate a starred boat')
    const plain = await there.drawn('bob', '/animate a plain boat')
    await there.say('ann', `/keep job:${starred.id}`)
    const parts = { scheduler, favourites: chat.contexts.favourites, blobs: store.blobs, days: 30 }
    assert.equal(await deleteExpired(parts, Date.now() + 29 * dayMs), 0)
    assert.equal(await deleteExpired(parts, Date.now() + 31 * dayMs), 8)
    assert.equal(scheduler.find(plain.id), undefined)
    assert.equal(await store.blobs.get(plain.result!.blob), undefined)
    assert.ok(scheduler.find(starred.id) && (await store.blobs.get(starred.result!.blob)))
    await there.say('ann', `/keep job:${starred.id} off:yes`)
    assert.equal(await deleteExpired(parts, Date.now() + 31 * dayMs), 1)
    assert.equal(scheduler.find(starred.id), undefined)
  })

  test('/defaults and /settings show what they keep, and forget it', async () => {
    assert.match((await there.say('ann', '/defaults')).text, /no defaults/)
    await there.say('ann', '/defaults set steps:8 style:Anime')
    assert.deepEqual(factsIn(await there.say('ann', '/defaults')), { steps: '8', style: 'anime' })
    await there.say('ann', '/defaults clear name:steps')
    assert.deepEqual(factsIn(await there.say('ann', '/defaults show')), { style: 'anime' })
    assert.match((await there.say('bob', '/defaults')).text, /no defaults/)
    assert.match((await there.say('ann', '/settings')).text, /admins/)
    await there.say('root', '/settings block gore, blood outcome:strip')
    await there.say('root', '/settings block blood outcome:negative')
    await there.say('root', '/settings allow')
    await there.say('root', '/settings managers who:<@123>')
    const facts = factsIn(await there.say('root', '/settings'))
    const { Channels, 'Words that are left out': strip, 'Words that are kept out of the picture': negative } = facts
    assert.deepEqual([Channels, strip, negative, facts['May manage styles besides admins']], ['general', 'gore', 'blood', '123'])
    assert.deepEqual((await there.home.chat.contexts.settingsOf({ platform: 'room', space: 'other', person: 'x' })).channels, [])
  })

  test('/cancel ends the latest, all, or one; /queue says so', async () => {
    assert.match((await there.say('ann', '/cancel')).text, /Nothing of yours/)
    assert.match((await there.say('ann', '/queue')).text, /Nothing is waiting/)
    assert.match((await there.say('ann', '/cancel nonsense')).text, /no animation 'nonsense'/)
  })

  test('/help says every command that a person may use, and every option of one', async () => {
    const facts = factsIn(await there.say('ann', '/help'))
    assert.ok(facts['/animate'] && facts['/privacy'] && !facts['/settings'] && !facts['/keep'])
    assert.ok(factsIn(await there.say('root', '/help'))['/settings'])
    const animate = factsIn(await there.say('ann', '/help animate'))
    assert.match(animate['frames:']!, /1 to 128/)
    assert.match(animate['aspect:']!, /square, wide, tall/)
    assert.match((await there.say('ann', '/help animated')).text, /no command 'animated'/)
    assert.match(factsIn(await there.say('ann', '/help', { locale: 'zh-CN' }))['/animate']!, /动画/)
  })

  test('/privacy says how long, and /styles shows every style with its example', async () => {
    assert.match((await there.say('ann', '/privacy')).text, /30 days/)
    const { items, text } = await there.say('ann', '/styles')
    assert.match(text, /^2 styles/)
    assert.deepEqual(
      items!.map(({ title, picture, buttons }) => [title, picture?.format, buttons![0]!.command]),
      [
        ['anime', 'webp', 'animate prompt:"a red ball" style:anime'],
        ['sepia', 'webp', 'animate prompt:"a blue boat" style:sepia'],
      ],
    )
  })
})

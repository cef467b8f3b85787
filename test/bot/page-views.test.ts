// Queue, gallery and styles, as one viewer may see them.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createPageViews } from '../../src/bot/page-views.ts'
import type { PageViews, Viewer } from '../../src/chat/web/page-views.ts'
import { twoStyles } from '../chat/test-chat.ts'
import { type Speaking, speaking } from '../commands/speaking.ts'

describe('what the page shows besides its conversation', () => {
  let there: Speaking
  let sources: PageViews
  const viewer = (person: string, admin = false, space = 'home'): Viewer => ({
    owner: { platform: 'room', space, person },
    asker: { admin, roles: [] },
    channel: { id: 'general', ageRestricted: false, direct: false, missing: [] },
    locale: 'en',
  })
  const promptsOf = async (who: Viewer, from = 0, limit = 10) => {
    const { entries, total } = await sources.recent(who, { from, limit })
    return { prompts: entries.map(({ job }) => job.request.prompt), total }
  }
  before(async () => {
    there = await speaking()
    const { scheduler, store, chat } = there.home
    sources = createPageViews({ scheduler, styles: twoStyles, blobs: store.blobs, contexts: chat.contexts })
    for (const n of [1, 2, 3]) await there.drawn('ann', `/animate boat ${n}`)
    await there.drawn('ann', '/animate a secret private:yes')
    await there.drawn('ann', '/animate something that breaks')
    await there.drawn('ann', '/animate elsewhere', { owner: { platform: 'room', space: 'away', person: 'ann' } })
    await there.drawn('bob', '/animate a bird')
  })
  after(() => there.home.close())

  test('the gallery has what is finished and shown to everybody there, newest first, and the own private ones', async () => {
    assert.deepEqual(await promptsOf(viewer('bob')), { prompts: ['a bird', 'boat 3', 'boat 2', 'boat 1'], total: 4 })
    assert.deepEqual((await promptsOf(viewer('ann'))).prompts, ['a bird', 'a secret', 'boat 3', 'boat 2', 'boat 1'])
    assert.deepEqual((await promptsOf(viewer('root', true))).prompts, ['a bird', 'boat 3', 'boat 2', 'boat 1'])
    assert.deepEqual((await promptsOf(viewer('bob'), 1, 2)).prompts, ['boat 3', 'boat 2'])
    assert.deepEqual(await promptsOf(viewer('bob', false, 'away')), { prompts: ['elsewhere'], total: 1 })
  })

  test('a file is given to who may see it', async () => {
    const jobs = there.home.scheduler.jobsOf({ platform: 'room', space: 'home', person: 'ann' }, { from: 0, limit: 10 }).jobs
    const find = (prompt: string) => jobs.find(({ request }) => request.prompt === prompt)!.id
    assert.ok(await sources.animation(viewer('bob'), find('boat 1')))
    assert.ok(await sources.animation(viewer('ann'), find('a secret')))
    for (const who of [viewer('bob'), viewer('root', true)]) assert.equal(await sources.animation(who, find('a secret')), undefined)
    assert.equal(await sources.animation(viewer('bob'), find('elsewhere')), undefined)
    assert.equal(await sources.animation(viewer('ann'), find('something that breaks')), undefined)
    assert.equal(await sources.animation(viewer('ann'), 'nonsense'), undefined)
  })

  test('styles come with the example that they have', async () => {
    assert.deepEqual(
      (await sources.styles(viewer('bob'))).map(({ name, pictured }) => ({ name, pictured })),
      [
        { name: 'anime', pictured: true },
        { name: 'sepia', pictured: true },
      ],
    )
    assert.ok(await sources.example(viewer('bob'), 'anime'))
    assert.equal(await sources.example(viewer('bob'), 'unknown'), undefined)
  })
})

// Queue, gallery and styles, as one viewer may see them.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createPageViews } from '../../../src/bot/page/page-views.ts'
import type { PageViews, Viewer } from '../../../src/chat/web/page-views.ts'
import { twoStyles } from '../../chat/test-chat.ts'
import { type CommandTester, createCommandTester } from '../../commands/command-tester.ts'

describe('what the page shows besides its conversation', () => {
  let tester: CommandTester
  let sources: PageViews
  const viewer = (person: string, admin = false, space = 'guild'): Viewer => ({
    owner: { platform: 'fake', space, person },
    asker: { admin, operator: admin, roles: [] },
    channel: { id: 'general', ageRestricted: false, direct: false, missing: [] },
    locale: 'en',
  })
  const ada = { id: 'ada-1', name: 'ada', drained: false, devices: [{ name: 'cpu', busy: false }] }
  const promptsOf = async (who: Viewer, from = 0, limit = 10) => {
    const { entries, total } = await sources.recent(who, { from, limit })
    return { prompts: entries.map(({ job }) => job.request.prompt), total }
  }
  before(async () => {
    tester = await createCommandTester()
    const { scheduler, store, chat } = tester.testChat
    sources = createPageViews({
      scheduler,
      styles: twoStyles,
      blobs: store.blobs,
      contexts: chat.contexts,
      gpuHosts: { list: () => [ada] },
    })
    for (const n of [1, 2, 3]) await tester.drawn('ann', `/animate boat ${n}`)
    await tester.drawn('ann', '/animate a secret private:yes')
    await tester.drawn('ann', '/animate something that breaks')
    await tester.drawn('ann', '/animate elsewhere', { owner: { platform: 'fake', space: 'away', person: 'ann' } })
    await tester.drawn('bob', '/animate a bird')
  })
  after(() => tester.testChat.close())

  test('the gallery has what is finished and shown to everybody there, newest first, and the own private ones', async () => {
    assert.deepEqual(await promptsOf(viewer('bob')), { prompts: ['a bird', 'boat 3', 'boat 2', 'boat 1'], total: 4 })
    assert.deepEqual((await promptsOf(viewer('ann'))).prompts, ['a bird', 'a secret', 'boat 3', 'boat 2', 'boat 1'])
    assert.deepEqual((await promptsOf(viewer('root', true))).prompts, ['a bird', 'boat 3', 'boat 2', 'boat 1'])
    assert.deepEqual((await promptsOf(viewer('bob'), 1, 2)).prompts, ['boat 3', 'boat 2'])
    assert.deepEqual(await promptsOf(viewer('bob', false, 'away')), { prompts: ['elsewhere'], total: 1 })
  })

  test('a file is given to who may see it', async () => {
    const jobs = tester.testChat.scheduler.jobsOf({ platform: 'fake', space: 'guild', person: 'ann' }, { from: 0, limit: 10 }).jobs
    const find = (prompt: string) => jobs.find(({ request }) => request.prompt === prompt)!.id
    assert.ok(await sources.animation(viewer('bob'), find('boat 1')))
    assert.ok(await sources.animation(viewer('ann'), find('a secret')))
    for (const who of [viewer('bob'), viewer('root', true)]) assert.equal(await sources.animation(who, find('a secret')), undefined)
    assert.equal(await sources.animation(viewer('bob'), find('elsewhere')), undefined)
    assert.equal(await sources.animation(viewer('ann'), find('something that breaks')), undefined)
    assert.equal(await sources.animation(viewer('ann'), 'nonsense'), undefined)
  })

  test('GPU hosts are shown to operators alone', () => {
    assert.deepEqual(sources.gpuHosts(viewer('bob')), [])
    assert.deepEqual(sources.gpuHosts(viewer('root', true)), [ada])
  })

  test('styles come with the example that they have', async () => {
    assert.deepEqual(
      (await sources.styles(viewer('bob'))).map(({ name, pictured }) => ({ name, pictured })),
      [
        { name: 'anime', pictured: true },
        { name: 'sepia', pictured: true },
      ],
    )
    const { scheduler, store, chat } = tester.testChat
    let reads = 0
    const picture = (name: string) => {
      reads++
      return twoStyles.picture(name)
    }
    const counted = { ...twoStyles, picture }
    const other = createPageViews({ scheduler, styles: counted, blobs: store.blobs, contexts: chat.contexts, gpuHosts: { list: () => [] } })
    for (let n = 0; n < 20; n++) await other.styles(viewer('bob'))
    assert.equal(reads, 2, 'each picture is looked at once, not once a call')
    assert.ok(await sources.example(viewer('bob'), 'anime'))
    assert.equal(await sources.example(viewer('bob'), 'unknown'), undefined)
  })
})

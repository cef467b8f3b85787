// View routes: queue, gallery and styles, and the files that they show.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createWeb, type PageViews, type Viewer, type Web } from '../../../../src/chat/web/index.ts'
import type { AnimationView, QueuedView, StyleView } from '../../../../src/chat/web/page-json.ts'
import { newJob } from '../../../../src/jobs/job.ts'
import type { AnimationRequest } from '../../../../src/jobs/request.ts'
import { openPageClient, type PageClient } from '../page-client.ts'
import { webOptions } from '../web-options.ts'

const request: AnimationRequest = {
  prompt: 'a red ball',
  negative: '',
  style: 'anime',
  width: 64,
  height: 32,
  frames: 8,
  fps: 8,
  steps: 8,
  guidance: 4,
  seed: '18446744073709551615',
  clipSkip: 1,
  format: 'gif',
}

/** One of ann's jobs, private or not. */
function jobOf(person: string, id: string) {
  return newJob({ request, owner: { platform: 'web', space: 'page', person }, address: null }, id, 1000)
}

describe('the views beside the chat', () => {
  let web: Web
  let [ann, bob]: PageClient[] = []
  const viewers: Viewer[] = []
  const bytes = new TextEncoder().encode('GIF89a')
  const own = (viewer: Viewer) => viewer.owner.person === ann!.me.person
  const views: PageViews = {
    async queue(viewer) {
      viewers.push(viewer)
      const [first, second] = [jobOf(ann!.me.person, 'one'), { ...jobOf(ann!.me.person, 'two'), state: 'running' as const }]
      return [
        { job: second, own: own(viewer), readable: own(viewer), mayCancel: own(viewer), leftMs: 9000 },
        { job: first, own: own(viewer), readable: true, mayCancel: own(viewer), ahead: 1 },
      ]
    },
    gpuHosts: ({ asker }) =>
      asker.operator ? [{ id: 'ada-1', name: 'ada', drained: false, devices: [{ name: 'cuda:0 NVIDIA L4', busy: true, job: 'one' }] }] : [],
    async recent(viewer, { from, limit }) {
      const entries = [{ job: jobOf(ann!.me.person, 'one'), own: own(viewer), kept: true, private: false, mayDelete: own(viewer) }]
      return { entries: entries.slice(from, from + limit), total: 1 }
    },
    animation: async (viewer, job) => (job === 'one' || (job === 'two' && own(viewer)) ? bytes : undefined),
    styles: async () => [
      { name: 'big eyes/50%', about: 'Big eyes', example: 'a cat', pictured: true },
      { name: 'plain', about: '', example: '', pictured: false },
    ],
    example: async (_viewer, style) => (style === 'big eyes/50%' ? bytes : undefined),
  }
  before(async () => {
    web = createWeb(webOptions({ views, adminToken: 'correct horse battery' }))
    const origin = await web.start({ receive: async () => {}, complete: async () => [] })
    ann = await openPageClient(origin)
    bob = await openPageClient(origin)
    await ann.call('POST', '/api/name', { name: 'Ann' })
  })
  after(() => web.stop())
  const get = async <T>(client: PageClient | undefined, path: string) => (await (await client!.call('GET', path)).json()) as T

  it('the queue says whose turn it is; words are told to those who may read them', async () => {
    const [drawing, waiting] = await get<QueuedView[]>(bob, '/api/queue')
    assert.deepEqual(drawing, { job: 'two', state: 'running', own: false, by: 'Ann', leftMs: 9000, mayCancel: false })
    assert.partialDeepStrictEqual(waiting, { prompt: 'a red ball', style: 'anime', ahead: 1, mayCancel: false })
    assert.deepEqual(
      (await get<QueuedView[]>(ann, '/api/queue')).map(({ prompt, mayCancel }) => ({ prompt, mayCancel })),
      [
        { prompt: 'a red ball', mayCancel: true },
        { prompt: 'a red ball', mayCancel: true },
      ],
    )
  })

  it('GPU hosts are told to whom the views give them, without what they draw', async () => {
    await bob!.call('POST', '/api/sign-in', { token: 'correct horse battery' })
    assert.deepEqual(await get(bob, '/api/hosts'), [
      { id: 'ada-1', name: 'ada', drained: false, devices: [{ name: 'cuda:0 NVIDIA L4', busy: true }] },
    ])
    await bob!.call('POST', '/api/sign-out')
    assert.deepEqual(await get(bob, '/api/hosts'), [])
  })

  it('who signed in with the token is asked for as admin and operator, until they sign out', async () => {
    const asker = async () => {
      await get(bob, '/api/queue')
      return viewers.at(-1)!.asker
    }
    await bob!.call('POST', '/api/sign-in', { token: 'correct horse battery' })
    assert.deepEqual(await asker(), { admin: true, operator: true, roles: [] })
    await bob!.call('POST', '/api/sign-out')
    assert.deepEqual(await asker(), { admin: false, operator: false, roles: [] })
  })

  it('the gallery gives animations with what draws them again, and their files to whom the views give them', async () => {
    const { total, animations } = await get<{ total: number; animations: AnimationView[] }>(bob, '/api/animations')
    assert.equal(total, 1)
    assert.deepEqual(animations[0], {
      job: 'one',
      own: false,
      by: 'Ann',
      prompt: 'a red ball',
      style: 'anime',
      seed: '18446744073709551615',
      atMs: 1000,
      kept: true,
      private: false,
      picture: { url: '/animations/one.gif', format: 'gif', width: 64, height: 32, alt: 'a red ball' },
      facts: [
        { label: 'Style', value: 'anime' },
        { label: 'Seed', value: '18446744073709551615' },
        { label: 'Size', value: '64 × 32' },
        { label: 'Frames', value: '8 at 8 a second' },
        { label: 'Steps', value: '8' },
        { label: 'Guidance', value: '4' },
        { label: 'File', value: 'gif' },
        { label: 'clipSkip', value: '1' },
      ],
      mayDelete: false,
    })
    const file = await bob!.call('GET', animations[0]!.picture.url)
    assert.deepEqual(
      { status: file.status, 'content-type': file.headers.get('content-type'), text: await file.text() },
      { status: 200, 'content-type': 'image/gif', text: 'GIF89a' },
    )
    assert.equal((await ann!.call('GET', '/animations/two.gif')).status, 200)
    for (const path of ['/animations/two.gif', '/animations/three.gif', '/animations/one.html', '/animations/..%2fone.gif']) {
      assert.equal((await bob!.call('GET', path)).status, 404, path)
    }
    assert.deepEqual((await get<{ animations: [] }>(bob, '/api/animations?from=24')).animations, [])
    assert.equal((await get<{ total: number }>(bob, '/api/animations?from=-1e9')).total, 1)
  })

  it('styles come with their examples, whatever they are called', async () => {
    const [style, plain] = await get<StyleView[]>(bob, '/api/styles')
    assert.equal((await bob!.call('GET', style!.picture!)).status, 200)
    assert.equal(plain!.picture, undefined)
    assert.equal((await bob!.call('GET', '/examples/nothing')).status, 404)
  })
})

// Event stream: what comes while the page is open, and what is made up for after a break.

import assert from 'node:assert/strict'
import { request } from 'node:http'
import { afterEach, describe, it } from 'node:test'
import type { Posted } from '../../../../src/chat/contract/platform.ts'
import { createRateLimit } from '../../../../src/chat/web/http/rate-limit.ts'
import { createWeb, type Web } from '../../../../src/chat/web/index.ts'
import type { ShownMessage } from '../../../../src/chat/web/page-json.ts'
import { createStreamPlaces } from '../../../../src/chat/web/routes/stream-places.ts'
import { createConversationStore } from '../../../../src/chat/web/storage/conversation-store.ts'
import { openPageDatabase } from '../../../../src/chat/web/storage/page-database.ts'
import { createPictureStore } from '../../../../src/chat/web/storage/picture-store.ts'
import { omitUndefined } from '../../../../src/omit-undefined.ts'
import { openPageClient, type PageClient } from '../page-client.ts'
import { webOptions } from '../web-options.ts'

describe('the stream of events', () => {
  let web: Web
  const open: AbortController[] = []
  afterEach(async () => {
    for (const one of open.splice(0)) one.abort()
    await web.stop()
  })

  /** Responds to what is received by posting its text, to everybody or to the asker. */
  async function serve(): Promise<string> {
    web = createWeb(webOptions())
    return web.start({
      async receive(incoming) {
        const text = incoming.kind === 'text' ? incoming.text : ''
        await web.post(incoming.address, { audience: text.startsWith('private') ? 'asker' : 'everyone', tone: 'plain', text })
      },
      complete: async () => [],
    })
  }

  /** Reads events until `enough` says so; gives them and the last id. */
  async function listen(client: PageClient, after: string, enough: (events: readonly ServerEvent[]) => boolean) {
    const stop = new AbortController()
    open.push(stop)
    const origin = web.trouble() ?? ''
    assert.equal(origin, '')
    const response = await client.call('GET', '/api/events', undefined, after ? { 'last-event-id': after } : {})
    assert.match(response.headers.get('content-type')!, /^text\/event-stream/)
    const events: ServerEvent[] = []
    let text = ''
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    while (!enough(events)) {
      const { value, done } = await reader.read()
      if (done) break
      text += value
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const event = eventOf(text.slice(0, end))
        if (event) events.push(event)
        text = text.slice(end + 2)
      }
    }
    await reader.cancel()
    return { events, last: events.findLast(({ id }) => id !== undefined)?.id ?? after }
  }
  const texts = (events: readonly ServerEvent[]) =>
    events.flatMap(({ message }) => (message ? [message.body?.kind === 'answer' ? message.body.text : (message.body?.kind ?? 'gone')] : []))
  const until = (text: string) => (events: readonly ServerEvent[]) => texts(events).includes(text)
  const say = (client: PageClient, text: string) => client.say({ kind: 'text', text, silent: true })

  it('tells the whole conversation first, then what changes; each person what they may see', async () => {
    const origin = await serve()
    const [ann, bob] = [await openPageClient(origin), await openPageClient(origin)]
    await say(ann, 'one')
    await say(ann, 'private two')
    const reading = listen(bob, '', until('three'))
    await say(ann, 'three')
    const { events } = await reading
    assert.equal(events[0]!.name, 'reset')
    assert.deepEqual(texts(events), ['one', 'three'])
    assert.deepEqual(texts((await listen(ann, '', until('three'))).events), ['one', 'private two', 'three'])
  })

  it('goes on where a browser stopped: what was changed and taken away meanwhile, and nothing else', async () => {
    const origin = await serve()
    const ann = await openPageClient(origin)
    for (const text of ['one', 'two', 'three']) await say(ann, text)
    const { last } = await listen(ann, '', (events) => events.some(({ name }) => name === 'caught-up'))
    const [one, two] = await ann.replies()
    const postedOf = ({ message }: ShownMessage): Posted => ({ handle: { message }, messages: [message] })
    await web.edit(postedOf(one!), { audience: 'everyone', tone: 'plain', text: 'one, edited' })
    await web.edit(postedOf(one!), { audience: 'everyone', tone: 'plain', text: 'one, edited twice' })
    await web.remove(postedOf(two!))
    const { events } = await listen(ann, last, (all) => all.length === 2)
    assert.deepEqual(texts(events), ['one, edited twice', 'gone'])
    assert.ok(events.every(({ name }) => name === 'message'))
  })

  it('begins anew for a browser that remembers another file, or was away for too much', async () => {
    const origin = await serve()
    const ann = await openPageClient(origin)
    await say(ann, 'one')
    const caughtUp = (events: readonly ServerEvent[]) => events.some(({ name }) => name === 'caught-up')
    for (const after of ['00000000-1', 'nonsense', '999999999']) assert.equal((await listen(ann, after, caughtUp)).events[0]!.name, 'reset')
    const { last } = await listen(ann, '', caughtUp)
    for (let n = 0; n < 70; n++) await say(ann, `more ${n}`)
    const { events } = await listen(ann, last, caughtUp)
    assert.equal(events[0]!.name, 'reset')
    assert.equal(texts(events).length, 60, 'the newest of them')
    assert.equal(texts(events).at(-1), 'more 69')
  })

  it('takes no place for what is only asked for its head, or closed before it was read', async () => {
    const origin = await serve()
    const ann = await openPageClient(origin)
    for (let n = 0; n < 12; n++) assert.equal((await ann.call('HEAD', '/api/events')).status, 405)
    const { hostname: host, port } = new URL(origin)
    const hangUp = () =>
      new Promise<void>((resolve, reject) => {
        const call = request({ host, port, path: '/api/events', headers: { cookie: ann.cookies() } })
        call.once('socket', (socket) => socket.once('connect', () => setImmediate(() => socket.resetAndDestroy())))
        call.once('close', resolve)
        call.once('error', () => resolve())
        call.once('response', reject)
        call.end()
      })
    for (let n = 0; n < 30; n++) await hangUp()
    await new Promise((resolve) => setTimeout(resolve, 200))
    assert.equal((await listen(ann, '', (events) => events.length > 0)).events[0]!.name, 'reset')
  })

  it('is open sixty times at most for one address, whoever the people say they are', async () => {
    const origin = await serve()
    const places = createStreamPlaces(100)
    const open = (person: number, source: string) =>
      places.take([
        { key: `person ${person}`, most: 12 },
        { key: `source ${source}`, most: 60 },
      ])
    const taken = Array.from({ length: 70 }, (_, person) => open(person, 'a')).filter((one) => one !== undefined)
    assert.equal(taken.length, 60)
    assert.ok(open(71, 'b'), 'others have theirs')
    for (const giveBack of [...taken, ...taken]) giveBack()
    assert.equal(Array.from({ length: 70 }, (_, person) => open(person, 'a')).filter((one) => one !== undefined).length, 60)
    assert.equal((await fetch(`${origin}/api/events`)).status, 401)
  })

  it('is open twelve times at most for one person', async () => {
    const origin = await serve()
    const ann = await openPageClient(origin)
    const streams = await Promise.all(Array.from({ length: 12 }, () => ann.call('GET', '/api/events')))
    assert.equal((await ann.call('GET', '/api/events')).status, 429)
    const bob = await openPageClient(origin)
    assert.equal((await listen(bob, '', (events) => events.length > 0)).events[0]!.name, 'reset')
    await Promise.all(streams.map(({ body }) => body!.cancel()))
  })
})

interface ServerEvent {
  readonly name: string
  readonly id?: string
  readonly message?: ShownMessage
}

function eventOf(text: string): ServerEvent | undefined {
  const fields = Object.fromEntries(text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]))
  const { event: name, id, data } = fields
  if (!name) return undefined
  return { name, ...omitUndefined({ id }), ...(name === 'message' && { message: JSON.parse(data!) as ShownMessage }) }
}

describe('the conversation on disk', () => {
  it('what is older than is kept goes, its pictures with it, and browsers that were away begin anew', () => {
    const database = openPageDatabase(':memory:')
    const conversation = createConversationStore(database)
    const entry = (atMs: number, text: string) =>
      conversation.post({ reader: undefined, asker: 'ann', event: `event${atMs}`, atMs, body: { kind: 'said', text } })
    const old = entry(1000, 'old')
    entry(5000, 'new')
    conversation.prune(2000)
    assert.deepEqual(
      conversation.since('ann', old.revision, 10).rows.map(({ body }) => body?.kind),
      ['said', undefined],
    )
    conversation.prune(2000)
    assert.equal(conversation.since('ann', old.revision, 10).reset, true, 'what was taken away has been forgotten, too')
    assert.deepEqual(
      conversation.before('ann', Number.MAX_SAFE_INTEGER, 10).map(({ body }) => body),
      [{ kind: 'said', text: 'new' }],
    )
    assert.equal(database.sql.prepare('SELECT count(*) AS n FROM messages').get()!['n'], 1)
    database.close()
  })
})

describe('what is kept of a person', () => {
  const limits = { person: { messages: 20, bytes: 100_000 }, all: { messages: 50, bytes: 400_000 } }
  const said = (text: string) => ({ kind: 'said', text }) as const
  function openStore() {
    const database = openPageDatabase(':memory:')
    const [conversation, pictures] = [createConversationStore(database, limits), createPictureStore(database)]
    let atMs = 0
    const post = (asker: string, text: string) => {
      const row = conversation.post({ reader: asker, asker, event: `event${atMs}`, atMs: atMs++, body: said(text) })
      conversation.trim(asker)
      return row
    }
    const count = (table: string) => Number(database.sql.prepare(`SELECT count(*) AS n FROM ${table}`).get()!['n'])
    return { database, conversation, pictures, post, count }
  }

  it('is so many messages: the oldest go, those of others stay, and browsers that were away begin anew', () => {
    const { conversation, post, count, database } = openStore()
    const [first] = [post('ann', 'ann 0'), post('bob', 'bob')]
    for (let n = 1; n <= 100; n++) post('ann', `ann ${n}`)
    assert.ok(count('messages') <= 21, `${count('messages')}`)
    const texts = (person: string) =>
      conversation.before(person, Number.MAX_SAFE_INTEGER, 99).map(({ body }) => body?.kind === 'said' && body.text)
    assert.equal(texts('ann').at(-1), 'ann 100')
    assert.ok(texts('ann').length >= 18, `${texts('ann')}`)
    assert.deepEqual(texts('bob'), ['bob'])
    assert.equal(conversation.since('ann', first.revision, 99).reset, true)
    database.close()
  })

  it('is so many bytes, with the pictures, which go with their messages', () => {
    const { conversation, pictures, post, count, database } = openStore()
    for (let n = 0; n < 19; n++) {
      const { sequence } = post('ann', `ann ${n}`)
      const name = pictures.keep({ reader: 'ann', bytes: new Uint8Array(20_000).fill(n), mediaType: 'image/webp' })
      pictures.assign(sequence, [name])
      conversation.trim('ann')
    }
    assert.equal(count('messages'), 4)
    assert.equal(count('pictures'), 4)
    post('ann', 'x'.repeat(200_000))
    assert.equal(count('messages'), 1, 'the newest stays, however large')
    assert.equal(count('pictures'), 0)
    database.close()
  })

  it('is so much of all together, however many people they are', () => {
    const { conversation, post, count, database } = openStore()
    for (let n = 0; n < 300; n++) post(`guest${n}`, `line ${n}`)
    conversation.trim()
    assert.ok(count('messages') <= 50 && count('messages') >= 44, `${count('messages')}`)
    assert.equal(conversation.before('guest299', Number.MAX_SAFE_INTEGER, 9).length, 1)
    database.close()
  })

  it('is found without going through what others alone can read', () => {
    const { conversation, database } = openStore()
    database.sql.exec('BEGIN')
    for (let n = 0; n < 30_000; n++)
      conversation.post({ reader: `p${n % 50}`, asker: `p${n % 50}`, event: `e${n}`, atMs: n, body: said('words') })
    database.sql.exec('COMMIT')
    const before = process.cpuUsage()
    for (let n = 0; n < 20; n++) {
      assert.deepEqual(conversation.before('guest', Number.MAX_SAFE_INTEGER, 60), [])
      assert.deepEqual(conversation.since('guest', 5, 60), { reset: false, rows: [] })
    }
    const { user, system } = process.cpuUsage(before)
    assert.ok(user + system < 50_000, `${user + system} µs of CPU for forty looks`)
    database.close()
  })
})

describe('a rate limit', () => {
  it('lets as many through at once as it holds, then evenly, for each key alone', () => {
    const limit = createRateLimit(3, 3000)
    assert.deepEqual(
      [0, 0, 0, 0].map((now) => limit.take('a', now)),
      [0, 0, 0, 1000],
    )
    assert.equal(limit.take('b', 0), 0)
    assert.equal(limit.take('a', 999), 1)
    assert.equal(limit.take('a', 1000), 0)
    assert.equal(limit.take('a', 1000), 1000)
    assert.deepEqual([limit.take('a', 9000), limit.take('a', 9000), limit.take('a', 9000), limit.take('a', 9000)], [0, 0, 0, 1000])
  })
})

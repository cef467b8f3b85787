// Request guard: hosts, origins, sessions, sizes and rates of calls.

import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, it } from 'node:test'
import type { Incoming } from '../../../../src/chat/contract/incoming.ts'
import { createWeb, type Web } from '../../../../src/chat/web/index.ts'
import { newEvent, openPageClient, type PageClient } from '../page-client.ts'
import { serving, silent, webOptions } from '../web-options.ts'

describe('who may call the page', () => {
  let web: Web
  let origin: string
  let ann: PageClient
  const received: Incoming[] = []
  before(async () => {
    web = createWeb(webOptions({ adminToken: 'correct horse battery' }))
    origin = await web.start({ receive: async (incoming) => void received.push(incoming), complete: async () => [] })
    ann = await openPageClient(origin)
  })
  after(() => web.stop())

  it('a name that was pointed at this machine is refused, also for reading', async () => {
    const { port } = new URL(origin)
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', '169.254.169.254']) {
      assert.equal(await rawCall(origin, '/', 'GET', { host }), 421, host)
    }
    for (const host of [`localhost:${port}`, '127.0.0.1', `[::1]:${port}`, 'LocalHost']) {
      assert.equal(await rawCall(origin, '/', 'GET', { host }), 200, host)
    }
  })

  it('another site changes nothing: calls need our own origin', async () => {
    const before = received.length
    const refused: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin },
      { 'sec-fetch-site': 'none' },
    ]
    for (const headers of refused) {
      const response = await ann.call(
        'POST',
        '/api/say',
        { kind: 'text', event: newEvent(), locale: 'en', text: 'help' },
        { origin: '', ...headers },
      )
      assert.equal(response.status, 403, JSON.stringify(headers))
    }
    const form = await ann.call('POST', '/api/say', 'kind=text', { 'content-type': 'application/x-www-form-urlencoded' })
    assert.equal(form.status, 415)
    assert.equal(received.length, before)
  })

  it('nobody acts without a cookie that we signed', async () => {
    const forged = ann.cookies().replace(/\.[\w-]+/, `.${'A'.repeat(43)}`)
    const other = ann.cookies().replace(/=[0-9a-f]{20}/, `=${'0'.repeat(20)}`)
    for (const cookie of ['', forged, other]) {
      const body = { kind: 'text', event: newEvent(), locale: 'en', text: 'help' }
      assert.equal((await ann.call('POST', '/api/say', body, { cookie })).status, 401)
      assert.equal((await ann.call('GET', '/api/messages', undefined, { cookie })).status, 401)
    }
  })

  it('cookies are out of reach for scripts and other sites', async () => {
    const cookies = (await fetch(`${origin}/api/hello`, { method: 'POST', headers: { origin } })).headers.getSetCookie()
    assert.equal(cookies.length, 1)
    assert.match(cookies[0]!, /; HttpOnly/)
    assert.match(cookies[0]!, /; SameSite=Strict/)
  })

  it('every response forbids scripts that are not ours, frames and guessing of types', async () => {
    for (const path of ['/', '/page/main.js', '/api/messages', '/nothing']) {
      const { headers } = await ann.call('GET', path)
      assert.match(headers.get('content-security-policy')!, /default-src 'none'; script-src 'self'; style-src 'self'/)
      assert.match(headers.get('content-security-policy')!, /frame-ancestors 'none'/)
      assert.ok(!headers.get('content-security-policy')!.includes('unsafe'))
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
    }
    const html = await (await ann.call('GET', '/')).text()
    assert.ok(!/<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=/.test(html), 'no script or style stands in the page itself')
  })

  it('the token makes an admin of this browser, until it signs out', async () => {
    const asker = async () => {
      await ann.say({ kind: 'text', text: 'queue' })
      return received.at(-1)!.asker
    }
    assert.equal((await asker()).admin, false)
    assert.equal((await ann.call('POST', '/api/sign-in', { token: 'correct horse' })).status, 403)
    assert.equal((await asker()).admin, false)
    assert.equal((await ann.call('POST', '/api/sign-in', { token: 'correct horse battery' })).status, 200)
    assert.equal((await asker()).admin, true)
    const bob = await openPageClient(origin)
    const stolen = { cookie: `${bob.cookies()}; ${ann.cookies().split('; ').at(-1)}` }
    const hello = await (await bob.call('POST', '/api/hello', undefined, stolen)).json()
    assert.equal((hello as { admin: boolean }).admin, false, 'the sign-in of one browser is of no use in another')
    await ann.call('POST', '/api/sign-out')
    assert.equal((await asker()).admin, false)
  })

  it('a name is cleaned, shown with what is said, and may be taken back', async () => {
    const bob = await openPageClient(origin)
    await bob.call('POST', '/api/name', { name: '  Bob\u202e<b>\n ' })
    await bob.say({ kind: 'text', text: 'queue' })
    assert.equal(received.at(-1)!.name, 'Bob <b>')
    await bob.call('POST', '/api/name', { name: '' })
    await bob.say({ kind: 'text', text: 'queue' })
    assert.match(received.at(-1)!.name, /^Guest [0-9a-f]{4}$/)
  })
})

describe('limits of the page', () => {
  it('five wrong tokens are the most within ten minutes, also with the right one after them', async () => {
    let nowMs = 1_000_000
    await serving({ adminToken: 'secret', now: () => nowMs }, silent, async (origin) => {
      const ann = await openPageClient(origin)
      const tries: number[] = []
      for (let i = 0; i < 6; i++) tries.push((await ann.call('POST', '/api/sign-in', { token: `wrong${i}` })).status)
      assert.deepEqual(tries, [403, 403, 403, 403, 403, 429])
      assert.equal((await ann.call('POST', '/api/sign-in', { token: 'secret' })).status, 429)
      nowMs += 10 * 60_000
      assert.equal((await ann.call('POST', '/api/sign-in', { token: 'secret' })).status, 200)
    })
  })

  it('guesses of strangers, from however many addresses, keep nobody out who comes from another with the right token', async () => {
    await serving({ adminToken: 'secret', host: '0.0.0.0', hosts: ['127.0.0.1'] }, silent, async (origin) => {
      const guesses: Promise<number>[] = []
      for (let n = 0; n < 120; n++) guesses.push(signIn(origin, `wrong${n}`, `127.0.1.${n % 40}`))
      const statuses = await Promise.all(guesses)
      assert.ok(statuses.includes(403) && statuses.includes(429) && !statuses.includes(200), `${statuses}`)
      assert.equal(await signIn(origin, 'secret', '127.0.0.77'), 200)
    })
  })

  it('once many guess, an address that comes new has one guess, and after it waits', async () => {
    await serving({ adminToken: 'secret' }, silent, async (origin) => {
      for (let n = 0; n < 60; n++) await signIn(origin, 'wrong', `127.0.1.${Math.floor(n / 5)}`)
      assert.equal(await signIn(origin, 'wrong', '127.0.0.88'), 403)
      assert.equal(await signIn(origin, 'wrong', '127.0.0.88'), 429)
    })
  })

  it('a browser that has given the token before is not kept out by guesses from its own address', async () => {
    await serving({ adminToken: 'secret' }, silent, async (origin) => {
      const [operator, stranger] = [await openPageClient(origin), await openPageClient(origin)]
      assert.equal((await operator.call('POST', '/api/sign-in', { token: 'secret' })).status, 200)
      await operator.call('POST', '/api/sign-out')
      for (let n = 0; n < 9; n++) await stranger.call('POST', '/api/sign-in', { token: `wrong${n}` })
      assert.equal((await stranger.call('POST', '/api/sign-in', { token: 'secret' })).status, 429)
      assert.equal((await operator.call('POST', '/api/sign-in', { token: 'secret' })).status, 200)
    })
  })

  it('behind a proxy that says for whom it calls each of those has limits of their own, and the header alone makes nobody another', async () => {
    const guess = (client: PageClient, forwarded: string) =>
      client.call('POST', '/api/sign-in', { token: 'wrong' }, { 'x-forwarded-for': forwarded }).then(({ status }) => status)
    for (const trustProxy of [true, false]) {
      await serving({ adminToken: 'secret', trustProxy }, silent, async (origin) => {
        const ann = await openPageClient(origin)
        for (let n = 0; n < 5; n++) assert.equal(await guess(ann, `198.51.100.${n}, 203.0.113.5`), 403)
        assert.equal(await guess(ann, '203.0.113.5'), 429)
        assert.equal(await guess(ann, '203.0.113.6'), trustProxy ? 403 : 429)
      })
    }
  })

  it('a clock that is set back lets people go on at once, and one that guesses no sooner', async () => {
    let nowMs = 10_000_000
    await serving({ callsPerMinute: 60, adminToken: 'secret', now: () => nowMs }, silent, async (origin) => {
      const ann = await openPageClient(origin)
      for (let n = 0; n < 30; n++) await ann.say({ kind: 'text', text: 'help' })
      nowMs -= 3600_000
      assert.equal((await ann.say({ kind: 'text', text: 'help' })).status, 202)
      for (let n = 0; n < 5; n++) await ann.call('POST', '/api/sign-in', { token: 'wrong' })
      nowMs -= 3600_000
      assert.equal((await ann.call('POST', '/api/sign-in', { token: 'wrong' })).status, 429)
      nowMs += 10 * 60_000
      assert.equal((await ann.call('POST', '/api/sign-in', { token: 'secret' })).status, 200)
    })
  })

  it('reading is limited too, but for the files of the page itself', async () => {
    let nowMs = 1_000_000
    await serving({ callsPerMinute: 3, now: () => nowMs }, silent, async (origin) => {
      const ann = await openPageClient(origin)
      const read = async (path: string) => (await ann.call('GET', path)).status
      const statuses = await Promise.all(Array.from({ length: 31 }, () => read('/api/messages')))
      assert.equal(statuses.filter((status) => status === 200).length, 30)
      for (const path of [
        '/api/queue',
        '/api/animations',
        '/api/styles',
        '/api/events',
        '/animations/a.webp',
        '/pictures/a',
        '/examples/a',
      ])
        assert.equal(await read(path), 429, path)
      assert.equal(await read('/'), 200)
      assert.equal(await read('/page/main.js'), 200)
      nowMs += 60_000
      assert.equal(await read('/api/messages'), 200)
    })
  })

  it('so many browsers of one address become new people in an hour, and those that are known stay so', async () => {
    let nowMs = 1_000_000
    await serving({ callsPerMinute: 4, now: () => nowMs }, silent, async (origin) => {
      const hello = () => fetch(`${origin}/api/hello`, { method: 'POST', headers: { origin } })
      const ann = await openPageClient(origin)
      for (let n = 0; n < 3; n++) assert.equal((await hello()).status, 200)
      nowMs += 60_000
      const refused = await hello()
      assert.equal(refused.status, 429)
      assert.match(await refused.text(), /too-many-guests/)
      assert.equal((await ann.call('POST', '/api/hello')).status, 200)
    })
  })

  it('HEAD is answered for files alone', async () => {
    await serving({}, silent, async (origin) => {
      const ann = await openPageClient(origin)
      for (const path of ['/', '/page/main.js']) assert.equal((await ann.call('HEAD', path)).status, 200)
      for (const path of [
        '/api/events',
        '/api/messages',
        '/api/queue',
        '/api/animations',
        '/api/styles',
        '/api/house',
        '/animations/a.webp',
      ]) {
        const { status, headers } = await ann.call('HEAD', path)
        assert.equal(status, 405, path)
        assert.equal(headers.get('allow'), 'GET')
      }
    })
  })

  it('too many calls are refused with the wait, and let through after it', async () => {
    let nowMs = 1_000_000
    await serving({ callsPerMinute: 3, now: () => nowMs }, silent, async (origin) => {
      const ann = await openPageClient(origin)
      const say = () => ann.say({ kind: 'text', text: 'help' })
      const statuses = [(await say()).status, (await say()).status, (await say()).status]
      assert.deepEqual(statuses, [202, 202, 202])
      const refused = await say()
      assert.equal(refused.status, 429)
      nowMs += Number(refused.headers.get('retry-after')) * 1000
      assert.equal((await say()).status, 202)
    })
  })

  it('a body of more than 64 KiB is refused before it is read', async () => {
    await serving({}, silent, async (origin) => {
      const ann = await openPageClient(origin)
      const response = await ann.say({ kind: 'text', text: 'x'.repeat(70_000) })
      assert.equal(response.status, 413)
    })
  })

  it('without a token nobody can sign in', async () => {
    await serving({}, silent, async (origin) => {
      const ann = await openPageClient(origin)
      assert.equal((await ann.call('POST', '/api/sign-in', { token: 'undefined' })).status, 404)
    })
  })

  it('does not listen for others unless their name for it is known', async () => {
    const web = createWeb(webOptions({ host: '0.0.0.0' }))
    await assert.rejects(web.start(silent), { code: 'web-hosts-missing' })
    await web.stop()
    await serving({ host: '0.0.0.0', hosts: ['zoetrope.example'] }, silent, async (origin, served) => {
      assert.equal(new URL(origin).hostname, 'zoetrope.example')
      const local = `http://127.0.0.1:${new URL(origin).port}`
      assert.equal(await rawCall(local, '/', 'GET', { host: 'zoetrope.example' }), 200)
      assert.equal(await rawCall(local, '/', 'GET', { host: 'other.example' }), 421)
      assert.equal(served.trouble(), undefined)
    })
  })

  it('a port that is taken is said, with what mends it', async () => {
    await serving({}, silent, async (origin) => {
      const second = createWeb(webOptions({ port: Number(new URL(origin).port) }))
      await assert.rejects(second.start(silent), { code: 'web-port-taken' })
      assert.ok(second.trouble())
      await second.stop()
    })
  })
})

/** From another address: on Linux all of 127/8 is this machine. */
async function signIn(origin: string, token: string, localAddress: string): Promise<number> {
  const post = (path: string, cookie: string, body: unknown) =>
    new Promise<{ status: number; cookie: string }>((resolve, reject) => {
      const headers = { origin: new URL(origin).origin, cookie, 'content-type': 'application/json' }
      const { hostname: host, port } = new URL(origin)
      const call = request({ host, port, path, method: 'POST', localAddress, headers }, (response) => {
        response.resume()
        const cookies = (response.headers['set-cookie'] ?? []).map((one) => one.split(';')[0]!)
        resolve({ status: response.statusCode!, cookie: cookies.join('; ') })
      })
      call.once('error', reject)
      call.end(JSON.stringify(body))
    })
  const { cookie } = await post('/api/hello', '', {})
  return (await post('/api/sign-in', cookie, { token })).status
}

/** With headers that fetch would not let through. */
function rawCall(origin: string, path: string, method: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(new URL(path, origin), { method, headers }, (response) => {
      response.resume()
      resolve(response.statusCode!)
    })
    call.once('error', reject)
    call.end()
  })
}

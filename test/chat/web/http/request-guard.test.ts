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

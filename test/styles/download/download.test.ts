import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { UserError } from '../../../src/errors.ts'
import { createDownload } from '../../../src/styles/download/download.ts'
import { openTestStyles, withBuiltIn } from '../test-styles.ts'
import { startHttpsServer } from './https-server.ts'

const file = Buffer.from('a file of somebody'.repeat(1000))

/** What a path does is its name. */
const server = await startHttpsServer((path, response, call) => {
  const { pathname, searchParams } = new URL(path, 'https://x')
  const to = searchParams.get('to')
  if (to !== null) return void response.writeHead(302, { location: to, 'set-cookie': 'session=1' }).end()
  switch (pathname) {
    case '/loop':
      return void response.writeHead(302, { location: '/loop' }).end()
    case '/missing':
      return void response.writeHead(404).end('not here')
    case '/gated':
      return void response.writeHead(403).end()
    case '/broken':
      return void response.writeHead(500).end()
    case '/claims-much':
      return void response.writeHead(200, { 'content-length': '1000000' }).end()
    case '/cut':
      response.writeHead(200, { 'content-length': '100000' })
      return void response.write(file.subarray(0, 100), () => call.socket.destroy())
    case '/silent':
      return
    case '/stalls':
      return void response.write(file.subarray(0, 100))
    case '/endless': {
      const more = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(65_536), () => setImmediate(more))
      }
      return more()
    }
    default:
      return void response.end(file)
  }
})
const folder = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-download-'))
const to = join(folder, 'file')
after(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

async function refused(call: Promise<unknown>): Promise<UserError> {
  const error = await call.then(
    () => assert.fail('was not refused'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof UserError, String(error))
  rmSync(to, { force: true })
  return error
}

const limits = { maxBytes: 100_000 }

describe('a download', () => {
  test('arrives whole, with its digest', async () => {
    const { bytes, sha256 } = await server.download()('https://huggingface.co/ok', to, limits)
    assert.deepEqual({ bytes, sha256 }, { bytes: file.length, sha256: createHash('sha256').update(file).digest('hex') })
    assert.deepEqual(readFileSync(to), file)
    rmSync(to)
  })

  test('follows to the CDN, and carries nothing there: no cookie, no referrer, no authorization', async () => {
    server.calls.length = 0
    await server.download()('https://huggingface.co/a?to=https://us.aws.cdn.hf.co/ok', to, limits)
    assert.deepEqual(
      server.calls.map(({ host }) => host),
      ['huggingface.co', 'us.aws.cdn.hf.co'],
    )
    for (const { headers } of server.calls)
      assert.deepEqual(Object.keys(headers).sort(), ['accept', 'accept-encoding', 'connection', 'host', 'user-agent'])
    rmSync(to)
  })

  test('says what the other side answered', async () => {
    for (const [path, code] of [
      ['missing', 'download-missing'],
      ['gated', 'download-gated'],
      ['broken', 'download-status'],
      ['cut', 'download-failed'],
    ] as const) {
      assert.equal((await refused(server.download()(`https://huggingface.co/${path}`, to, limits))).code, code)
    }
  })

  test('is given up when nothing comes, and when it takes too long in all', async () => {
    assert.equal((await refused(server.download({ idleMs: 100 })('https://huggingface.co/silent', to, limits))).code, 'download-too-slow')
    assert.equal((await refused(server.download({ idleMs: 100 })('https://huggingface.co/stalls', to, limits))).code, 'download-too-slow')
    assert.equal(
      (await refused(server.download({ timeoutMs: 200 })('https://huggingface.co/stalls', to, limits))).code,
      'download-too-slow',
    )
  })

  test('ends with the reason of who called it off', async () => {
    const off = new AbortController()
    const download = server.download()('https://huggingface.co/stalls', to, { ...limits, signal: off.signal })
    off.abort(new Error('enough'))
    await assert.rejects(download, /enough/)
    rmSync(to, { force: true })
  })

  test('resolves a name once, and connects to the address that was vetted whatever the name says later', async () => {
    const answers = [['127.0.0.1'], ['127.0.0.2']]
    let asked = 0
    const rebinding = server.download({ resolve: async () => answers[asked++]! })
    await rebinding('https://huggingface.co/ok', to, limits)
    assert.equal(asked, 1)
    rmSync(to)
  })

  test('by default goes nowhere near this machine', async () => {
    server.calls.length = 0
    const error = await refused(
      createDownload({ reach: server.reach, resolve: async () => ['127.0.0.1'] })('https://huggingface.co/ok', to, limits),
    )
    assert.equal(error.code, 'url-address')
    assert.equal(server.calls.length, 0)
  })
})

/** Each with how its name resolves. */
const hostile: readonly { readonly named: string; readonly url: string; readonly addresses?: readonly string[]; readonly code: string }[] =
  [
    { named: 'not https', url: 'http://huggingface.co/ok', code: 'url-not-https' },
    { named: 'another port', url: 'https://huggingface.co:8443/ok', code: 'url-port' },
    { named: 'a password before the host', url: 'https://huggingface.co@evil.example/ok', code: 'url-with-password' },
    { named: 'a host that looks like one on the list', url: 'https://huggingface.co.evil.example/ok', code: 'url-host' },
    { named: 'an address instead of a name', url: 'https://127.0.0.1/ok', code: 'url-host' },
    { named: 'a name that leads to this host', url: 'https://huggingface.co/ok', addresses: ['127.0.0.53'], code: 'url-address' },
    {
      named: "a name that leads to the cloud's metadata",
      url: 'https://huggingface.co/ok',
      addresses: ['169.254.169.254'],
      code: 'url-address',
    },
    {
      named: 'a name with a public and a private address',
      url: 'https://huggingface.co/ok',
      addresses: ['8.8.8.8', '10.0.0.1'],
      code: 'url-address',
    },
    { named: 'an IPv4 address in an IPv6 one', url: 'https://huggingface.co/ok', addresses: ['::ffff:127.0.0.1'], code: 'url-address' },
    { named: 'a NAT64 address', url: 'https://huggingface.co/ok', addresses: ['64:ff9b::a00:1'], code: 'url-address' },
    {
      named: 'a redirect to plain http',
      url: 'https://huggingface.co/a?to=http://169.254.169.254/latest/meta-data',
      code: 'url-not-https',
    },
    { named: 'a redirect off the list', url: 'https://huggingface.co/a?to=https://evil.example/ok', code: 'url-host' },
    { named: 'a redirect to a file', url: 'https://huggingface.co/a?to=file:///etc/passwd', code: 'url-not-https' },
    { named: 'redirects without end', url: 'https://huggingface.co/loop', code: 'download-redirects' },
    { named: 'a file without end', url: 'https://huggingface.co/endless', code: 'download-too-large' },
    { named: 'a file that says it is too large', url: 'https://huggingface.co/claims-much', code: 'download-too-large' },
  ]

describe('a hostile URL is refused with its reason and leaves nothing behind:', () => {
  for (const { named, url, addresses, code } of hostile) {
    test(named, async () => {
      const download = server.download(addresses ? { resolve: async () => addresses } : {})
      const setup = await openTestStyles({ download, quotas: { maxFileBytes: 200_000, maxSpaceBytes: 1e6, maxBytes: 1e6, addsPerHour: 5 } })
      const before = setup.files()
      const error = await refused(setup.admin().add({ name: 'x', extend: false, url }))
      assert.equal(error.code, code)
      assert.ok(error.message.length > 20 && !error.message.includes(setup.folder))
      assert.deepEqual(setup.files(), before)
      assert.deepEqual(
        (await setup.styles.list('discord/s1', true)).map(({ name }) => name),
        withBuiltIn(),
      )
      assert.ok(!existsSync(to) && readdirSync(folder).length === 0)
      setup.close()
    })
  }
})

// Conversation routes: what is said, shown, handed over and searched.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Command } from '../../../../src/chat/contract/command.ts'
import type { Incoming } from '../../../../src/chat/contract/incoming.ts'
import type { Receiver } from '../../../../src/chat/contract/platform.ts'
import type { Web } from '../../../../src/chat/web/index.ts'
import { newEvent, openPageClient, type PageClient } from '../page-client.ts'
import { serving, silent } from '../web-options.ts'

describe('what people say on the page', () => {
  it('what comes twice has one id and stands there once', async () => {
    const received: Incoming[] = []
    await serving({}, { ...silent, receive: async (incoming) => void received.push(incoming) }, async (origin) => {
      const ann = await openPageClient(origin)
      const saying = { kind: 'text', event: newEvent(), text: '/help' }
      await ann.say(saying)
      await ann.say(saying)
      assert.deepEqual(
        received.map(({ id }) => id),
        [received[0]!.id, received[0]!.id],
      )
      assert.equal((await ann.messages()).length, 1)
    })
  })

  it('a button that would be refused is shown to nobody but who asked', async () => {
    let web!: Web
    const button = { label: 'Cancel', command: 'cancel job:a', style: 'danger', for: 'owner' } as const
    const receiver: Receiver = {
      ...silent,
      receive: async ({ address }) =>
        void (await web.post(address, { audience: 'everyone', tone: 'waiting', text: 'Next in line.', buttons: [button] })),
    }
    await serving({}, receiver, async (origin, served) => {
      web = served
      const [ann, bob] = [await openPageClient(origin), await openPageClient(origin)]
      await ann.say({ kind: 'text', text: 'a cat' })
      const buttonsOf = async (client: PageClient) => {
        const { body } = (await client.replies())[0]!
        return body?.kind === 'answer' ? body.buttons : assert.fail('no answer')
      }
      assert.deepEqual(await buttonsOf(ann), [button])
      assert.deepEqual(await buttonsOf(bob), [])
    })
  })

  it('a private picture is given to nobody else; what a message shows no more is deleted', async () => {
    let web!: Web
    const picture = {
      bytes: Uint8Array.from(Buffer.from('RIFF')),
      format: 'webp',
      width: 8,
      height: 8,
      fileName: 'a.webp',
      alt: '',
    } as const
    const receiver: Receiver = {
      ...silent,
      receive: async ({ address }) => void (await web.post(address, { audience: 'asker', tone: 'done', text: 'Yours.', picture })),
    }
    await serving({}, receiver, async (origin, served) => {
      web = served
      const [ann, bob] = [await openPageClient(origin), await openPageClient(origin)]
      await ann.say({ kind: 'text', text: 'help' })
      const [reply] = await ann.replies()
      const { url } = reply!.body.picture!
      const mine = await ann.call('GET', url)
      assert.deepEqual(
        { status: mine.status, 'content-type': mine.headers.get('content-type') },
        { status: 200, 'content-type': 'image/webp' },
      )
      assert.match(mine.headers.get('cache-control')!, /private.*immutable/)
      assert.equal((await bob.call('GET', url)).status, 404)
      assert.equal((await fetch(new URL(url, origin))).status, 404)
      const part = await ann.call('GET', url, undefined, { range: 'bytes=1-2' })
      assert.deepEqual(
        { status: part.status, text: await part.text(), 'content-range': part.headers.get('content-range') },
        { status: 206, text: 'IF', 'content-range': 'bytes 1-2/4' },
      )
      assert.equal((await ann.call('GET', url, undefined, { range: 'bytes=9-' })).status, 416)
      await served.edit({ handle: { message: reply!.message }, messages: [] }, { audience: 'asker', tone: 'done', text: 'No more.' })
      assert.equal((await ann.call('GET', url)).status, 404)
    })
  })

  it('a file that is handed over is read by the chat, and by its name alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'zoetrope-upload-'))
    const take: Command = {
      name: 'take',
      help: 'Takes a file',
      actions: {
        '': {
          help: 'Takes a file',
          options: { file: { kind: 'file', help: 'Which', maxBytes: 1000 } },
          run: () => ({ kind: 'text', text: 'Done.' }),
        },
      },
    } as const
    const received: Incoming[] = []
    const receiver: Receiver = { ...silent, receive: async (incoming) => void received.push(incoming) }
    await serving({ uploads: join(folder, 'uploads'), commands: [take], adminToken: 'secret' }, receiver, async (origin, web) => {
      const [ann, bob] = [await openPageClient(origin), await openPageClient(origin)]
      const octets = { 'content-type': 'application/octet-stream' }
      assert.equal((await ann.call('POST', '/api/upload?name=a', 'abc', octets)).status, 403, 'strangers leave no files')
      await ann.call('POST', '/api/sign-in', { token: 'secret' })
      const upload = (await (await ann.call('POST', '/api/upload?name=a%20b.bin', 'abc', octets)).json()) as { upload: string }
      await ann.say({ kind: 'command', command: 'take', options: [['file', upload]] })
      const incoming = received.at(-1)
      assert.ok(incoming?.kind === 'command')
      const file = incoming.options['file'] as { url: string; name: string; bytes: number }
      assert.partialDeepStrictEqual(file, { name: 'a b.bin', bytes: 3 })
      const read: Uint8Array[] = []
      for await (const chunk of web.fetchFile!(file, new AbortController().signal)) read.push(chunk)
      assert.equal(Buffer.concat(read).toString(), 'abc')
      assert.equal((await bob.say({ kind: 'command', command: 'take', options: [['file', upload]] })).status, 404)
      assert.equal((await ann.call('POST', '/api/upload?name=b', 'x'.repeat(1001), octets)).status, 413)
      for (const url of ['upload:../../etc/passwd', 'upload:', 'file:///etc/passwd']) {
        await assert.rejects(
          async () => {
            for await (const _ of web.fetchFile!({ ...file, url }, new AbortController().signal));
          },
          { code: 'file-gone' },
        )
      }
    })
    await rm(folder, { recursive: true })
  })

  it('leaving takes everything of a person with it', async () => {
    let web!: Web
    const receiver: Receiver = {
      ...silent,
      receive: async ({ address }) => void (await web.post(address, { audience: 'everyone', tone: 'plain', text: 'Seen by all.' })),
    }
    await serving({}, receiver, async (origin, served) => {
      web = served
      const [ann, bob] = [await openPageClient(origin), await openPageClient(origin)]
      await ann.call('POST', '/api/name', { name: 'Ann' })
      await ann.say({ kind: 'text', text: '/help' })
      await bob.say({ kind: 'text', text: '/help' })
      assert.equal((await ann.messages()).length, 3)
      await ann.call('POST', '/api/clear')
      assert.equal((await ann.messages()).length, 2, 'clearing leaves what all can see')
      await served.forget(ann.me.person)
      assert.equal((await ann.messages()).length, 1)
      assert.equal((await bob.messages()).length, 2)
    })
  })
})

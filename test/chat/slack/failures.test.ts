// Failures: what Slack does on a bad day: asks to wait, drops sockets, loses responses, forgets files, lets nobody in.

import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import type { Incoming } from '../../../src/chat/contract/incoming.ts'
import type { Form, Outgoing, Picture } from '../../../src/chat/contract/outgoing.ts'
import type { Posted } from '../../../src/chat/contract/platform.ts'
import { type Call, type JsonObject, refused, type SlackResponse, wait } from './calls.ts'
import { type SlackHarness, startSlackHarness } from './harness.ts'
import { socketMode } from './transports.ts'

const gif = (light: number): Picture => ({
  bytes: new TextEncoder().encode(`GIF89a ${light}`),
  format: 'gif',
  width: 8,
  height: 8,
  fileName: `zoetrope-${light}.gif`,
  alt: 'a ball',
})
const plain = (more: Partial<Outgoing> = {}): Outgoing => ({ audience: 'everyone', tone: 'plain', text: 'Good.', ...more })

describe('Slack in trouble', () => {
  let harness: SlackHarness
  let respond: (incoming: Incoming) => Promise<unknown> = async () => undefined
  const lines: string[] = []
  const line = (data: object, text: string) => void lines.push(`${JSON.stringify(data)} ${text}`)

  before(async () => {
    const receiver = { receive: async (incoming: Incoming) => void (await respond(incoming)), complete: async () => [] }
    harness = await startSlackHarness(socketMode, receiver, { log: { info: line, warn: line, error: line } })
  })
  after(() => harness.close())
  afterEach(() => {
    respond = async () => undefined
    harness.server.slowFiles = 0
  })

  /** Ann says something; what `how` makes of it. */
  async function respondTo<T>(how: (incoming: Incoming) => Promise<T>, more: JsonObject = {}, text = 'queue'): Promise<T> {
    const { ann } = harness.server.ids
    const result = new Promise<T>((resolve, reject) => {
      respond = (incoming) => how(incoming).then(resolve, reject)
    })
    await harness.slash(ann, text, more)
    return result
  }
  const post = (more: Partial<Outgoing> = {}): Promise<Posted> => respondTo(({ address }) => harness.platform.post(address, plain(more)))
  const times = (method: string) => harness.server.calls.filter((call) => call.method === method).length
  const seen = async (person: 'ann' | 'bob' = 'bob') => harness.seen(person)
  const texts = async (person: 'ann' | 'bob' = 'bob') => (await seen(person)).map(({ text }) => text)
  /** Slack does it, and the response is lost. */
  const lost = async ({ method, args }: Call): Promise<SlackResponse> => {
    await harness.server.state(method, args)
    return { status: 503, body: 'gateway' }
  }

  describe('when it asks to wait', () => {
    test('a post waits as long as Slack says, and is there once', async () => {
      harness.server.play('chat.postMessage', () => wait(1))
      const begun = Date.now()
      await post({ text: 'Waited.' })
      assert.ok(Date.now() - begun >= 1000)
      assert.equal((await texts()).filter((text) => text === 'Waited.').length, 1)
    })

    test('a step of progress is left out, and the end waits its turn', async () => {
      const posted = await post({ tone: 'waiting', text: 'You are next.' })
      harness.server.play('chat.update', () => wait(1))
      const before = times('chat.update')
      const progress = (done: number) => plain({ tone: 'running', text: 'Drawing', progress: { done, text: `Step ${done}` } })
      assert.deepEqual(await harness.platform.edit(posted, progress(0.1)), posted)
      assert.deepEqual(await harness.platform.edit(posted, progress(0.2)), posted)
      // asked once: the second one did not even ask
      assert.equal(times('chat.update'), before + 1)
      assert.ok(await harness.platform.edit(posted, plain({ tone: 'failed', text: 'It failed.' })))
      assert.ok((await texts()).some((text) => text.includes('It failed.')))
    })

    test('says so in words that Slack also uses, with 200 and an error', async () => {
      harness.server.play('chat.postMessage', () => ({ headers: { 'retry-after': '1' }, body: { ok: false, error: 'ratelimited' } }))
      await post({ text: 'Waited for words.' })
      assert.ok((await texts()).includes('Waited for words.'))
    })
  })

  describe('when responses are lost', () => {
    test('a post with a nonce that was made is found by the next try, with its picture', async () => {
      const nonce = 'k3j9xlost'
      const outgoing = plain({ text: 'Once only.', picture: gif(1), nonce })
      harness.server.play('chat.postMessage', lost)
      const posted = await respondTo(async ({ address }) => {
        await assert.rejects(harness.platform.post(address, outgoing), /chat\.postMessage: http-503/)
        return harness.platform.post(address, outgoing)
      })
      const there = (await seen()).filter(({ text }) => text === 'Once only.')
      assert.deepEqual(
        there.map(({ message }) => message),
        posted.messages,
      )
      assert.equal(there[0]!.pictures.length, 1)
      await harness.platform.remove(posted)
      assert.ok(!(await texts()).includes('Once only.'))
    })

    test('a post is not sent again by itself, other calls are', async () => {
      const before = times('chat.postMessage')
      harness.server.play('chat.postMessage', () => ({ status: 500, body: 'x' }))
      await assert.rejects(post({ text: 'Not sent.' }))
      assert.equal(times('chat.postMessage'), before + 1)
      const posted = await post({ text: 'Before.' })
      harness.server.play(
        'chat.update',
        () => ({ status: 502, body: 'x' }),
        () => refused('internal_error'),
      )
      assert.ok(await harness.platform.edit(posted, plain({ text: 'After all.' })))
      assert.ok((await texts()).includes('After all.'))
    })

    test('nor is one for the asker alone, which nobody can look up; one that Slack did not take is', async () => {
      const before = times('chat.postEphemeral')
      harness.server.play('chat.postEphemeral', () => ({ status: 500, body: 'x' }))
      const posted = await post({ audience: 'asker', text: 'Perhaps shown.' })
      assert.deepEqual(posted.messages, [])
      assert.equal(times('chat.postEphemeral'), before + 1)
      harness.server.play('chat.postEphemeral', () => refused('service_unavailable'))
      await post({ audience: 'asker', text: 'Shown later.' })
      assert.equal((await texts('ann')).filter((text) => text === 'Shown later.').length, 1)
    })

    test('a message that was posted anew for its picture is found from the old one, and shown once', async () => {
      const old = await post({ tone: 'running', text: 'Drawing it.' })
      const end = plain({ tone: 'done', text: 'Here it is, once.', picture: gif(2) })
      const first = await harness.platform.edit(old, end)
      // as after a crash: nobody was told of the first
      const second = await harness.platform.edit(old, end)
      assert.deepEqual(second!.messages, first!.messages)
      assert.equal((await texts()).filter((text) => text === 'Here it is, once.').length, 1)
      assert.ok(!(await texts()).some((text) => text.includes('Drawing it.')))
    })

    test('nor does it tell anybody a second time whom it has told', async () => {
      const old = await post({ tone: 'running', text: 'Drawing it for ann.' })
      const end = plain({ tone: 'done', text: 'Here it is, ann.', mention: harness.server.ids.ann })
      const before = harness.server.pings
      const first = await harness.platform.edit(old, end)
      const calls = harness.server.calls.length
      const second = await harness.platform.edit(old, end)
      assert.deepEqual(second!.messages, first!.messages)
      const posted = harness.server.calls.slice(calls).filter(({ method }) => method === 'chat.postMessage')
      assert.deepEqual(posted, [])
      assert.ok(harness.server.pings > before)
    })

    test('and one whose old message could not be taken away is taken away by the next try', async () => {
      const old = await post({ tone: 'running', text: 'Drawing that.' })
      const end = plain({ tone: 'done', text: 'Here that is, once.', picture: gif(3) })
      harness.server.play('chat.delete', () => refused('compliance_exports_prevent_deletion'))
      await assert.rejects(harness.platform.edit(old, end), /compliance_exports_prevent_deletion/)
      assert.ok(await harness.platform.edit(old, end))
      const all = await texts()
      assert.equal(all.filter((text) => text === 'Here that is, once.').length, 1)
      assert.ok(!all.some((text) => text.includes('Drawing that.')))
    })

    test('two posts of one nonce at once are one', async () => {
      const [one, other] = await respondTo(({ address }) => {
        const outgoing = plain({ text: 'At once.', nonce: 'k3j9xtwice' })
        return Promise.all([harness.platform.post(address, outgoing), harness.platform.post(address, outgoing)])
      })
      assert.deepEqual(one, other)
      assert.equal((await texts()).filter((text) => text === 'At once.').length, 1)
    })

    test('a nonce that nobody can have used is posted without reading back; after a restart it is looked for since the event', async () => {
      const outgoing = plain({ text: 'Before the restart.', nonce: 'k3j9xagain' })
      const before = times('conversations.history')
      const address = await respondTo(async (incoming) => incoming.address)
      const posted = await harness.platform.post(address, outgoing)
      assert.equal(times('conversations.history'), before)
      await harness.restart()
      assert.deepEqual((await harness.platform.post(address, outgoing)).messages, posted.messages)
      const { args } = harness.server.calls.findLast(({ method }) => method === 'conversations.history')!
      assert.ok(Number(args['oldest']) > Date.now() / 1000 - 3600)
      assert.equal((await texts()).filter((text) => text === 'Before the restart.').length, 1)
    })

    test('a film that was shared just before a crash is not shared again', async () => {
      const mp4: Picture = { ...gif(11), format: 'mp4', fileName: 'zoetrope-11.mp4' }
      const old = await post({ tone: 'running', text: 'Filming.' })
      const first = await harness.platform.edit(old, plain({ text: 'The film.', picture: mp4 }))
      const second = await harness.platform.edit(old, plain({ text: 'The film.', picture: mp4 }))
      assert.equal(second!.messages.length, 2)
      assert.deepEqual(second!.messages, first!.messages)
    })

    test('without the scope to read back it is posted all the same, and the log says what that may do', async () => {
      const address = await respondTo(async (incoming) => incoming.address)
      const outgoing = plain({ text: 'Unread.', nonce: 'k3j9xscope' })
      await harness.platform.post(address, outgoing)
      harness.server.play('conversations.history', () => refused('missing_scope', [], { needed: 'channels:history' }))
      await harness.platform.post(address, outgoing)
      assert.equal((await texts()).filter((text) => text === 'Unread.').length, 2)
      assert.ok(lines.at(-1)!.includes('a post may be doubled'))
    })
  })

  describe('with files', () => {
    test('a picture that Slack has not looked at yet is shown a moment later, in one message', async () => {
      harness.server.slowFiles = 2
      const posted = await post({ text: 'Slow picture.', picture: gif(4) })
      const there = (await seen()).filter(({ text }) => text === 'Slow picture.')
      assert.deepEqual(
        there.map(({ message, pictures }) => ({ message, pictures: pictures.length })),
        [{ message: posted.messages[0], pictures: 1 }],
      )
    })

    test('the alt text and a name that says nothing of the prompt go with the file', async () => {
      await post({ picture: gif(5) })
      const { args } = harness.server.calls.findLast(({ method }) => method === 'files.getUploadURLExternal')!
      assert.partialDeepStrictEqual(args, { filename: 'zoetrope-5.gif', alt_txt: 'a ball' })
    })

    test('an MP4 is a message of its own, of which reactions tell: found when Slack says so later', async () => {
      const mp4: Picture = { ...gif(6), format: 'mp4', fileName: 'zoetrope-6.mp4' }
      harness.server.play('files.completeUploadExternal', async ({ method, args }) => {
        const done = await harness.server.state(method, args)
        return { body: { ...done, files: (done['files'] as JsonObject[]).map(({ shares: _, ...file }) => file) } }
      })
      harness.server.play('files.info', () => ({ body: { ok: true, file: { id: 'F1', shares: {} } } }))
      const posted = await post({ text: 'As a film.', picture: mp4 })
      assert.equal(posted.messages.length, 2)
      const there = (await seen()).filter(({ message }) => posted.messages.includes(message))
      assert.deepEqual(
        there.map(({ pictures }) => pictures.length),
        [0, 1],
      )
      // an edit that keeps it uploads nothing; one without it takes it away
      const before = times('files.getUploadURLExternal')
      const kept = await harness.platform.edit(posted, plain({ text: 'Still a film.', picture: mp4 }))
      assert.deepEqual(kept!.messages, posted.messages)
      assert.equal(times('files.getUploadURLExternal'), before)
      const bare = await harness.platform.edit(kept!, plain({ text: 'No film.' }))
      assert.equal(bare!.messages.length, 1)
      assert.ok(!(await seen()).some(({ message }) => message === posted.messages[1]))
    })

    test('a shared file whose message is never told is shared all the same', async () => {
      harness.server.play('files.completeUploadExternal', async ({ method, args }) => {
        await harness.server.state(method, args)
        return { body: { ok: true, files: [{ id: 'F1' }] } }
      })
      harness.server.play('files.info', () => refused('missing_scope', [], { needed: 'files:read' }))
      const posted = await post({ text: 'Shared.', file: { bytes: new Uint8Array([1]), mediaType: 'x/y', fileName: 'a.bin' } })
      assert.equal(posted.messages.length, 1)
    })

    test('a workspace that takes no files is told apart, and nothing is half posted', async () => {
      harness.server.play('files.completeUploadExternal', () => refused('file_upload_size_restricted'))
      await assert.rejects(post({ text: 'With file.', picture: gif(7) }), { name: 'UserError', code: 'too-large' })
      harness.server.play('files.completeUploadExternal', () => refused('file_uploads_disabled'))
      await assert.rejects(post({ text: 'With file.', picture: gif(7) }), { name: 'UserError', code: 'file-refused' })
      const old = await post({ tone: 'running', text: 'Still drawing.' })
      harness.server.play('files.completeUploadExternal', () => refused('file_type_not_allowed'))
      await assert.rejects(harness.platform.edit(old, plain({ picture: gif(8) })), { name: 'UserError', code: 'file-refused' })
      assert.ok(!(await texts()).some((text) => text.includes('With file.')))
    })

    test('an upload that breaks is an error to try again, and leaves no message', async () => {
      harness.server.play('upload', () => ({ status: 500, body: 'x' }))
      await assert.rejects(post({ text: 'Broken upload.', picture: gif(9) }), /upload: http-500/)
      assert.ok(!(await texts()).includes('Broken upload.'))
    })

    test('the same picture is not uploaded again by an edit, and the file goes when the message goes', async () => {
      const posted = await post({ picture: gif(10), text: 'Keep it.' })
      const before = times('files.getUploadURLExternal')
      const edited = await harness.platform.edit(posted, plain({ picture: gif(10), text: 'Kept.' }))
      assert.deepEqual(edited!.messages, posted.messages)
      assert.equal(times('files.getUploadURLExternal'), before)
      const { files } = posted.handle as { files: { id: string }[] }
      assert.ok(await harness.server.file(files[0]!.id))
      await harness.platform.remove(edited!)
      assert.equal(await harness.server.file(files[0]!.id), undefined)
    })
  })

  describe('where the bot is no member', () => {
    const away = () => ({ channel_id: harness.server.ids.elsewhere, channel_name: 'elsewhere' })

    test('says which step lets it in, for open and for private channels', async () => {
      const open = await respondTo(async ({ channel }) => channel, away())
      assert.deepEqual({ missing: open.missing, direct: open.direct }, { missing: ['/invite @zoetrope'], direct: false })
      const { secret } = harness.server.ids
      const hidden = await respondTo(async ({ channel }) => channel, { channel_id: secret, channel_name: 'privategroup' })
      assert.deepEqual(hidden.missing, ['/invite @zoetrope'])
      const foreign = await respondTo(async ({ channel, owner }) => ({ ...channel, owner }), {
        channel_id: 'D0FOREIGN',
        channel_name: 'directmessage',
      })
      assert.deepEqual({ missing: foreign.missing, direct: foreign.direct }, { missing: ['a conversation with @zoetrope'], direct: false })
    })

    test('words for the asker come by the address that Slack gave, five times; then as a direct message', async () => {
      const said = plain({ audience: 'asker', text: 'Invite me.' })
      await respondTo(
        async ({ address }) => {
          for (let n = 0; n < 6; n++) await harness.platform.post(address, said)
        },
        { ...away(), response_url: harness.server.responseUrl(harness.server.ids.ann, harness.server.ids.elsewhere) },
      )
      assert.equal(harness.server.ephemerals.filter(({ args }) => args['text'] === 'Invite me.').length, 5)
      assert.equal((await texts('ann')).filter((text) => text === 'Invite me.').length, 6)
      assert.ok(!(await texts('bob')).includes('Invite me.'))
    })

    test('a message for everybody there is refused with the step that mends it', async () => {
      await assert.rejects(
        respondTo(({ address }) => harness.platform.post(address, plain()), away()),
        {
          name: 'UserError',
          code: 'cannot-post-here',
          message: /not_in_channel.*\/invite @zoetrope/,
        },
      )
    })

    test('is noticed at once when somebody has invited it', async () => {
      const { elsewhere } = harness.server.ids
      assert.equal((await respondTo(async ({ channel }) => channel, away())).missing.length, 1)
      const info = await harness.server.state('conversations.info', { channel: elsewhere })
      harness.server.play('conversations.info', () => ({
        body: { ok: true, channel: { ...(info['channel'] as JsonObject), is_member: true } },
      }))
      assert.deepEqual((await respondTo(async ({ channel }) => channel, away())).missing, [])
    })
  })

  describe('with dialogs', () => {
    const form: Form = {
      title: 'A dialog & more',
      command: 'again',
      fixed: { job: 'k3j9x' },
      submit: 'Draw',
      fields: [{ name: 'prompt', option: { kind: 'text', help: 'Words', maxChars: 100 }, label: 'Words' }],
    }

    test('one that comes too late waits behind a button', async () => {
      harness.server.play('views.open', () => refused('expired_trigger_id'))
      await respondTo(({ address }) => harness.platform.open(address, form))
      const offered = (await seen('ann')).findLast(({ buttons }) => buttons.length > 0)!
      assert.deepEqual({ text: offered.text, buttons: offered.buttons }, { text: 'A dialog & more', buttons: ['Draw'] })
      assert.equal(harness.server.views.size, 0)
      const received = harness.received.length
      await press(offered.message)
      assert.equal((await harness.opened('ann'))?.title, 'A dialog & more')
      assert.equal(harness.received.length, received)
      harness.server.views.clear()
    })

    test('after a restart that button says its command instead', async () => {
      harness.server.play('views.open', () => refused('expired_trigger_id'))
      await respondTo(({ address }) => harness.platform.open(address, form))
      const { message } = (await seen('ann')).findLast(({ buttons }) => buttons.length > 0)!
      await harness.restart()
      const said = new Promise<Incoming>((resolve) => {
        respond = async (incoming) => resolve(incoming)
      })
      await press(message)
      const incoming = await said
      assert.deepEqual({ kind: incoming.kind, text: incoming.kind === 'text' && incoming.text }, { kind: 'text', text: 'again job:k3j9x' })
    })

    async function press(message: string): Promise<void> {
      const { ids, ephemerals } = harness.server
      const [, ts] = message.split(':')
      const { args, channel } = ephemerals.find((one) => one.ts === ts)!
      const block = (args['blocks'] as JsonObject[]).find(({ type }) => type === 'actions')!
      await harness.send('interactive', {
        type: 'block_actions',
        user: { id: ids.ann, team_id: ids.team },
        container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: true },
        trigger_id: await harness.server.trigger(ids.ann),
        team: { id: ids.team },
        channel: { id: channel },
        actions: [{ ...(block['elements'] as JsonObject[])[0], action_ts: '1.1' }],
      })
      for (let n = 0; n < 100 && harness.server.views.size === 0; n++) await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })

  test('nothing that was logged holds a token, a secret or a response URL', () => {
    const all = lines.join('\n')
    assert.ok(lines.length > 5, 'the troubles above were logged')
    for (const secret of ['1111-2222', 'A111-2222', '/hook/', 'ticket=']) assert.ok(!all.includes(secret), secret)
  })
})

// Receiving: what Slack tells of, by both transports: who it was, what it was, and always acknowledged within the three seconds that Slack
// waits.

import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import type { Choice, Incoming } from '../../../src/chat/contract/incoming.ts'
import type { JsonObject } from './calls.ts'
import { eventOf, reactionEvent, type SlackHarness, startSlackHarness } from './harness.ts'
import { socketMode, type Transport, transports } from './transports.ts'

for (const transport of transports) testReceiving(transport)

function testReceiving(transport: Transport): void {
  describe(`what is received from Slack by ${transport.name}`, () => {
    let harness: SlackHarness
    let receive: (incoming: Incoming) => Promise<unknown> = async () => undefined
    let complete: () => Promise<readonly Choice[]> = async () => []

    before(async () => {
      harness = await startSlackHarness(transport, {
        receive: async (incoming) => void (await receive(incoming)),
        complete: async () => complete(),
      })
    })
    after(() => harness.close())
    afterEach(() => {
      receive = async () => undefined
      complete = async () => []
    })

    /** The next thing that is received, after `act`. */
    async function next(act: () => Promise<unknown>): Promise<Incoming> {
      const received = new Promise<Incoming>((resolve) => {
        receive = async (incoming) => resolve(incoming)
      })
      await act()
      return received
    }
    const slash = (person: 'ann' | 'bob' | 'root' | 'operator', text: string, more: JsonObject = {}) =>
      next(() => harness.slash(harness.server.ids[person], text, more))
    const event = (content: JsonObject) => harness.send('events_api', eventOf(harness.server.ids.team, content))
    /** It is acknowledged, and nothing is received of it: only the command that follows. */
    async function ignored(act: () => Promise<unknown>): Promise<void> {
      const before = harness.received.length
      await next(async () => {
        assert.equal(((await act()) as { status: number }).status, 200)
        await new Promise((resolve) => setTimeout(resolve, 30))
        await harness.slash(harness.server.ids.ann, 'queue after')
      })
      assert.deepEqual(
        harness.received.slice(before).map((one) => one.kind === 'text' && one.text),
        ['queue after'],
      )
    }

    test('who is an admin, in which groups, who an operator by the configuration, and what everybody reads', async () => {
      const { ids } = harness.server
      const [root, ann, bob] = [await slash('root', 'queue'), await slash('ann', 'queue'), await slash('bob', 'queue')]
      const operator = await slash('operator', 'queue')
      assert.deepEqual(
        { root: root.asker, ann: ann.asker, bob: bob.asker, operator: operator.asker },
        {
          root: { admin: true, operator: false, roles: ['S1'] },
          ann: { admin: false, operator: false, roles: ['S1'] },
          bob: { admin: false, operator: false, roles: [] },
          operator: { admin: false, operator: true, roles: [] },
        },
      )
      assert.equal(ann.locale, 'en-US')
      assert.partialDeepStrictEqual(bob, { locale: 'zh-CN', channelLocale: 'en-US', name: 'bob' })
      assert.deepEqual(ann.owner, { platform: 'slack', space: ids.team, person: ids.ann })
      assert.deepEqual(ann.channel, { id: ids.channel, ageRestricted: false, direct: false, missing: [] })
    })

    test('people and channels are asked for once, not for each event', async () => {
      await slash('ann', 'queue')
      const before = harness.server.calls.length
      await slash('ann', 'queue')
      assert.equal(harness.server.calls.length, before)
    })

    test('a command as it was typed: entities undone, addresses whole, mentions with their ids', async () => {
      const { ids } = harness.server
      const said = async (text: string) => {
        const incoming = await next(() => harness.slash(ids.ann, 'animate', { text }))
        return incoming.kind === 'text' && incoming.text
      }
      assert.equal(await said('a &lt;b&gt; &amp;amp; c'), 'animate a <b> &amp; c')
      assert.equal(await said('<https://x.org/a?b=1&amp;c=2|x.org>'), 'animate https://x.org/a?b=1&c=2')
      assert.equal(await said('<https://x.org/a?b=1&amp;c=2>'), 'animate https://x.org/a?b=1&c=2')
      // what Slack itself took for an address is what was typed
      assert.equal(await said('<http://hello.com|hello.com> <mailto:a@b.c|a@b.c>'), 'animate hello.com a@b.c')
      assert.equal(
        await said('<#C1|dreams> <@U1|ann> <!subteam^S1|@g> <!here> <!channel|@channel>'),
        'animate <#C1|dreams> <@U1|ann> <@&S1|g> @here @channel',
      )
    })

    test('the command that takes all others, and alone asks for help', async () => {
      assert.deepEqual(await slash('ann', 'zoetrope queue all:yes').then((one) => one.kind === 'text' && one.text), 'queue all:yes')
      assert.deepEqual(await slash('ann', 'zoetrope').then((one) => one.kind === 'text' && one.text), 'help')
    })

    test('a conversation with the bot alone belongs to the workspace, and needs no invitation', async () => {
      const { ids, state } = harness.server
      const channel = ((await state('conversations.open', { users: ids.ann }))['channel'] as { id: string }).id
      harness.server.play('conversations.info', () => ({ body: { ok: true, channel: { id: channel, is_im: true, user: ids.ann } } }))
      const incoming = await slash('ann', 'queue', { channel_id: channel, channel_name: 'directmessage' })
      assert.deepEqual(
        { direct: incoming.channel.direct, missing: incoming.channel.missing, space: incoming.owner.space },
        { direct: true, missing: [], space: ids.team },
      )
      const said = await next(() =>
        event({ type: 'message', channel_type: 'im', user: ids.ann, text: 'animate a &lt;cat&gt;', channel, ts: '9.1' }),
      )
      assert.deepEqual(
        { text: said.kind === 'text' && said.text, direct: said.channel.direct, space: said.owner.space },
        { text: 'animate a <cat>', direct: true, space: ids.team },
      )
      const posted = await harness.platform.post(said.address, { audience: 'asker', tone: 'plain', text: 'Here, as a message.' })
      assert.equal((await harness.seen('ann')).at(-1)!.text, 'Here, as a message.')
      await harness.platform.remove(posted)
    })

    test('a mention in a channel, with the files that hang on it; in a thread it is replied to there', async () => {
      const { ids } = harness.server
      const file = { id: 'F1', name: 'style.safetensors', size: 12, url_private_download: `${harness.server.url}/files-pri/F1/style` }
      const mention = { type: 'app_mention', user: ids.bob, channel: ids.channel, ts: '5.1' }
      const incoming = await next(() => event({ ...mention, text: `<@${ids.bot}> styles add`, files: [file] }))
      assert.deepEqual({ kind: incoming.kind, text: incoming.kind === 'text' && incoming.text }, { kind: 'text', text: 'styles add' })
      assert.deepEqual(incoming.kind === 'text' && incoming.files, [{ url: file.url_private_download, name: file.name, bytes: 12 }])
      const empty = await next(() => event({ ...mention, text: `<@${ids.bot}|zoetrope>` }))
      assert.equal(empty.kind === 'text' && empty.text, 'help')
      const parent = await harness.server.state('chat.postMessage', { channel: ids.channel, text: 'a thread' })
      const inThread = await next(() => event({ ...mention, text: `hey <@${ids.bot}> queue`, thread_ts: parent['ts'] }))
      await harness.platform.post(inThread.address, { audience: 'everyone', tone: 'plain', text: 'In the thread.' })
      const replies = await harness.server.state('conversations.replies', { channel: ids.channel, ts: parent['ts'] })
      assert.equal((replies['messages'] as JsonObject[]).length, 2)
    })

    test('files that people have put into the thread where something is asked', async () => {
      const { ids, url } = harness.server
      const file = (name: string) => ({ id: name, name, size: 9, url_private_download: `${url}/files-pri/${name}`, alt_txt: `a ${name}` })
      const mention = { type: 'app_mention', user: ids.bob, channel: ids.channel, ts: '6.1', text: `<@${ids.bot}> styles train name:ink` }
      const { address } = await next(() => event({ ...mention, thread_ts: '5.5' }))
      harness.server.play('conversations.replies', ({ args }) => {
        assert.deepEqual([args['channel'], args['ts']], [ids.channel, '5.5'])
        const messages = [
          { user: ids.ann, files: [file('1.png'), file('2.png')] },
          { user: ids.bot, files: [file('drawn.gif')] },
          { user: ids.bob, files: [file('3.png')] },
        ]
        return { body: { ok: true, messages } }
      })
      const near = await harness.platform.filesNear!(address)
      assert.deepEqual(
        near.map(({ name, caption }) => [name, caption]),
        [
          ['1.png', 'a 1.png'],
          ['2.png', 'a 2.png'],
          ['3.png', 'a 3.png'],
        ],
      )
      const outside = await next(() => event(mention))
      assert.deepEqual(await harness.platform.filesNear!(outside.address), [])
    })

    test('of bots, of the bot itself, of changed messages and of other conversations nothing is received', async () => {
      const { ids } = harness.server
      const message = { type: 'message', channel_type: 'im', channel: 'D1', ts: '1.1', text: 'x', user: ids.ann }
      await ignored(() => event({ ...message, bot_id: 'B1' }))
      await ignored(() => event({ ...message, user: ids.bot }))
      await ignored(() => event({ ...message, subtype: 'message_changed' }))
      await ignored(() => event({ ...message, channel_type: 'channel' }))
      await ignored(() => event({ type: 'app_mention', user: ids.ann, channel: 'D1', ts: '1.1', text: 'x' }))
    })

    test('a reaction with any of its names and skins; not one of the bot, of bots, on messages of others or with other emoji', async () => {
      const { ids } = harness.server
      const react = (user: string, name: string, more: JsonObject = {}) =>
        harness.send('events_api', reactionEvent(harness.server, user, ids.channel, '7.1', name, more))
      for (const name of ['game_die', 'game_die::skin-tone-3', 'arrows_counterclockwise']) {
        const incoming = await next(() => react(ids.ann, name))
        assert.deepEqual(
          [incoming.kind, incoming.kind === 'reaction' && [incoming.reaction, incoming.message]],
          ['reaction', ['die', `${ids.channel}:7.1`]],
        )
      }
      // where Slack does not say whose message it is, the store knows
      await next(() => react(ids.ann, 'x', { item_user: undefined }))
      await ignored(() => react(ids.bot, 'game_die'))
      await ignored(() => react('USLACKBOT', 'game_die'))
      harness.server.play('users.info', () => ({ body: { ok: true, user: { name: 'robot', is_bot: true } } }))
      await ignored(() => react('U0ROBOT', 'game_die'))
      await ignored(() => react(ids.ann, 'game_die', { item_user: ids.bob }))
      await ignored(() => react(ids.ann, 'thumbsup'))
      await ignored(() => react(ids.ann, 'game_die', { item: { type: 'file', file: 'F1' } }))
    })

    test('what Slack sends again has the id of the first', async () => {
      const { ids } = harness.server
      const again = reactionEvent(harness.server, ids.ann, ids.channel, '8.1', 'star')
      const ids2 = [await next(() => harness.send('events_api', again)), await next(() => harness.send('events_api', again, 1))].map(
        ({ id }) => id,
      )
      assert.deepEqual(ids2, [again['event_id'], again['event_id']])
    })

    test('is acknowledged while the receiver still works, and while Slack does not respond to what is asked of it', async () => {
      let done = () => {}
      const working = new Promise<void>((resolve) => {
        done = resolve
      })
      receive = () => working
      assert.equal((await harness.slash(harness.server.ids.ann, 'queue')).status, 200)
      harness.server.play('users.info', () => new Promise((resolve) => setTimeout(() => resolve(undefined), 2500)))
      const incoming = next(() => harness.slash('U0UNKNOWN', 'queue'))
      // nobody is an admin for want of a response
      assert.deepEqual({ admin: (await incoming).asker.admin, name: (await incoming).name }, { admin: false, name: 'somebody' })
      done()
    })

    test('suggestions that take too long are none, in time', async () => {
      complete = () => new Promise((resolve) => setTimeout(() => resolve([{ value: 'late', label: 'late' }]), 2900))
      assert.deepEqual(await harness.complete('ann', 'animate', 'style', 'a'), [])
    })

    test('a dialog in the room of a file hands the file over, read with the token and from nowhere else', async () => {
      const { ids, url } = harness.server
      const view = {
        id: 'V1',
        callback_id: 'form',
        private_metadata: JSON.stringify({
          command: 'styles',
          action: 'add',
          fixed: {},
          address: { team: ids.team, channel: ids.channel, user: ids.ann, direct: false, heardMs: 1 },
        }),
        state: {
          values: {
            name: { name: { type: 'plain_text_input', value: 'soft' } },
            about: { about: { type: 'plain_text_input', value: null } },
            file: {
              file: {
                type: 'file_input',
                files: [{ id: 'F1', name: 'a.safetensors', size: 3, url_private_download: `${url}/files-pri/F1/a` }],
              },
            },
          },
        },
      }
      const incoming = await next(() =>
        harness.send('interactive', { type: 'view_submission', user: { id: ids.ann }, team: { id: ids.team }, trigger_id: 't1', view }),
      )
      const attachment = { url: `${url}/files-pri/F1/a`, name: 'a.safetensors', bytes: 3 }
      assert.deepEqual(incoming.kind === 'command' && [incoming.command, incoming.action, incoming.options], [
        'styles',
        'add',
        { name: 'soft', file: attachment },
      ])
      const read = async (from: string) => {
        const parts: Uint8Array[] = []
        for await (const part of harness.platform.fetchFile!({ ...attachment, url: from }, AbortSignal.timeout(2000))) parts.push(part)
        return Buffer.concat(parts).toString()
      }
      harness.server.play('files-pri', () => ({ body: 'abc' }))
      assert.equal(await read(attachment.url), 'abc')
      harness.server.play('files-pri', () => ({ headers: { 'content-type': 'text/html' }, body: '<html>sign in' }))
      await assert.rejects(read(attachment.url), { name: 'UserError', code: 'file-gone', message: /files:read/ })
      harness.server.play('files-pri', () => ({ status: 404, body: 'gone' }))
      await assert.rejects(read(attachment.url), { code: 'file-gone' })
      for (const elsewhere of ['https://example.org/a', 'upload:1', 'http://127.0.0.1:9/files-pri/F1/a']) {
        await assert.rejects(read(elsewhere), { code: 'file-gone' })
      }
    })

    test('a private reply with a picture comes as a direct message, and a link to it where it was asked', async () => {
      const { address } = await slash('ann', 'animate a cat private:yes')
      const posted = await harness.platform.post(address, { audience: 'asker', tone: 'waiting', text: 'You are next.' })
      const { channel, ts } = posted.handle as { channel: string; ts: string }
      assert.ok(channel.startsWith('D'))
      const { args } = harness.server.ephemerals.at(-1)!
      assert.equal(args['channel'], harness.server.ids.channel)
      const links = JSON.stringify(args['blocks'])
      assert.ok(links.includes('You are next.') && links.includes(`https://reels.slack.com/archives/${channel}/p${ts.replace('.', '')}`))
    })

    test('after a stop nothing more is received, and what was received before is done with', async () => {
      let finished = false
      receive = async () => {
        await new Promise((resolve) => setTimeout(resolve, 100))
        finished = true
      }
      await harness.slash(harness.server.ids.ann, 'queue')
      await harness.platform.stop()
      assert.ok(finished)
      assert.ok(harness.platform.trouble())
      for (let n = 0; n < 100 && harness.server.sockets.size > 0; n++) await new Promise((resolve) => setTimeout(resolve, 10))
      assert.equal(harness.server.sockets.size, 0)
      await harness.restart()
      assert.equal(harness.platform.trouble(), undefined)
      await slash('ann', 'queue')
    })
  })
}

describe('a socket of Slack', () => {
  let harness: SlackHarness
  before(async () => {
    harness = await startSlackHarness(socketMode, { async receive() {}, complete: async () => [] })
  })
  after(() => harness.close())

  const until = async (true_: () => boolean) => {
    for (let n = 0; n < 400 && !true_(); n++) await new Promise((resolve) => setTimeout(resolve, 10))
    assert.ok(true_(), String(true_))
  }
  const receivedAfter = async () => {
    const before = harness.received.length
    assert.equal((await harness.slash(harness.server.ids.ann, 'queue')).status, 200)
    await until(() => harness.received.length > before)
  }

  test('that is dropped is opened again at once', async () => {
    const { server } = harness
    const opened = server.opened
    for (const socket of server.sockets) socket.terminate()
    await until(() => server.opened === opened + 1 && harness.platform.trouble() === undefined)
    await receivedAfter()
  })

  test('that Slack renews is replaced', async () => {
    const { server } = harness
    const opened = server.opened
    for (const socket of server.sockets) socket.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested', debug_info: {} }))
    await until(() => server.opened === opened + 1 && harness.platform.trouble() === undefined)
    await receivedAfter()
    assert.equal(server.sockets.size, 1)
  })

  test('that cannot be opened for a while is trouble, and tried until it can', async () => {
    const { server } = harness
    const opened = server.opened
    const down = () => ({ status: 503, body: 'down' })
    server.play('apps.connections.open', down, () => ({ status: 429, headers: { 'retry-after': '1' }, body: '{}' }), down)
    for (const socket of server.sockets) socket.terminate()
    await until(() => /lost|again/.test(harness.platform.trouble() ?? ''))
    await until(() => server.opened === opened + 1 && harness.platform.trouble() === undefined)
    await receivedAfter()
  })

  test('that closes before an event could be acknowledged: the event is worked on all the same', async () => {
    const { server } = harness
    const { opened, ids } = server
    const before = harness.received.length
    const payload = reactionEvent(server, ids.ann, ids.channel, '1.2', 'star')
    const [socket] = server.sockets
    await new Promise((resolve) => socket!.send(JSON.stringify({ envelope_id: 'e1', type: 'events_api', payload }), resolve))
    socket!.terminate()
    await until(() => harness.received.length === before + 1)
    await until(() => server.opened === opened + 1 && harness.platform.trouble() === undefined)
    await receivedAfter()
  })

  test('a token that is taken back is trouble', async () => {
    harness.server.play('conversations.open', () => ({ body: { ok: false, error: 'token_revoked' } }))
    const { address } = harness.received.at(-1)!
    await assert.rejects(harness.platform.post(address, { audience: 'direct', tone: 'plain', text: 'x' }), /token_revoked/)
    assert.match(harness.platform.trouble()!, /no longer accepts the token \(token_revoked\)/)
    await harness.platform.post(address, { audience: 'direct', tone: 'plain', text: 'x' })
    assert.equal(harness.platform.trouble(), undefined)
  })
})

// Interaction responses: deadlines, restarts and refusals. Whatever happens to an interaction, what is to be shown is shown once, to those who
// may see it.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { inspect } from 'node:util'
import type { Incoming } from '../../../../src/chat/contract/incoming.ts'
import type { Platform, Posted } from '../../../../src/chat/contract/platform.ts'
import { UserError } from '../../../../src/errors.ts'
import { makeScriptedReceiver, pictureOf, plainMessage, type ScriptedReceiver } from '../scripted-receiver.ts'
import { usualLimit } from '../server.ts'
import { readable } from '../user-actions.ts'

describe('responses on Discord', { timeout: 120_000 }, () => {
  let receiver: ScriptedReceiver
  before(async () => {
    receiver = await makeScriptedReceiver()
  })
  after(() => receiver?.harness.close())
  let callsBefore = 0
  beforeEach(() => {
    callsBefore = receiver.harness.server.calls.length
  })

  const ann = () => receiver.harness.server.state.users.ann
  const bob = () => receiver.harness.server.state.users.bob
  const ask = (where = {}) => receiver.harness.actions.command(ann(), 'queue', {}, where)
  const calls = () =>
    receiver.harness.server.calls
      .slice(callsBefore)
      .map(({ method, path }) => `${method} ${path.replace(/\d{10,}|interaction-token-\d+/g, '…')}`)
  const textsOf = (user = ann()) => receiver.harness.actions.seenBy(user).map((message) => readable(message))
  const textOf = ({ messages }: Posted) => readable(receiver.harness.server.state.messages.get(messages[0]!)!)
  const isUserError = (code: string) => (error: unknown) => error instanceof UserError && error.code === code

  it('says in the channel what is too late for the first response, and in a direct message what one person may see', async () => {
    const late = (audience: 'everyone' | 'asker') => async (incoming: Incoming, platform: Platform) => {
      receiver.advance(3100)
      return platform.post(incoming.address, plainMessage(`Late, for ${audience}.`, { audience }))
    }
    assert.equal(textOf(await receiver.respondTo(ask, late('everyone'))), 'Late, for everyone.')
    const posted = await receiver.respondTo(ask, late('asker'))
    const { channel } = receiver.harness.server.state.messages.get(posted.messages[0]!)!
    assert.equal(channel, receiver.harness.server.state.direct(ann().id).id)
    assert.ok(!textsOf(bob()).includes('Late, for asker.'))
  })

  it('an acknowledgement that comes too late is no error', async () => {
    const posted = await receiver.respondTo(ask, async ({ address }, platform) => {
      receiver.advance(3100)
      await platform.acknowledge(address, 'everyone')
      return platform.post(address, plainMessage('Here all the same.'))
    })
    assert.equal(textOf(posted), 'Here all the same.')
  })

  it('edits by the token of the interaction, and after its 15 minutes by its own', async () => {
    const posted = await receiver.respondTo(ask, ({ address }, platform) => platform.post(address, plainMessage('Waiting.')))
    const first = await receiver.harness.platform.edit(posted, plainMessage('Step 1.'))
    receiver.advance(16 * 60_000)
    const second = await receiver.harness.platform.edit(first!, plainMessage('Step 2.', { picture: pictureOf(new Uint8Array(100)) }))
    assert.equal(textOf(second!), 'Step 2.')
    assert.deepEqual(calls().slice(1), ['PATCH /webhooks/…/…/messages/…', 'PATCH /channels/…/messages/…'])
    await receiver.harness.platform.remove(second!)
    assert.ok(!textsOf().includes('Step 2.'))
  })

  it('edits by its own token when Discord ends that of the interaction early', async () => {
    const { server, platform } = receiver.harness
    const posted = await receiver.respondTo(ask, ({ address }) => platform.post(address, plainMessage('Waiting.')))
    server.play('PATCH', /^\/webhooks/, { status: 401, body: { code: 50027, message: 'Invalid Webhook Token' } })
    assert.equal(textOf((await platform.edit(posted, plainMessage('Done.')))!), 'Done.')
  })

  it('cannot change after 15 minutes what only one person sees, and says so', async () => {
    const posted = await receiver.respondTo(ask, ({ address }, platform) =>
      platform.post(address, plainMessage('Secret.', { audience: 'asker' })),
    )
    assert.equal(
      textOf((await receiver.harness.platform.edit(posted, plainMessage('Secret still.', { audience: 'asker' })))!),
      'Secret still.',
    )
    receiver.advance(16 * 60_000)
    assert.equal(await receiver.harness.platform.edit(posted, plainMessage('Too late.', { audience: 'asker' })), undefined)
    await receiver.harness.platform.remove(posted)
  })

  it('responds by its own token to an interaction that is older than 15 minutes', async () => {
    const { address } = await receiver.respondTo(ask, async (incoming, platform) => {
      await platform.acknowledge(incoming.address, 'everyone')
      return incoming
    })
    receiver.advance(16 * 60_000)
    const { platform } = receiver.harness
    assert.equal(textOf(await platform.post(address, plainMessage('After all.', { nonce: 'k1' }))), 'After all.')
    const alone = await platform.post(address, plainMessage('For ann.', { audience: 'asker' }))
    assert.ok(!textsOf(bob()).includes(textOf(alone)))
  })

  it('fills after a restart what was acknowledged before it', async () => {
    const { address } = await receiver.respondTo(ask, async (incoming, platform) => {
      await platform.acknowledge(incoming.address, 'asker')
      return incoming
    })
    await receiver.harness.restart()
    const seen = textsOf().length
    const posted = await receiver.harness.platform.post(address, plainMessage('From the other process.', { audience: 'asker' }))
    assert.equal(textOf(posted), 'From the other process.')
    assert.equal(textsOf().length, seen)
    assert.ok(!textsOf(bob()).includes('From the other process.'))
  })

  it('gives after a restart the message that was posted with this nonce before it, and a new one for another', async () => {
    const outgoing = plainMessage('Only once.', { nonce: 'wk3j9x' })
    const [incoming, posted] = await receiver.respondTo(
      ask,
      async (one, platform) => [one, await platform.post(one.address, outgoing)] as const,
    )
    await receiver.harness.restart()
    assert.deepEqual((await receiver.harness.platform.post(incoming.address, outgoing)).messages, posted.messages)
    const end = await receiver.harness.platform.post(incoming.address, plainMessage('The end.', { nonce: 'k3j9x' }))
    assert.notDeepEqual(end.messages, posted.messages)
    await receiver.harness.restart()
    const again = await receiver.harness.platform.post(incoming.address, plainMessage('The end.', { nonce: 'k3j9x' }))
    assert.deepEqual(again.messages, end.messages)
    assert.equal(textsOf().filter((text) => text === 'The end.').length, 1)
  })

  it('makes one message where the response to its making is lost', async () => {
    const { server, platform } = receiver.harness
    const post = (nonce: string) =>
      receiver.respondTo(ask, ({ address }) => platform.post(address, plainMessage('Lost and found.', { nonce })))
    server.play('POST', /\/callback$/, { status: 502, after: true })
    await post('lost1')
    server.play('POST', /\/callback$/, { status: 404, body: { code: 10062, message: 'Unknown interaction' } })
    server.play('POST', /^\/channels\/\d+\/messages$/, { status: 502, after: true })
    await post('lost2')
    assert.equal(textsOf().filter((text) => text === 'Lost and found.').length, 2)
  })

  it('says nothing where the receiver says nothing, and people see no failure', async () => {
    const command = await receiver.harness.after(() => ask())
    await settled(() => command.state === 'responded' && !receiver.harness.server.state.messages.has(command.original!))
    const posted = await receiver.respondTo(ask, ({ address }, platform) =>
      platform.post(address, plainMessage('Press.', { buttons: [{ label: 'Gone', command: 'cancel job:x', style: 'usual' }] })),
    )
    const seen = textsOf().length
    const press = await receiver.harness.after(() => receiver.harness.actions.press(ann(), posted.messages[0]!, 'Gone'))
    await settled(() => press.state === 'responded')
    assert.equal(textsOf().length, seen)
    assert.equal(textOf(posted), 'Press.')
  })

  it('points to a direct message where it was asked for', async () => {
    const posted = await receiver.respondTo(ask, async ({ address }, platform) => {
      await platform.acknowledge(address, 'asker')
      return platform.post(address, plainMessage('Sent.', { audience: 'direct' }))
    })
    const message = receiver.harness.server.state.messages.get(posted.messages[0]!)!
    assert.ok(textsOf().some((text) => text.includes(`/@me/${message.channel}/${message.id}`)))
    assert.ok(!textsOf(bob()).some((text) => text.includes(message.id)))
  })

  it('takes back an acknowledgement for all, where the response is a direct message', async () => {
    const seen = textsOf(bob()).length
    await receiver.respondTo(ask, async ({ address }, platform) => {
      await platform.acknowledge(address, 'everyone')
      return platform.post(address, plainMessage('Sent too.', { audience: 'direct' }))
    })
    assert.equal(textsOf(bob()).length, seen)
  })

  it('shows to who asked alone, where they are, what cannot be sent to them', async () => {
    const { state } = receiver.harness.server
    state.closed.add(ann().id)
    const posted = await receiver.respondTo(ask, ({ address }, platform) =>
      platform.post(address, plainMessage('Not sent.', { audience: 'direct' })),
    )
    assert.equal(textOf(posted), 'Not sent.')
    assert.ok(!textsOf(bob()).includes('Not sent.'))
    const message = posted.messages[0]!
    await assert.rejects(
      receiver.respondTo(
        () => receiver.harness.actions.react(ann(), message, '✉️'),
        ({ address }, platform) => platform.post(address, plainMessage('Nor this.', { audience: 'direct' })),
      ),
      isUserError('direct-closed'),
    )
    state.closed.clear()
  })

  it('says what it may not do in a channel, and what to do about it', async () => {
    const { actions, server } = receiver.harness
    const { locked } = server.state.channels
    const incoming = await receiver.respondTo(
      () => ask({ channel: locked }),
      async (one) => one,
    )
    assert.deepEqual(incoming.channel.missing, ['Send Messages', 'Attach Files'])
    const posted = await receiver.respondTo(
      () => ask({ channel: locked }),
      ({ address }, platform) => platform.post(address, plainMessage('A response is always allowed.')),
    )
    const message = posted.messages[0]!
    const reacted = receiver.respondTo(
      () => actions.react(bob(), message, '🎲'),
      async (one, platform) => {
        assert.deepEqual(one.channel.missing, ['Send Messages', 'Attach Files'])
        return platform.post(one.address, plainMessage('Not here.'))
      },
    )
    await assert.rejects(reacted, isUserError('permissions-missing'))
  })

  it('says that a file is too large, by the limit of this person and place, and leaves the message as it was', async () => {
    const small = { sizeLimit: 1000 }
    const picture = pictureOf(new Uint8Array(2000))
    const incoming = await receiver.respondTo(
      () => ask(small),
      async (one) => one,
    )
    assert.equal(incoming.maxBytes, 1000)
    await assert.rejects(
      receiver.respondTo(
        () => ask(small),
        ({ address }, platform) => platform.post(address, plainMessage('Too large.', { picture })),
      ),
      isUserError('too-large'),
    )
    const posted = await receiver.respondTo(
      () => ask(small),
      ({ address }, platform) => platform.post(address, plainMessage('Waiting.')),
    )
    await assert.rejects(receiver.harness.platform.edit(posted, plainMessage('Done.', { picture })), isUserError('too-large'))
    assert.equal(textOf(posted), 'Waiting.')
    assert.ok(receiver.harness.platform.limits.maxBytes <= usualLimit)
  })

  it('responds where a user has installed it, as long as it may', async () => {
    const { server, platform } = receiver.harness
    const { state } = server
    const foreign = state.addChannel({ type: 0, name: 'elsewhere', deny: 1n << 10n })
    const incoming = await receiver.respondTo(
      () => ask({ channel: foreign, guest: true }),
      async (one) => one,
    )
    assert.deepEqual(incoming.channel.missing, [])
    const [first, second] = await receiver.respondTo(
      () => ask({ channel: foreign, guest: true }),
      async ({ address }) => [
        await platform.post(address, plainMessage('As a guest.', { nonce: 'g1' })),
        await platform.post(address, plainMessage('The end.', { nonce: 'g2' })),
      ],
    )
    assert.deepEqual({ first: textOf(first!), second: textOf(second!) }, { first: 'As a guest.', second: 'The end.' })
    receiver.advance(16 * 60_000)
    assert.equal(await platform.edit(first!, plainMessage('Too late.')), undefined)
  })

  it('says that it is too late for a dialog', async () => {
    const form = {
      title: 'Words',
      command: 'again',
      fixed: {},
      submit: 'Draw',
      fields: [{ name: 'page', label: 'Page', option: { kind: 'integer' as const, help: 'Which', min: 1, max: 9 } }],
    }
    const open = (wait: (incoming: Incoming, platform: Platform) => Promise<void>) =>
      receiver.respondTo(ask, async (incoming, platform) => {
        await wait(incoming, platform)
        await platform.open(incoming.address, form)
      })
    await assert.rejects(
      open(async () => receiver.advance(3100)),
      isUserError('dialog-too-late'),
    )
    await assert.rejects(
      open(({ address }, platform) => platform.acknowledge(address, 'asker')),
      isUserError('dialog-too-late'),
    )
  })

  it('waits where Discord says so, for one kind of call and for all', async () => {
    const { server, platform } = receiver.harness
    const posted = await receiver.respondTo(ask, ({ address }) => platform.post(address, plainMessage('Waiting.')))
    const limited = { status: 429, body: { message: 'You are being rate limited.', retry_after: 0.3, global: false } }
    server.play('PATCH', /^\/webhooks/, { ...limited, headers: { 'retry-after': '0.3', 'x-ratelimit-scope': 'user' } })
    assert.equal(textOf((await platform.edit(posted, plainMessage('Step 1.')))!), 'Step 1.')
    server.play('PATCH', /^\/webhooks/, {
      ...limited,
      body: { ...limited.body, global: true },
      headers: { 'retry-after': '0.3', 'x-ratelimit-global': 'true', 'x-ratelimit-scope': 'global' },
    })
    assert.equal(textOf((await platform.edit(posted, plainMessage('Step 2.')))!), 'Step 2.')
    const statuses = server.calls.slice(callsBefore).map(({ status }) => status)
    assert.deepEqual(statuses, [200, 429, 200, 429, 200])
  })

  it('gives a call back that would have to wait long: no refusal, but to be tried later', async () => {
    const { server, platform } = receiver.harness
    const posted = await receiver.respondTo(ask, ({ address }) => platform.post(address, plainMessage('Waiting.')))
    server.play('PATCH', /^\/webhooks/, {
      status: 429,
      body: { message: 'You are being rate limited.', retry_after: 600, global: false },
      headers: { 'retry-after': '600', 'x-ratelimit-scope': 'user' },
    })
    await assert.rejects(platform.edit(posted, plainMessage('Step 1.')), (error) => !(error instanceof UserError))
    server.play('PATCH', /^\/webhooks/, ...Array.from({ length: 10 }, () => ({ status: 503 })))
  })

  it('writes no token anywhere', async () => {
    const { server, warnings } = receiver.harness
    const unknown = 'interaction-token-that-discord-forgot'
    const focused = { name: 'style', type: 3, value: 'an', focused: true }
    const data = { id: '1', name: 'animate', type: 1, options: [focused] }
    server.gateway.send('INTERACTION_CREATE', { id: '1', token: unknown, type: 4, data, user: { id: '2', username: 'eve' }, version: 1 })
    await settled(() => warnings.length > 0)
    const tokens = [...server.state.interactions.keys(), server.token, unknown]
    const all = inspect(warnings, { depth: 10 })
    assert.ok(warnings.length > 0)
    assert.ok(!tokens.some((token) => all.includes(token)))
  })
})

/** Until it holds: what comes after the receiver has returned. */
async function settled(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    assert.ok(tries < 500, 'it came to rest')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

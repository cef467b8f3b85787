// Delivery: the whole chat in Slack. What users type, click and react to there goes through the real router, and its replies are on the screen.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Receiver } from '../../../src/chat/contract/platform.ts'
import { fixedCapacity } from '../../../src/jobs/capacity.ts'
import type { JobRenderer } from '../../../src/jobs/renderer.ts'
import { encode } from '../../../src/media/animation.ts'
import type { Store } from '../../../src/store/store.ts'
import type { Seen } from '../../suites/platform.ts'
import type { FakePlatform } from '../fake-platform.ts'
import { newFolder, openTestChat, type TestChat } from '../test-chat.ts'
import { type SlackHarness, startSlackHarness } from './harness.ts'
import { socketMode } from './transports.ts'

describe('requests in Slack', () => {
  let harness: SlackHarness
  let testChat: TestChat

  before(async () => {
    const chat: { receiver?: Receiver } = {}
    harness = await startSlackHarness(socketMode, {
      receive: async (incoming) => chat.receiver!.receive(incoming),
      complete: async (typing) => chat.receiver!.complete(typing),
    })
    // the harness has started the platform: the chat only begins to receive
    const platform = {
      ...harness.platform,
      start: async (receiver: Receiver) => {
        chat.receiver = receiver
        return harness.line
      },
      stop: async () => undefined,
    }
    testChat = await openTestChat({ folder: newFolder(), fake: { platform } as unknown as FakePlatform, renderer: gifRenderer })
  })
  after(async () => {
    await testChat.close()
    await harness.close()
  })

  const newest = async (person: 'ann' | 'bob', words: string): Promise<Seen> => {
    await testChat.quiet()
    const all = await harness.seen(person)
    const found = all.findLast(({ text }) => text.includes(words))
    assert.ok(found, `${person} sees '${words}' in ${JSON.stringify(all.map(({ text }) => text))}`)
    return found
  }

  test('a request ends in one message that loops, with its words, its seed and buttons', async () => {
    await harness.speak('ann', 'animate', { prompt: 'a red ball bouncing', style: 'anime', seed: '7' })
    const end = await newest('bob', 'a red ball bouncing')
    assert.equal(end.pictures.length, 1)
    assert.equal(Buffer.from(end.pictures[0]!).subarray(0, 3).toString(), 'GIF')
    for (const words of ['anime', '7', 'ann']) assert.ok(end.text.includes(words), words)
    assert.ok(end.buttons.length >= 5)
    assert.equal((await harness.seen('bob')).length, 1)
  })

  test('the die draws it again for whoever clicked it; the button does too', async () => {
    const first = await newest('bob', 'a red ball bouncing')
    await harness.react('bob', first.message, 'die')
    const again = await newest('bob', 'a red ball bouncing')
    assert.notEqual(again.message, first.message)
    assert.ok(again.text.includes('bob') && !again.text.includes('Seed 7 '))
    await harness.press('ann', again.message, 'Again')
    assert.notEqual((await newest('bob', 'a red ball bouncing')).message, again.message)
  })

  test('a private one is drawn in the conversation with the bot', async () => {
    await harness.speak('ann', 'animate', { prompt: 'a secret garden', private: true })
    const end = await newest('ann', 'a secret garden')
    assert.ok(end.message.startsWith('D'))
    assert.equal(end.pictures.length, 1)
    assert.ok(!(await harness.seen('bob')).some(({ text }) => text.includes('a secret garden')))
  })

  test('the command alone opens a dialog with pickers, which ends in an animation', async () => {
    await harness.speak('bob', 'animate', {})
    const dialog = await harness.opened('bob')
    assert.ok(dialog && 'prompt' in dialog.values && 'style' in dialog.values)
    await harness.submit('bob', { prompt: 'a boat from a dialog', frames: '8', aspect: 'wide', style: 'sepia', private: 'no' })
    const end = await newest('ann', 'a boat from a dialog')
    assert.ok(end.text.includes('sepia'))
    const offered = await harness.complete('bob', 'animate', 'style', 'ani')
    assert.deepEqual(
      offered.map(({ value }) => value),
      ['anime'],
    )
  })

  test('what is taken out of a dialog is gone, and what is left alone stays', async () => {
    await harness.speak('ann', 'animate', { prompt: 'a gull in fog', style: 'anime', negative: 'rain' })
    const first = await newest('bob', 'a gull in fog')
    assert.ok(first.text.includes('anime') && first.text.includes('rain'))
    await harness.press('ann', first.message, 'Change words')
    await harness.submit('ann', { prompt: 'a gull in the sun' })
    const same = await newest('bob', 'a gull in the sun')
    assert.ok(same.text.includes('anime') && same.text.includes('rain'))
    await harness.press('ann', first.message, 'Change words')
    await harness.submit('ann', { prompt: 'a gull at night', negative: '', style: '', seed: '' })
    const bare = await newest('bob', 'a gull at night')
    assert.ok(!bare.text.includes('anime') && !bare.text.includes('rain'), bare.text)
  })

  test('what cannot be drawn there is refused to the asker alone, with the step', async () => {
    const { ids } = harness.server
    await harness.slash(ids.ann, 'animate a cat', { channel_id: ids.elsewhere, channel_name: 'elsewhere' })
    const refusal = await newestSoon('ann', '/invite @zoetrope')
    assert.deepEqual(refusal.pictures, [])
    assert.ok(!(await harness.seen('bob')).some(({ text }) => text.includes('/invite')))
  })

  test('a list of styles is for the asker, and its examples of other formats stay out of the way', async () => {
    await harness.speak('ann', 'styles', {})
    const list = await newest('ann', 'dark outlines')
    assert.deepEqual(list.pictures, [])
    assert.ok(list.buttons.length > 0)
  })

  test('what is said is said once, though Slack took it and its word of that was lost', async () => {
    const { server } = harness
    const { ann } = server.ids
    const opened = await server.state('conversations.open', { users: ann })
    const channel = (opened['channel'] as { id: string }).id
    const times = async () => (await harness.seen('ann')).filter(({ text }) => text.includes('Nothing is waiting')).length
    server.play('chat.postEphemeral', async ({ method, args }) => {
      const { message_ts: ts } = await server.state(method, args)
      server.ephemerals.push({ user: ann, channel: String(args['channel']), ts: String(ts), args })
      return { status: 503, body: 'gateway' }
    })
    await harness.speak('ann', 'queue', {})
    assert.equal(await times(), 1, 'where others read along')
    server.play('chat.postMessage', async ({ method, args }) => {
      await server.state(method, args)
      return { status: 503, body: 'gateway' }
    })
    await harness.slash(ann, 'queue', { channel_id: channel, channel_name: 'directmessage' })
    for (let n = 0; server.calls.at(-1)?.method !== 'conversations.history' && n < 500; n++) await sleep(10)
    await sleep(1000)
    assert.equal(await times(), 2, 'alone with the bot')
  })

  async function newestSoon(person: 'ann' | 'bob', words: string): Promise<Seen> {
    for (let n = 0; n < 100; n++) {
      const found = (await harness.seen(person)).find(({ text }) => text.includes(words))
      if (found) return found
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error(`${words} was not seen`)
  }
})

/** Draws a small GIF at once, another for each seed. */
function gifRenderer(blobs: Store['blobs']): JobRenderer {
  return {
    ...fixedCapacity(1),
    async render(job, { onProgress }) {
      onProgress({ stage: 'denoising', step: 1, of: 2 })
      const light = Number(BigInt(job.request.seed) % 200n)
      const data = Uint8Array.from({ length: 3 * 16 * 16 * 3 }, (_, i) => (i + light) % 251)
      const { bytes } = await encode({ count: 3, width: 16, height: 16, data }, { format: 'gif', fps: 8 })
      const blob = `${job.id}.gif`
      await blobs.put(blob, bytes)
      const details = { format: 'gif', width: 16, height: 16, frames: 3, fps: 8, bytes: bytes.length, notes: [] } as const
      return { result: { blob, details }, renderMs: 20 }
    },
  }
}

// A whole bot in a Slack of this process: real scheduler, journal, store and router, real Bolt.

import type { Receiver } from '../../../src/chat/contract/platform.ts'
import type { JobRenderer } from '../../../src/jobs/renderer.ts'
import type { AnimationRequest } from '../../../src/jobs/request.ts'
import { encode } from '../../../src/media/animation.ts'
import type { Store } from '../../../src/store/store.ts'
import type { FakePlatform } from '../../chat/fake-platform.ts'
import type { JsonObject } from '../../chat/slack/calls.ts'
import { eventOf, type SlackHarness, startSlackHarness } from '../../chat/slack/harness.ts'
import { socketMode } from '../../chat/slack/transports.ts'
import { newFolder, openTestChat, type TestChat } from '../../chat/test-chat.ts'
import type { Person, Seen } from '../../suites/platform.ts'
import { gatedRenderer } from './gated-renderer.ts'
import { waitUntil } from './wait-until.ts'

export interface SlackBot {
  readonly harness: SlackHarness
  readonly testChat: TestChat
  /** Somebody mentions the bot in the channel. `text` is as Slack hands it over, `{bot}` the mention. */
  mention(user: string, text: string, more?: JsonObject): Promise<void>
  mentionEvent(user: string, text: string, more?: JsonObject): JsonObject
  /** What ann has asked for, newest first. */
  requests(): readonly AnimationRequest[]
  soon(person: Person, words: RegExp, where?: (seen: Seen) => boolean): Promise<Seen>
  close(): Promise<void>
}

let stamps = 0

export async function openSlackBot(renderer?: (blobs: Store['blobs']) => JobRenderer): Promise<SlackBot> {
  const chat: { receiver?: Receiver } = {}
  const harness = await startSlackHarness(socketMode, {
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
  const { make } = gatedRenderer(smallGif, { format: 'gif', open: true })
  const testChat = await openTestChat({ folder: newFolder(), fake: { platform } as unknown as FakePlatform, renderer: renderer ?? make })
  const { ids } = harness.server

  function mentionEvent(user: string, text: string, more: JsonObject = {}): JsonObject {
    const ts = `${Math.floor(Date.now() / 1000)}.${String(100_000 + stamps++)}`
    const said = text.includes('{bot}') ? text.replaceAll('{bot}', `<@${ids.bot}>`) : `<@${ids.bot}> ${text}`
    return eventOf(ids.team, { type: 'app_mention', user, text: said, ts, channel: ids.channel, event_ts: ts, ...more })
  }

  return {
    harness,
    testChat,
    mentionEvent,
    mention: async (user, text, more) => void (await harness.send('events_api', mentionEvent(user, text, more))),
    requests() {
      const ann = { platform: 'slack', space: ids.team, person: ids.ann }
      return testChat.scheduler.jobsOf(ann, { from: 0, limit: 99 }).jobs.map(({ request }) => request)
    },
    soon: (person, words, where = () => true) =>
      waitUntil(`${words}`, async () => (await harness.seen(person)).find((seen) => words.test(seen.text) && where(seen))),
    async close() {
      await testChat.close()
      await harness.close()
    },
  }
}

/** A real GIF of three frames. */
export async function smallGif(): Promise<Uint8Array> {
  const data = Uint8Array.from({ length: 3 * 16 * 16 * 3 }, (_, i) => (i * 5 + stamps++) % 251)
  return (await encode({ count: 3, width: 16, height: 16, data }, { format: 'gif', fps: 8 })).bytes
}

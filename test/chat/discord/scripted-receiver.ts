// A scripted receiver: each test decides how it responds to what the adapter receives from a Discord of this process.

import type { Choice, Incoming } from '../../../src/chat/contract/incoming.ts'
import type { Outgoing } from '../../../src/chat/contract/outgoing.ts'
import type { Platform } from '../../../src/chat/contract/platform.ts'
import { type DiscordHarness, makeDiscordHarness } from './harness.ts'

export interface ScriptedReceiver {
  readonly harness: DiscordHarness
  readonly received: Incoming[]
  /** What it does with what is received next. */
  respond: (incoming: Incoming, platform: Platform) => Promise<unknown>
  choices: () => Promise<readonly Choice[]>
  /** Later, by Discord's clock and the platform's. */
  advance(ms: number): void
  /** Does something and responds to it; gives what the response returned or threw. */
  respondTo<T>(act: () => unknown, how: (incoming: Incoming, platform: Platform) => Promise<T>): Promise<T>
}

export async function makeScriptedReceiver(): Promise<ScriptedReceiver> {
  let aheadMs = 0
  const received: Incoming[] = []
  const harness = await makeDiscordHarness(
    {
      async receive(incoming) {
        received.push(incoming)
        await receiver.respond(incoming, harness.platform)
      },
      complete: () => receiver.choices(),
    },
    { nowMs: () => Date.now() + aheadMs },
  )
  const receiver: ScriptedReceiver = {
    harness: harness,
    received: received,
    respond: async () => undefined,
    choices: async () => [],
    advance(ms) {
      aheadMs += ms
    },
    async respondTo(act, how) {
      let outcome: { readonly value: Awaited<ReturnType<typeof how>> } | { readonly error: unknown } | undefined
      receiver.respond = async (incoming, platform) => {
        try {
          outcome = { value: await how(incoming, platform) }
        } catch (error) {
          outcome = { error }
        }
      }
      await harness.after(act)
      receiver.respond = async () => undefined
      if (!outcome) throw new Error('nothing was received')
      if ('error' in outcome) throw outcome.error
      return outcome.value
    },
  }
  return receiver
}

export function plainMessage(text: string, more: Partial<Outgoing> = {}): Outgoing {
  return { audience: 'everyone', tone: 'plain', text, ...more }
}

export function pictureOf(bytes: Uint8Array): NonNullable<Outgoing['picture']> {
  return { bytes, format: 'webp', width: 8, height: 8, fileName: 'zoetrope-k3j9x.webp', alt: 'Animation: a red ball' }
}

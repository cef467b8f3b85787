// A house whose answers each test decides, on the platform on a local Discord.

import type { Choice, Incoming } from '../../../src/chat/contract/incoming.ts'
import type { Outgoing } from '../../../src/chat/contract/outgoing.ts'
import type { Platform } from '../../../src/chat/contract/platform.ts'
import { makeScene, type Scene } from './harness.ts'

export interface House {
  readonly scene: Scene
  readonly heard: Incoming[]
  /** What the house does with what it hears next. */
  answer: (incoming: Incoming, platform: Platform) => Promise<unknown>
  choices: () => Promise<readonly Choice[]>
  /** Later, by Discord's clock and the platform's. */
  pass(ms: number): void
  /** Does something and answers it; gives what the answer returned or threw. */
  told<T>(act: () => unknown, how: (incoming: Incoming, platform: Platform) => Promise<T>): Promise<T>
}

export async function makeHouse(): Promise<House> {
  let aheadMs = 0
  const heard: Incoming[] = []
  const scene = await makeScene(
    {
      async receive(incoming) {
        heard.push(incoming)
        await contexts.answer(incoming, scene.platform)
      },
      complete: () => contexts.choices(),
    },
    { nowMs: () => Date.now() + aheadMs },
  )
  const contexts: House = {
    scene,
    heard,
    answer: async () => undefined,
    choices: async () => [],
    pass(ms) {
      aheadMs += ms
    },
    async told(act, how) {
      let outcome: { readonly value: Awaited<ReturnType<typeof how>> } | { readonly error: unknown } | undefined
      contexts.answer = async (incoming, platform) => {
        try {
          outcome = { value: await how(incoming, platform) }
        } catch (error) {
          outcome = { error }
        }
      }
      await scene.after(act)
      contexts.answer = async () => undefined
      if (!outcome) throw new Error('nothing was heard')
      if ('error' in outcome) throw outcome.error
      return outcome.value
    },
  }
  return contexts
}

export function words(text: string, more: Partial<Outgoing> = {}): Outgoing {
  return { audience: 'everyone', tone: 'plain', text, ...more }
}

export function pictureOf(bytes: Uint8Array): NonNullable<Outgoing['picture']> {
  return { bytes, format: 'webp', width: 8, height: 8, fileName: 'zoetrope-k3j9x.webp', alt: 'Animation: a red ball' }
}

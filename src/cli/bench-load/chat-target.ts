// A load target that is the whole chat: what simulated users type goes through router, contexts and delivery, with the real store, to a
// platform that answers at once and keeps nothing.

import { commands } from '../../../commands/index.ts'
import { formats } from '../../animation-format.ts'
import { createChat } from '../../chat/chat.ts'
import type { StyleSource } from '../../chat/context/style-source.ts'
import type { ModelSummary } from '../../chat/contract/command-context.ts'
import type { Incoming } from '../../chat/contract/incoming.ts'
import type { Platform, PlatformLimits, Receiver } from '../../chat/contract/platform.ts'
import type { StyleAdmin } from '../../chat/contract/style-admin.ts'
import { noObserver } from '../../chat/observer.ts'
import { createLog } from '../../log.ts'
import type { Json } from '../../store/json.ts'
import { openStore } from '../../store/store.ts'
import { systemClock } from '../../system-clock.ts'
import type { OpenLoadTarget } from './load-target.ts'
import { usualSettings } from './simulated-users.ts'

/** Discord's, whose messages are changed most often. */
const limits: PlatformLimits = {
  responseMs: 3000,
  maxBytes: 10 * 2 ** 20,
  formats,
  previews: true,
  edits: { perMinute: 30, per: 'message' },
  textChars: 2000,
  quoteChars: 1000,
  factChars: 1000,
  facts: 25,
  items: 10,
  buttons: 25,
  choices: 25,
}

/** A usual animation of the model that ships. */
const drawnBytes = 150_000

/** @param folder of the store */
export const openChatTarget =
  (folder: string): OpenLoadTarget =>
  async ({ scheduler, limits: perUser, clock }) => {
    const store = await openStore({ folder })
    const waiting = new Map<string, () => void>()
    let receiver: Receiver | undefined
    let events = 0
    let posts = 0

    const acknowledged = (address: Json): void => {
      const event = String(address)
      waiting.get(event)?.()
      waiting.delete(event)
    }
    const platform: Platform = {
      name: 'bench',
      limits,
      async start(listening) {
        receiver = listening
        return 'users are here'
      },
      stop: async () => undefined,
      trouble: () => undefined,
      acknowledge: async (address) => acknowledged(address),
      async post(address) {
        acknowledged(address)
        const message = `m${posts++}`
        return { handle: message, messages: [message] }
      },
      edit: async (posted) => posted,
      remove: async () => undefined,
      open: async (address) => acknowledged(address),
    }
    const chat = createChat({
      commands,
      scheduler,
      store,
      styles: noStyles,
      styleAdminFor: noStyleAdmin,
      retentionDays: 30,
      limits: perUser,
      clock: { ...systemClock, ...clock },
      log: createLog({ level: 'warn' }),
      observer: noObserver,
      platforms: () => [platform],
    })
    await chat.start(() => undefined)
    const bytes = new Uint8Array(drawnBytes)

    return {
      async ask(owner, { prompt, negative, width, height, frames, steps, guidance, seed, format }) {
        const id = `e${events++}`
        const incoming: Incoming = {
          id,
          owner,
          name: owner.person,
          asker: { admin: false, operator: false, roles: [] },
          channel: { id: 'c', ageRestricted: false, direct: false, missing: [] },
          address: id,
          locale: 'en',
          kind: 'command',
          command: 'animate',
          options: { prompt, negative, size: `${width}x${height}`, frames, steps, guidance, seed, format },
        }
        const beganMs = performance.now()
        let ms = Infinity
        waiting.set(id, () => {
          ms = performance.now() - beganMs
        })
        await receiver!.receive(incoming)
        return ms
      },
      keep: (blob) => store.blobs.put(blob, bytes),
      ended: () => undefined,
      async quiet() {
        while (scheduler.untold().length > 0) await new Promise((resolve) => setTimeout(resolve, 20))
      },
      async close() {
        await chat.stop()
        await store.close()
      },
    }
  }

const model: ModelSummary = {
  name: 'bench',
  ...usualSettings,
  // Whoever asks for far more than a model's own size is asked back.
  width: 512,
  height: 512,
  negative: '',
  maxFrames: 128,
  positions: { maxFrames: 32 },
  multiple: 8,
}

const noStyles: StyleSource = {
  list: async () => [],
  find: async () => undefined,
  search: async () => [],
  model: async () => model,
  picture: async () => undefined,
}

const noStyleAdmin = (): StyleAdmin => {
  throw new Error('nobody manages styles here')
}

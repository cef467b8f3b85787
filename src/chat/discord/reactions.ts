// The bot's own reactions under its messages. They come after the message and never hold it up; where they may not be put, the
// buttons are there.

import { Routes } from 'discord.js'
import { type Reaction, reactions } from '../contract/reactions.ts'
import type { Handle } from './address.ts'
import type { SendRestCall } from './rest/rest-calls.ts'

export interface Reactions {
  /** Puts those that are missing, takes away those that are too many. Gives the handle as it then is. */
  put(handle: Handle, wanted: readonly Reaction[]): Handle
  settled(): Promise<void>
}

export function createReactions(call: SendRestCall, warn: (error: unknown) => void): Reactions {
  const busy = new Map<string, Promise<void>>()

  async function change({ channel, message }: Handle, add: readonly string[], drop: readonly string[]): Promise<void> {
    for (const [emojis, method] of [[drop, 'DELETE'] as const, [add, 'PUT'] as const]) {
      for (const emoji of emojis) {
        await call({ method, path: Routes.channelMessageOwnReaction(channel, message, encodeURIComponent(emoji)) })
      }
    }
  }

  return {
    put(handle, wanted) {
      const faces = wanted.map((mark) => reactions[mark].emoji)
      const add = faces.filter((emoji) => !handle.marks.includes(emoji))
      const drop = handle.marks.filter((emoji) => !faces.includes(emoji))
      if (add.length + drop.length === 0) return handle
      const { message } = handle
      const done = (busy.get(message) ?? Promise.resolve())
        .then(() => change(handle, add, drop))
        .catch(warn)
        .finally(() => {
          if (busy.get(message) === done) busy.delete(message)
        })
      busy.set(message, done)
      return { ...handle, marks: faces }
    },
    async settled() {
      while (busy.size > 0) await Promise.all(busy.values())
    },
  }
}

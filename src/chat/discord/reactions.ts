// The bot's own reactions to its messages. They come after the message and never hold it up; where they may not be put, the buttons are there.

import { Routes } from 'discord.js'
import { keyedSerial } from '../../keyed-serial.ts'
import { type Reaction, reactions } from '../contract/reactions.ts'
import { createInFlight } from '../in-flight.ts'
import type { Handle } from './address.ts'
import type { SendRestCall } from './rest/rest-calls.ts'

export interface Reactions {
  /** Puts those that are missing, takes away those that are too many. Gives the handle as it then is. */
  put(handle: Handle, wanted: readonly Reaction[]): Handle
  settled(): Promise<void>
}

export function createReactions(call: SendRestCall, warn: (error: unknown) => void): Reactions {
  const ofMessage = keyedSerial()
  const inFlight = createInFlight()

  async function change({ channel, message }: Handle, add: readonly string[], drop: readonly string[]): Promise<void> {
    for (const [emojis, method] of [[drop, 'DELETE'] as const, [add, 'PUT'] as const]) {
      for (const emoji of emojis) {
        await call({ method, path: Routes.channelMessageOwnReaction(channel, message, encodeURIComponent(emoji)) })
      }
    }
  }

  return {
    put(handle, wanted) {
      const emojis = wanted.map((reaction) => reactions[reaction].emoji)
      const add = emojis.filter((emoji) => !handle.marks.includes(emoji))
      const drop = handle.marks.filter((emoji) => !emojis.includes(emoji))
      if (add.length + drop.length === 0) return handle
      void inFlight.track(ofMessage(handle.message, () => change(handle, add, drop)).catch(warn))
      return { ...handle, marks: emojis }
    },
    settled: inFlight.settled,
  }
}

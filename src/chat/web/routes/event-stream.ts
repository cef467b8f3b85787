// The event stream (Server-Sent Events): what changed in the conversation, for one browser. One that was away says where it stopped and gets the rest;
// a slow one gets the newest state of what has changed meanwhile, never a queue of old ones.

import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import { withTimeout } from '../../time-limit.ts'
import type { ShownMessage } from '../page-json.ts'
import type { ConversationStore, StoredMessageRow } from '../storage/conversation-store.ts'

export interface EventsOptions {
  readonly conversation: ConversationStore
  /** Of the file: revisions of another one mean nothing. */
  readonly id: string
  readonly person: string
  readonly show: (row: StoredMessageRow) => ShownMessage
  /** Aborted when the platform stops. */
  readonly stopping: AbortSignal
  readonly ended: () => void
}

/** How much is told at once: what stands further back is asked for. */
export const mostAtOnce = 60
/** Proxies close what is silent for long. */
const silenceMs = 20_000
/** A browser that takes nothing for so long is gone, or keeps the place from others. */
const stuckMs = 60_000

export function streamEvents(c: Context, { conversation, id, person, show, stopping, ended }: EventsOptions): Response {
  const last = /^([0-9a-f]{8})-(\d{1,15})$/.exec(c.req.header('last-event-id') ?? c.req.query('after') ?? '')
  let at = last && last[1] === id ? Number(last[2]) : 0
  // proxies that gather a response before they pass it on would gather this one for ever
  c.header('X-Accel-Buffering', 'no')
  return streamSSE(c, async (stream) => {
    const bell = createBell()
    const take = taking(stream, (c.env as HttpBindings).outgoing)
    const unlisten = conversation.listen(bell.ring)
    stream.onAbort(bell.ring)
    stopping.addEventListener('abort', bell.ring)
    try {
      while (!stream.aborted && !stopping.aborted) {
        const revision = conversation.revision()
        const { reset, rows } = conversation.since(person, at, mostAtOnce)
        if (reset) await take(() => stream.writeSSE({ event: 'reset', data: '' }))
        for (const row of rows) {
          // after a reset they come in the order of the conversation: only the whole of them is a place to resume at
          const where = reset ? {} : { id: `${id}-${row.revision}` }
          await take(() => stream.writeSSE({ event: 'message', data: JSON.stringify(show(row)), ...where }))
        }
        if (reset) await take(() => stream.writeSSE({ event: 'caught-up', data: String(rows.length), id: `${id}-${revision}` }))
        at = revision
        if (!(await bell.rung(silenceMs))) await take(() => stream.write(': still here\n\n'))
      }
    } finally {
      unlisten()
      stopping.removeEventListener('abort', bell.ring)
      ended()
    }
  })
}

/** Waits until the browser has taken what was written, but not for ever. */
function taking(stream: SSEStreamingApi, connection: HttpBindings['outgoing']): (write: () => Promise<unknown>) => Promise<void> {
  return async (write) => {
    if (stream.aborted) return
    await withTimeout(stuckMs, write(), () => {
      stream.abort()
      connection.destroy()
    })
  }
}

/** Remembers one ring until somebody has waited for it. */
function createBell(): { ring: () => void; rung: (waitMs: number) => Promise<boolean> } {
  let rang = false
  let wake: (() => void) | undefined
  return {
    ring() {
      rang = true
      wake?.()
    },
    async rung(waitMs) {
      if (!rang) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, waitMs)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
        wake = undefined
      }
      const result = rang
      rang = false
      return result
    },
  }
}

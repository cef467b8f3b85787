// An edit queue: messages change no faster than the platform allows, each to its newest state only, and the last edit is never delayed.
// Messages that share a budget take turns; those that are being drawn and those that wait alternate, so that neither starves the other.

import type { Clock } from '../../../clock.ts'
import type { EditLimits } from '../../contract/platform.ts'

export interface EditQueue {
  /** Changes the message when its turn comes; an offer that still waits is replaced. `edit` says whether it sent anything, and never rejects. */
  offer(target: EditTarget, edit: () => Promise<boolean>): void
  /**
   * For the last edit of a message: drops the offer that waits, and resolves once none is under way, or has been for too long.
   * The last edit counts against the budget of the others and is not held back by it.
   */
  clear(target: Omit<EditTarget, 'running'>): Promise<void>
  /** Drops everything, also later offers; resolves once no edit is under way. */
  stop(): Promise<void>
}

export interface EditTarget {
  readonly message: string
  readonly space: string
  readonly running: boolean
}

/** Messages that share a budget. */
interface Lane {
  nextMs: number
  /** What is being drawn, and what waits; in the order in which they were first offered. */
  readonly waiting: readonly [Map<string, () => Promise<boolean>>, Map<string, () => Promise<boolean>>]
  turn: 0 | 1
  busy?: { readonly message: string; readonly done: Promise<void> } | undefined
  timer?: (() => void) | undefined
}

/** An edit that hangs is no longer waited for: by the next one, or by the result. */
const longestEditMs = 10_000

export function createEditQueue({ perMinute, per }: EditLimits, clock: Clock): EditQueue {
  const everyMs = 60_000 / perMinute
  const lanes = new Map<string, Lane>()
  let stopped = false

  function offer({ message, space, running }: EditTarget, edit: () => Promise<boolean>): void {
    if (stopped) return
    const { key, lane } = laneOf(message, space)
    lane.waiting[running ? 1 : 0].delete(message)
    lane.waiting[running ? 0 : 1].set(message, edit)
    wake(key, lane)
  }

  function laneOf(message: string, space: string): { readonly key: string; readonly lane: Lane } {
    const key = per === 'message' ? message : space
    const lane: Lane = lanes.get(key) ?? { nextMs: 0, waiting: [new Map(), new Map()], turn: 0 }
    lanes.set(key, lane)
    return { key, lane }
  }

  /** An idle lane is forgotten once its budget would be whole again. */
  function wake(key: string, lane: Lane): void {
    if (lane.busy || stopped) return
    lane.timer?.()
    const wait = Math.max(0, lane.nextMs - clock.nowMs())
    lane.timer = clock.after(isIdle(lane) ? wait + everyMs : wait, () => {
      lane.timer = undefined
      if (isIdle(lane)) lanes.delete(key)
      else next(key, lane)
    })
  }

  function next(key: string, lane: Lane): void {
    lane.turn = lane.waiting[lane.turn === 0 ? 1 : 0].size > 0 ? (lane.turn === 0 ? 1 : 0) : lane.turn
    const [message, edit] = lane.waiting[lane.turn].entries().next().value!
    lane.waiting[lane.turn].delete(message)
    const done = withTimeLimit(Promise.resolve().then(edit)).then((sent) => {
      if (sent) spend(lane)
      lane.busy = undefined
      wake(key, lane)
    })
    lane.busy = { message, done }
  }

  /** Also what went out ahead of its time is made up for. */
  function spend(lane: Lane): void {
    lane.nextMs = Math.max(lane.nextMs, clock.nowMs()) + everyMs
  }

  function withTimeLimit(sent: Promise<boolean>): Promise<boolean> {
    return new Promise((resolve) => {
      const callOff = clock.after(longestEditMs, () => resolve(true))
      sent.then((value) => {
        callOff()
        resolve(value)
      })
    })
  }

  async function clear({ message, space }: Omit<EditTarget, 'running'>): Promise<void> {
    if (stopped) return
    const { key, lane } = laneOf(message, space)
    for (const offers of lane.waiting) offers.delete(message)
    if (lane.busy?.message === message) await lane.busy.done
    spend(lane)
    wake(key, lane)
  }

  async function stop(): Promise<void> {
    stopped = true
    const all = [...lanes.values()]
    lanes.clear()
    for (const { timer } of all) timer?.()
    await Promise.all(all.map(({ busy }) => busy?.done))
  }

  return { offer, clear, stop }
}

function isIdle({ waiting }: Lane): boolean {
  return waiting.every(({ size }) => size === 0)
}

// A manual clock: time that is moved by hand. Timers are called in the order of their times, those of one time in the order of setting.

import type { Clock } from '../../src/clock.ts'

export interface ManualClock extends Clock {
  /** Sets it, as an operator does: no timer comes due by it. */
  set(byMs: number): void
  /** Moves on, calling what comes due; what each call sets off is let finish before the next. */
  advance(ms: number): Promise<void>
  /** Moves to the next timer. False where there is none. */
  step(): Promise<boolean>
}

export function createManualClock(startMs = 1_000_000): ManualClock {
  let nowMs = startMs
  let setMs = 0
  let set = 0
  const timers = new Map<number, { readonly atMs: number; readonly call: () => void }>()

  function next(): number | undefined {
    let first: number | undefined
    for (const [id, { atMs }] of timers) if (first === undefined || atMs < timers.get(first)!.atMs) first = id
    return first
  }

  async function fire(id: number): Promise<void> {
    const { atMs, call } = timers.get(id)!
    timers.delete(id)
    nowMs = Math.max(nowMs, atMs)
    call()
    await settled()
  }

  return {
    nowMs: () => nowMs + setMs,
    steadyMs: () => nowMs,
    set(byMs) {
      setMs += byMs
    },
    after(ms, call) {
      const id = set++
      timers.set(id, { atMs: nowMs + ms, call })
      return () => void timers.delete(id)
    },
    async advance(ms) {
      const untilMs = nowMs + ms
      for (let id = next(); id !== undefined && timers.get(id)!.atMs <= untilMs; id = next()) await fire(id)
      nowMs = untilMs
      await settled()
    },
    async step() {
      const id = next()
      if (id === undefined) return false
      await fire(id)
      return true
    },
  }
}

/** Until every promise that can settle by itself has. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

// A clock that tests move by hand.

import type { Clock } from '../../src/chat/clock.ts'

export interface HandClock extends Clock {
  /** Moves on, calling what falls due on the way, in its order; lets promises settle in between. */
  pass(ms: number): Promise<void>
}

export function handClock(startMs = 1_000_000): HandClock {
  let nowMs = startMs
  const due: { atMs: number; call: () => void }[] = []
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  return {
    nowMs: () => nowMs,
    after(ms, call) {
      const entry = { atMs: nowMs + ms, call }
      due.push(entry)
      return () => {
        const at = due.indexOf(entry)
        if (at >= 0) due.splice(at, 1)
      }
    },
    async pass(ms) {
      const untilMs = nowMs + ms
      for (;;) {
        await settle()
        const next = due.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
        if (!next) break
        due.splice(due.indexOf(next), 1)
        nowMs = Math.max(nowMs, next.atMs)
        next.call()
      }
      nowMs = untilMs
      await settle()
    },
  }
}

// A measurement: what was measured, beside what is wanted.

import type { Print } from '../terminal/plain-text.ts'

export interface Measurement {
  readonly what: string
  readonly got: string
  /** Absent: told, not judged. */
  readonly wanted?: { readonly words: string; readonly met: boolean }
}

export const seconds = (s: number): string => `${s < 10 ? s.toFixed(2) : s.toFixed(1)} s`
export const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`

export const atMost = (what: string, got: number, limit: number, inUnits: (value: number) => string): Measurement => ({
  what,
  got: inUnits(got),
  wanted: { words: `at most ${inUnits(limit)}`, met: got <= limit },
})

export const atLeast = (what: string, got: number, limit: number): Measurement => ({
  what,
  got: got.toFixed(2),
  wanted: { words: `at least ${limit.toFixed(2)}`, met: got >= limit },
})

/** One line, in columns that all of ours fit. */
export function printMeasurement({ what, got, wanted }: Measurement, print: Print): void {
  const judged = wanted ? `  ${wanted.words}${wanted.met ? '' : '  MISSED'}` : ''
  print(`${what.padEnd(58)}${got.padStart(12)}${judged}`.trimEnd())
}

// A finding of the doctor: one thing that was looked at, what it is, and how to mend it where it is not right.

export interface Finding {
  readonly what: string
  /** `off` is what nobody asked for. */
  readonly state: 'good' | 'poor' | 'bad' | 'off'
  readonly found: string
  /** What to do; always there where it is poor or bad. */
  readonly mend?: string
}

export const good = (what: string, found: string): Finding => ({ what, state: 'good', found })
export const poor = (what: string, found: string, mend: string): Finding => ({ what, state: 'poor', found, mend })
export const bad = (what: string, found: string, mend: string): Finding => ({ what, state: 'bad', found, mend })
export const off = (what: string, found: string): Finding => ({ what, state: 'off', found })

/** What a sentence of ours says is wrong holds its own remedy. */
export function badly(what: string, error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error)
  return bad(what, 'refused', message)
}

// What people are told of a process that died over their request, by what it died of.

import { UserError } from '../../errors.ts'

export const deathCauses = ['killed', 'silent', 'garbled', 'ended'] as const

/** killed: from outside, as systems do that run out of memory; silent, garbled: it was ended for saying nothing, or nonsense. */
export type DeathCause = (typeof deathCauses)[number]

export interface Death {
  readonly cause: DeathCause
  /** For the operator: a signal's name, an exit code, or why it was ended. */
  readonly how: string
}

/** @param code of a process that has ended by itself or by a signal */
export function deathOf(code: number | null, signal: NodeJS.Signals | null): Death {
  return { cause: signal === 'SIGKILL' ? 'killed' : 'ended', how: signal ?? `code ${code}` }
}

export function silentFor(ms: number): Death {
  return { cause: 'silent', how: `no answer for ${Math.round(ms / 1000)} s` }
}

/** By what a process was doing. */
const codes = {
  draws: { killed: 'worker-killed', silent: 'worker-silent', garbled: 'worker-garbled', ended: 'worker-died' },
  learns: { killed: 'trainer-killed', silent: 'trainer-silent', garbled: 'trainer-garbled', ended: 'trainer-died' },
} as const satisfies Record<string, Record<DeathCause, string>>

/** @returns UserError `worker-died`, `worker-killed`, `worker-silent` or `worker-garbled` { how }, or the same of a `trainer` */
export function processDied(does: keyof typeof codes, { cause, how }: Death): UserError {
  const less = does === 'draws' ? ': ask for a smaller size or fewer frames' : ''
  const sentences: Readonly<Record<DeathCause, string>> = {
    killed: `was killed, as a system does that runs out of memory${less}`,
    silent: 'gave no answer for so long that it was stopped: the log of the bot says more',
    garbled: 'gave an answer that is none, which is a fault of this program: its log says more',
    ended: `ended with ${how}: the log of the bot says more`,
  }
  const sentence = `Twice in a row this came to nothing; the last time the process that ${does} ${sentences[cause]}.`
  return new UserError(codes[does][cause], sentence, { how })
}

/** Where a process died that held a device. */
export function deathIn(error: unknown): Death | undefined {
  if (!(error instanceof UserError)) return undefined
  const cause = deathCauses.find((one) => error.code === codes.draws[one])
  return cause && { cause, how: String(error.data['how']) }
}

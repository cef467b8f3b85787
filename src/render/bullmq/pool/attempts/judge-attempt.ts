// A judge of attempts: what is to be done about one, from what BullMQ knows of it and what its host says.

import type { JobLook } from '../hosts/host-queue.ts'

export interface AttemptView {
  readonly found: JobLook
  /** Its host is known and speaks. */
  readonly host: 'there' | 'gone' | 'not heard of yet'
  /** Its host says that it works on it, now or before. */
  readonly begun: boolean
  /** Looks in a row that found its host not working on it. */
  readonly missed: number
  /** For longer than a message of Redis can be late. */
  readonly overdue: boolean
}

export type Verdict =
  | { readonly kind: 'wait' }
  | { readonly kind: 'settle'; readonly value: unknown }
  /** It was begun, and comes to nothing. @property revoke its host may still have it */
  | { readonly kind: 'lose'; readonly how: string; readonly revoke: boolean }
  /** It was never begun. */
  | { readonly kind: 'again'; readonly revoke: boolean }

const wait: Verdict = { kind: 'wait' }

export function judgeAttempt({ found, host, begun, missed, overdue }: AttemptView): Verdict {
  switch (found.state) {
    case 'ended':
      return { kind: 'settle', value: found.value }
    case 'failed':
      return { kind: 'lose', how: found.reason, revoke: false }
    case 'unknown':
      // It may be on its way still: one look more shows it.
      if (missed < 2) return wait
      return begun ? { kind: 'lose', how: 'Redis has lost it', revoke: false } : { kind: 'again', revoke: false }
    case 'waiting':
      return host === 'gone' || (host === 'there' && overdue) ? { kind: 'again', revoke: true } : wait
    case 'active':
      if (host === 'gone') return { kind: 'lose', how: 'its host is silent', revoke: true }
      if (host !== 'there' || !overdue) return wait
      // The answer of Redis that gave it to the host has been lost, or what the host has made of it.
      return begun ? { kind: 'lose', how: 'its host has dropped it', revoke: true } : { kind: 'again', revoke: true }
  }
}

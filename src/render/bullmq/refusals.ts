// Why GPU hosts give no animation, in the words that people are told.

import { UserError } from '../../errors.ts'
import type { KnownHost } from './host-registry.ts'
import { type RenderNeeds, whyNot } from './pick-host.ts'

/** Undefined where some host can hold it, or none is there that could. */
export function reasonsAgainst(hosts: readonly KnownHost[], needs: RenderNeeds): readonly string[] | undefined {
  const reasons = hosts.map((host) => whyNot(host, needs))
  return hosts.length > 0 && reasons.every((reason) => reason !== undefined) ? [...new Set(reasons)] : undefined
}

export function noHostHolds(reasons: readonly string[]): UserError {
  const why = reasons.map((reason) => `one ${reason}`).join('; ')
  return new UserError('no-host-holds', `No GPU host can draw this: ${why}.`, { reasons })
}

export function hostsUnreachable(): UserError {
  return new UserError('hosts-unreachable', 'The GPU hosts cannot be reached just now: try again later.')
}

/** An attempt that was begun and came to nothing. */
export interface LostRun {
  /** What failed: the process that holds the device, the host around it and the way there; or it hung. */
  readonly of: 'process' | 'host' | 'hung'
  readonly how: string
}

export function lostTwice({ of, how }: LostRun): UserError {
  return of === 'process'
    ? new UserError(
        'worker-died',
        'The process that draws ended twice on this, perhaps for want of memory: try a smaller size or fewer frames.',
        { how },
      )
    : new UserError('host-lost', 'The GPU host that drew this was lost, and so was the next: ask again.', { how })
}

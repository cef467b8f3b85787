// Why GPU hosts give no animation, in the words that people are told.

import { UserError } from '../../../errors.ts'
import type { LaneName } from '../../../jobs/lane.ts'
import { type Death, processDied } from '../../failures/process-died.ts'
import type { KnownHost } from './hosts/host-registry.ts'
import { type HostNeeds, keptFor, whyNot } from './hosts/pick-host.ts'

/**
 * Undefined where some host can hold it, or none is there that could.
 * @param avoid hosts that could not get its files
 */
export function reasonsAgainst(
  hosts: readonly KnownHost[],
  needs: HostNeeds,
  avoid: ReadonlySet<string> = new Set(),
): readonly string[] | undefined {
  const reasons = hosts.map((host) => whyNot(host, needs) ?? (avoid.has(host.host) ? 'could not get its files' : undefined))
  return hosts.length > 0 && reasons.every((reason) => reason !== undefined) ? [...new Set(reasons)] : undefined
}

/** @param reasons as `whyNot` gives them; none: no host is there at all */
export function noHostHolds(lane: LaneName, reasons: readonly string[]): UserError {
  const why = reasons.map((reason) => `one ${reason}`).join('; ')
  if (lane === 'training') {
    const because = reasons.length > 0 ? why : 'none is there'
    return new UserError('no-host-trains', `No GPU host can learn this: ${because}.`, { reasons })
  }
  if (reasons.every((reason) => reason === keptFor('trainings'))) {
    return new UserError('hosts-kept', 'Every GPU host that is there is kept for trainings: nothing is drawn until another comes.')
  }
  return new UserError('no-host-holds', `No GPU host can draw this: ${why}.`, { reasons })
}

export function hostsUnreachable(): UserError {
  return new UserError('hosts-unreachable', 'The GPU hosts cannot be reached just now: try again later.')
}

/** An attempt that was begun and came to nothing. */
export type LostRun = { readonly how: string } & (
  | ({ readonly of: 'process' } & Pick<Death, 'cause'>)
  /** The host around the process and the way there; or it hung. */
  | { readonly of: 'host' | 'hung' }
)

export function lostTwice(lane: LaneName, loss: LostRun): UserError {
  if (loss.of === 'process') return processDied(lane === 'drawing' ? 'draws' : 'learns', loss)
  const did = lane === 'drawing' ? 'drew' : 'learned'
  return new UserError('host-lost', `The GPU host that ${did} this was lost, and so was the next: ask again.`, { how: loss.how })
}

// What a GPU host takes: drawings, trainings of styles, or both. One that is kept for the one is never given the other.

import type { LaneName } from '../../jobs/lane.ts'

export const hostTakings = ['drawings', 'trainings', 'both'] as const

export type HostTakes = (typeof hostTakings)[number]

export function takesLane(takes: HostTakes, lane: LaneName): boolean {
  return takes === 'both' || takes === `${lane}s`
}

/** One a device. A training takes none of drawings: where both are taken, it waits while something is drawn. */
export function slotsFor({ takes, devices }: { readonly takes: HostTakes; readonly devices: readonly unknown[] }, lane: LaneName): number {
  return takesLane(takes, lane) ? devices.length : 0
}

// Run events: what whoever counts is told of one attempt at a GPU host.

import type { LostRun } from '../refusals.ts'

/** Of one attempt, at the host of that id and name. */
export type RunEvent = { readonly host: string; readonly name: string; readonly run: string } & (
  | { readonly kind: 'placed' }
  | { readonly kind: 'handed-back' }
  | ({ readonly kind: 'lost' } & LostRun)
  | { readonly kind: 'ended'; readonly device?: string; readonly renderMs?: number; readonly stepMs?: readonly number[] }
)

/** Which attempt an event is of. */
export const attemptAt = ({ host, name }: Pick<RunEvent, 'host' | 'name'>, run: string) => ({ host, name, run })

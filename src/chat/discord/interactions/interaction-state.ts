// Interaction state: what has become of each interaction. Discord wants one first response within 3 seconds, takes others for 15 minutes, and
// says of neither afterwards. Kept in memory only; after a restart interaction-responses.ts asks Discord.

import { type KeyedSerial, keyedSerial } from '../../../keyed-serial.ts'

/** open: no response yet · deferred: people see that one comes · answered: there is one · expired: none is taken any more. */
export type ResponseState = 'open' | 'deferred' | 'answered' | 'expired'

export interface InteractionState {
  readonly state: ResponseState
  /** Who asked alone sees what is deferred. */
  readonly ephemeral: boolean
}

export interface InteractionStates<Posted> {
  find(interaction: string): InteractionState | undefined
  set(interaction: string, state: InteractionState, nowMs: number): InteractionState
  /** What was posted there with this nonce. */
  postedWith(interaction: string, nonce: string): Posted | undefined
  rememberPosted(interaction: string, nonce: string, posted: Posted): void
  /** One after the other for each interaction: what the first one did decides what the second may. */
  readonly inTurn: KeyedSerial
}

/** Longer than any token lives. */
const keptMs = 20 * 60_000

export function createInteractionStates<Posted>(): InteractionStates<Posted> {
  const known = new Map<string, { state: InteractionState; readonly posted: Map<string, Posted>; readonly sinceMs: number }>()
  return {
    find: (interaction) => known.get(interaction)?.state,
    set(interaction, state, nowMs) {
      const before = known.get(interaction)
      if (before) before.state = state
      else {
        for (const [id, { sinceMs }] of known) {
          if (nowMs - sinceMs < keptMs) break
          known.delete(id)
        }
        known.set(interaction, { state, posted: new Map(), sinceMs: nowMs })
      }
      return state
    },
    postedWith: (interaction, nonce) => known.get(interaction)?.posted.get(nonce),
    rememberPosted: (interaction, nonce, posted) => void known.get(interaction)?.posted.set(nonce, posted),
    inTurn: keyedSerial(),
  }
}

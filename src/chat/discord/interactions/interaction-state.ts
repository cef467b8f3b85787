// What has become of each interaction: Discord wants one first answer within 3 seconds, takes others for 15 minutes, and says of
// neither afterwards. Kept in memory only; after a restart answering.ts asks Discord.

/** open: nothing was answered yet · waiting: people see that an answer comes · given: there is one · gone: no answer is taken any more. */
export type ResponseState = 'open' | 'waiting' | 'given' | 'gone'

export interface InteractionState {
  readonly state: ResponseState
  /** Who sees what is waiting. */
  readonly ephemeral: boolean
}

export interface InteractionStates<Told> {
  find(interaction: string): InteractionState | undefined
  set(interaction: string, answer: InteractionState, nowMs: number): InteractionState
  /** What was told there with this nonce. */
  told(interaction: string, nonce: string): Told | undefined
  tell(interaction: string, nonce: string, told: Told): void
  /** One after the other for each interaction: what the first one did decides what the second may. */
  inTurn<T>(interaction: string, act: () => Promise<T>): Promise<T>
}

/** Longer than any token lives. */
const keptMs = 20 * 60_000

export function createInteractionStates<Told>(): InteractionStates<Told> {
  const kept = new Map<string, { answer: InteractionState; readonly told: Map<string, Told>; readonly sinceMs: number }>()
  const turns = new Map<string, Promise<unknown>>()
  return {
    find: (interaction) => kept.get(interaction)?.answer,
    set(interaction, answer, nowMs) {
      const before = kept.get(interaction)
      if (before) before.answer = answer
      else {
        for (const [id, { sinceMs }] of kept) {
          if (nowMs - sinceMs < keptMs) break
          kept.delete(id)
        }
        kept.set(interaction, { answer, told: new Map(), sinceMs: nowMs })
      }
      return answer
    },
    told: (interaction, nonce) => kept.get(interaction)?.told.get(nonce),
    tell: (interaction, nonce, told) => void kept.get(interaction)?.told.set(nonce, told),
    async inTurn(interaction, act) {
      const mine = (turns.get(interaction) ?? Promise.resolve()).then(act, act)
      turns.set(interaction, mine)
      try {
        return await mine
      } finally {
        if (turns.get(interaction) === mine) turns.delete(interaction)
      }
    },
  }
}

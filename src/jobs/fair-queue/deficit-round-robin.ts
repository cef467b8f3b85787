// Deficit round robin (Shreedhar & Varghese, SIGCOMM 1995), its arithmetic: once a round everybody who waits gets one quantum of
// credit and is served while the credit covers the cost of what he asked first. Because the credit is known in advance, so is the
// round in which each cost is served: nothing need be simulated.

/** Somebody's standing: the round of the last turn, the credit left from it, and the seat within a round. */
export interface RoundRobinState {
  round: number
  credit: number
  seat: number
}

/** Somebody who comes now joins the next round, behind everybody who is there. */
export function join(round: number, seat: number): RoundRobinState {
  return { round, credit: 0, seat }
}

/** The round in which the costs up to and including this one have been covered. All integers, so exact. */
export function roundOf(state: RoundRobinState, costs: number, quantum: number): number {
  return state.round + Math.max(0, Math.ceil((costs - state.credit) / quantum))
}

/** The most that is served up to the end of a round; negative where the round is over. */
export function servedBy(state: RoundRobinState, round: number, quantum: number): number {
  return round < state.round ? -1 : (round - state.round) * quantum + state.credit
}

/** Serves one cost in the round that roundOf gave for it. */
export function serve(state: RoundRobinState, round: number, cost: number, quantum: number): void {
  state.credit += (round - state.round) * quantum - cost
  state.round = round
}

/** Order of turns: by round, then by seat within it. Negative where a comes first. */
export function compare(a: { round: number; seat: number }, b: { round: number; seat: number }): number {
  return a.round - b.round || a.seat - b.seat
}

/**
 * 16 frames of 64 × 64 in 12 steps: the smallest animation that people ask for. A larger one saves up for several turns, which costs nothing
 * here; with a larger quantum one person's small ones would be rendered in a row while others wait.
 */
export const usualQuantum = 16 * 12 * 64 * 64

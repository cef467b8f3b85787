// An adapter plan: which deltas of a model's LoRAs are applied at run time, beside frozen weights, and which are merged into them.

import type { LoraPart, Named } from '../../dialects/parts.ts'
import { type LoraDelta, type LowRank, type ParsedLora, readsWeight, runsAtRuntime } from '../delta.ts'
import { type AdapterSlot, adapterSlotOf, type Ranks, rankCapacity } from './adapter-slots.ts'

/** A LoRA on a model. */
export interface AppliedLora {
  readonly lora: ParsedLora
  readonly strength: number
  /** Of what it changes in the text encoder, where that is another. */
  readonly textStrength?: number | undefined
  /** All of it, also what could be applied at run time. */
  readonly merged: boolean
}

export interface AppliedDelta<D extends LoraDelta = LoraDelta> {
  readonly delta: D
  readonly strength: number
  readonly lora: ParsedLora
}

export interface AdapterPlan {
  readonly adapters: readonly AppliedDelta<LowRank>[]
  /** In the order in which they apply to their weights. */
  readonly merged: readonly AppliedDelta[]
}

/** Beyond this, two thin products are no longer much cheaper than a merged weight. */
const mostRuntimeRank = 256

/** Sums can be taken in any order, and W + ΔW as two products; what turns or scales W must find in it all that came before. */
export function planLoras(loras: readonly AppliedLora[], shapeOf: (delta: LoraDelta) => readonly number[]): AdapterPlan {
  const all = loras
    .flatMap(({ lora, strength, textStrength = strength, merged }) =>
      lora.deltas.map((delta) => ({ delta, strength: delta.part === 'text' ? textStrength : strength, lora, whole: merged })),
    )
    .filter(({ strength }) => strength !== 0)
  const lastReader = new Map<string, number>()
  for (const [i, { delta }] of all.entries()) if (readsWeight(delta)) lastReader.set(placeOf(delta), i)
  const ranks = new Map<string, number>()
  const adapters: AppliedDelta<LowRank>[] = []
  const merged: AppliedDelta[] = []
  for (const [i, { whole, ...applied }] of all.entries()) {
    const { delta } = applied
    const place = placeOf(delta)
    const may = !whole && i > (lastReader.get(place) ?? -1) && adapterSlotOf(delta.part, delta.weight, shapeOf(delta)) !== undefined
    const rank = (ranks.get(place) ?? 0) + (runsAtRuntime(delta) ? delta.rank : 0)
    if (may && runsAtRuntime(delta) && rank <= mostRuntimeRank) {
      adapters.push({ ...applied, delta })
      ranks.set(place, rank)
    } else merged.push(applied)
  }
  return { adapters, merged }
}

/** The rank capacity that these need: LoRAs on one weight share its slot, one after the other along the rank. */
export function ranksOf(adapters: readonly AppliedDelta<LowRank>[], shapeOf: (delta: LoraDelta) => readonly number[]): Ranks {
  const needed = new Map<string, { slot: AdapterSlot; rank: number }>()
  for (const { delta } of adapters) {
    const before = needed.get(placeOf(delta))?.rank ?? 0
    needed.set(placeOf(delta), { slot: adapterSlotOf(delta.part, delta.weight, shapeOf(delta))!, rank: before + delta.rank })
  }
  const ranks: Partial<Record<AdapterSlot, number>> = {}
  for (const { slot, rank } of needed.values()) ranks[slot] = Math.max(ranks[slot] ?? 0, rank)
  return rankCapacity(ranks)
}

/** Shapes of the weights that deltas are for. */
export const shapesIn =
  (nets: Readonly<Partial<Record<LoraPart, Named>>>) =>
  ({ part, weight }: LoraDelta): readonly number[] =>
    nets[part]?.get(weight)?.shape ?? []

const placeOf = ({ part, weight }: LoraDelta): string => `${part} ${weight}`

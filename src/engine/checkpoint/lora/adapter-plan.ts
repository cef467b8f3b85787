// Which deltas of the LoRAs on a model run beside its frozen weights, and which are merged into copies of them.

import type { Named, Part } from '../dialects/parts.ts'
import { type Ranks, roomFor, type Site, siteOf } from './adapter-slots.ts'
import { type LoraDelta, type LoraFile, type LowRank, readsWeight, runsBeside } from './delta.ts'

/** A LoRA on a model. */
export interface LaidLora {
  readonly lora: LoraFile
  readonly strength: number
  /** All of it, also what could run beside. */
  readonly merged: boolean
}

export interface Laid<D extends LoraDelta = LoraDelta> {
  readonly delta: D
  readonly strength: number
  readonly lora: LoraFile
}

export interface LoraPlan {
  readonly beside: readonly Laid<LowRank>[]
  /** In the order in which they apply to their weights. */
  readonly merged: readonly Laid[]
}

/** Beyond this, two thin products are no longer much cheaper than a copy of the weight. */
const mostBeside = 256

/** Sums can be taken in any order, and W + ΔW as two products; what turns or scales W must find in it all that came before. */
export function planLoras(loras: readonly LaidLora[], shapeOf: (delta: LoraDelta) => readonly number[]): LoraPlan {
  const all = loras
    .filter(({ strength }) => strength !== 0)
    .flatMap(({ lora, strength, merged }) => lora.deltas.map((delta) => ({ delta, strength, lora, whole: merged })))
  const lastReader = new Map<string, number>()
  for (const [i, { delta }] of all.entries()) if (readsWeight(delta)) lastReader.set(placeOf(delta), i)
  const ranks = new Map<string, number>()
  const beside: Laid<LowRank>[] = []
  const merged: Laid[] = []
  for (const [i, { whole, ...laid }] of all.entries()) {
    const { delta } = laid
    const place = placeOf(delta)
    const may = !whole && i > (lastReader.get(place) ?? -1) && siteOf(delta.part, delta.weight, shapeOf(delta)) !== undefined
    const rank = (ranks.get(place) ?? 0) + (runsBeside(delta) ? delta.rank : 0)
    if (may && runsBeside(delta) && rank <= mostBeside) {
      beside.push({ ...laid, delta })
      ranks.set(place, rank)
    } else merged.push(laid)
  }
  return { beside, merged }
}

/** The room that these need: LoRAs on one weight stand side by side in its rank. */
export function ranksOf(beside: readonly Laid<LowRank>[], shapeOf: (delta: LoraDelta) => readonly number[]): Ranks {
  const needed = new Map<string, { site: Site; rank: number }>()
  for (const { delta } of beside) {
    const before = needed.get(placeOf(delta))?.rank ?? 0
    needed.set(placeOf(delta), { site: siteOf(delta.part, delta.weight, shapeOf(delta))!, rank: before + delta.rank })
  }
  const ranks: Partial<Record<Site, number>> = {}
  for (const { site, rank } of needed.values()) ranks[site] = Math.max(ranks[site] ?? 0, rank)
  return roomFor(ranks)
}

/** Shapes of the weights that deltas are for. */
export const shapesIn =
  (nets: Readonly<Partial<Record<Exclude<Part, 'vae'>, Named>>>) =>
  ({ part, weight }: LoraDelta): readonly number[] =>
    nets[part]?.get(weight)?.shape ?? []

const placeOf = ({ part, weight }: LoraDelta): string => `${part} ${weight}`

// The low-rank adapters that run beside a model's frozen weights, as what its graphs are fed.

import { adapterInputs, type Factors, type ScaledFactors } from '../checkpoint/lora/adapter-inputs.ts'
import { type AppliedDelta, ranksOf, shapesIn } from '../checkpoint/lora/adapter-plan.ts'
import { type AdapterSlot, adapterSlotOf, nameOf, type Ranks, within } from '../checkpoint/lora/adapter-slots.ts'
import type { LowRank } from '../checkpoint/lora/delta.ts'
import type { Feeds } from '../runtime/session.ts'
import { type Model, netsOf } from './model.ts'

export interface Adapters {
  readonly needed: Ranks
  /** For a graph with this room, which covers `needed`; remembered until another room is asked for. */
  feeds(room: Ranks): Feeds
}

export interface RuntimeAdapters {
  readonly text: Adapters
  /** `moves`: with motion modules. */
  unet(moves: boolean): Adapters
  /** Of what graphs were fed last. */
  bytes(): number
}

const stillSites: readonly AdapterSlot[] = ['attention', 'transformer', 'resnet']
const movingSites: readonly AdapterSlot[] = [...stillSites, 'motion attention', 'motion']

/** @param factorsOf reads them; called when a graph is first fed */
export function runtimeAdapters(
  model: Pick<Model, 'unet' | 'text' | 'motion'>,
  applied: readonly AppliedDelta<LowRank>[],
  factorsOf: (applied: AppliedDelta<LowRank>) => Factors,
): RuntimeAdapters {
  const nets = netsOf(model)
  const ranks = ranksOf(applied, shapesIn(nets))

  function adapters(parts: readonly LowRank['part'][], places: readonly AdapterSlot[]): Adapters & Pick<RuntimeAdapters, 'bytes'> {
    let known: { room: string; feeds: Feeds } | undefined
    return {
      bytes: () =>
        new Set(Object.values(known?.feeds ?? {}).map(({ buffer }) => buffer)).values().reduce((sum, it) => sum + it.byteLength, 0),
      needed: within(ranks, places),
      feeds(room) {
        if (known?.room !== nameOf(room)) {
          const feeds = parts.map((part) => adapterInputs(part, nets[part] ?? new Map(), room, scaledIn(part)))
          known = { room: nameOf(room), feeds: Object.assign({}, ...feeds) }
        }
        return known.feeds
      },
    }
  }

  function scaledIn(part: LowRank['part']): Map<string, ScaledFactors[]> {
    const scaled = new Map<string, ScaledFactors[]>()
    for (const it of applied) {
      if (it.delta.part !== part) continue
      const here = scaled.get(it.delta.weight) ?? []
      scaled.set(it.delta.weight, [...here, { ...factorsOf(it), scale: it.delta.scale * it.strength }])
    }
    return scaled
  }

  const text = adapters(['text'], ['text'])
  const still = adapters(['unet'], stillSites)
  const moving = adapters(['unet', 'motion'], movingSites)
  const bytes = (): number => text.bytes() + still.bytes() + moving.bytes()
  return { text, unet: (moves) => (moves ? moving : still), bytes }
}

/** Nothing beside the weights; also what a graph with room is fed then. */
export const noRuntimeAdapters = (model: Pick<Model, 'unet' | 'text' | 'motion'>): RuntimeAdapters =>
  runtimeAdapters(model, [], () => {
    throw new Error('there are no factors')
  })

/** The room beside a weight, for graphs that are written with it. */
export function rankIn(model: Pick<Model, 'unet' | 'text' | 'motion'>, room: Ranks): (weight: string) => number {
  const nets = netsOf(model)
  return (weight) => {
    const part = (['unet', 'motion', 'text'] as const).find((it) => nets[it]?.has(weight))
    const slot = part && adapterSlotOf(part, weight, nets[part]!.get(weight)!.shape)
    return (slot && room[slot]) ?? 0
  }
}

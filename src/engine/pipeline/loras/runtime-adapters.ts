// Run-time adapters: the low-rank deltas of a model's frozen weights, as inputs of its graphs.

import type { LowRank } from '../../checkpoint/lora/delta.ts'
import { adapterInputs, type Factors, type ScaledFactors } from '../../checkpoint/lora/runtime/adapter-inputs.ts'
import { type AppliedDelta, ranksOf, shapesIn } from '../../checkpoint/lora/runtime/adapter-plan.ts'
import { type AdapterSlot, adapterSlotOf, nameOf, type Ranks, within } from '../../checkpoint/lora/runtime/adapter-slots.ts'
import type { Feeds } from '../../runtime/session.ts'
import { type Model, netsOf } from '../model/model.ts'

export interface Adapters {
  readonly needed: Ranks
  /** For a graph of this rank capacity, which covers `needed`; kept until another capacity is asked for. */
  feeds(capacity: Ranks): Feeds
}

export interface RuntimeAdapters {
  readonly text: Adapters
  /** `moves`: with motion modules. */
  unet(moves: boolean): Adapters
  /** Of what graphs were fed last. */
  bytes(): number
}

const stillSlots: readonly AdapterSlot[] = ['attention', 'transformer', 'resnet']
const movingSlots: readonly AdapterSlot[] = [...stillSlots, 'motion attention', 'motion']

/** @param factorsOf reads them; called when a graph is first fed */
export function runtimeAdapters(
  model: Pick<Model, 'unet' | 'text' | 'motion'>,
  applied: readonly AppliedDelta<LowRank>[],
  factorsOf: (applied: AppliedDelta<LowRank>) => Factors,
): RuntimeAdapters {
  const nets = netsOf(model)
  const ranks = ranksOf(applied, shapesIn(nets))

  function adapters(parts: readonly LowRank['part'][], slots: readonly AdapterSlot[]): Adapters & Pick<RuntimeAdapters, 'bytes'> {
    let known: { capacity: string; feeds: Feeds } | undefined
    return {
      bytes: () =>
        new Set(Object.values(known?.feeds ?? {}).map(({ buffer }) => buffer)).values().reduce((sum, it) => sum + it.byteLength, 0),
      needed: within(ranks, slots),
      feeds(capacity) {
        if (known?.capacity !== nameOf(capacity)) {
          const feeds = parts.map((part) => adapterInputs(part, nets[part] ?? new Map(), capacity, scaledIn(part)))
          known = { capacity: nameOf(capacity), feeds: Object.assign({}, ...feeds) }
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
  const still = adapters(['unet'], stillSlots)
  const moving = adapters(['unet', 'motion'], movingSlots)
  const bytes = (): number => text.bytes() + still.bytes() + moving.bytes()
  return { text, unet: (moves) => (moves ? moving : still), bytes }
}

/** Scales [R] as scales of every frame, [F, R]. @param strengths [F] */
export function overFrames(feeds: Feeds, strengths: Float64Array): Feeds {
  const perFrame = (scale: Float32Array): Float32Array => {
    const out = new Float32Array(strengths.length * scale.length)
    for (const [f, strength] of strengths.entries()) for (const [r, value] of scale.entries()) out[f * scale.length + r] = strength * value
    return out
  }
  return Object.fromEntries(
    Object.entries(feeds).map(([name, values]) => [name, name.endsWith('.lora_scale') ? perFrame(values as Float32Array) : values]),
  )
}

/** No LoRA; also what a graph with slots is fed then. */
export const noRuntimeAdapters = (model: Pick<Model, 'unet' | 'text' | 'motion'>): RuntimeAdapters =>
  runtimeAdapters(model, [], () => {
    throw new Error('there are no factors')
  })

/** The rank capacity of a weight's slot, for graphs that are written with it. */
export function rankIn(model: Pick<Model, 'unet' | 'text' | 'motion'>, capacity: Ranks): (weight: string) => number {
  const nets = netsOf(model)
  return (weight) => {
    const part = (['unet', 'motion', 'text'] as const).find((it) => nets[it]?.has(weight))
    const slot = part && adapterSlotOf(part, weight, nets[part]!.get(weight)!.shape)
    return (slot && capacity[slot]) ?? 0
  }
}

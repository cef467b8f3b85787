// Adapter slots: where low-rank adapters are applied at run time, and up to which rank. A session is loaded for ranks, not for a LoRA:
// files of the same or a smaller rank are padded with zeros, so that one session serves them all.

import type { LoraPart } from '../../dialects/parts.ts'

/** Places that LoRAs touch together; what a file leaves out costs nothing. */
export const adapterSlots = ['attention', 'transformer', 'resnet', 'motion attention', 'motion', 'text'] as const
export type AdapterSlot = (typeof adapterSlots)[number]

/** Absent: no adapters there. */
export type Ranks = Readonly<Partial<Record<AdapterSlot, number>>>

/** The slot of a weight; undefined for what no adapter is applied to at run time: vectors, and tables of embeddings. */
export function adapterSlotOf(part: LoraPart, weight: string, shape: readonly number[]): AdapterSlot | undefined {
  if (shape.length < 2 || !weight.endsWith('.weight') || /embeddings?\.weight$/.test(weight)) return undefined
  if (part === 'text') return 'text'
  const attends = /\.attn[12]\.to_/.test(weight)
  if (part === 'motion') return attends ? 'motion attention' : 'motion'
  if (!/\.attentions\.\d+\./.test(weight)) return 'resnet'
  return attends ? 'attention' : 'transformer'
}

/** The capacity for these ranks, in powers of two from 8 on, so that few sessions serve many files. */
export function rankCapacity(ranks: Ranks): Ranks {
  return mapped((slot) => {
    const rank = ranks[slot] ?? 0
    return rank === 0 ? 0 : Math.max(8, 2 ** Math.ceil(Math.log2(rank)))
  })
}

export const joined = (a: Ranks, b: Ranks): Ranks => mapped((slot) => Math.max(a[slot] ?? 0, b[slot] ?? 0))

export const covers = (capacity: Ranks, needed: Ranks): boolean =>
  adapterSlots.every((slot) => (capacity[slot] ?? 0) >= (needed[slot] ?? 0))

/** What a step of a session of this capacity costs, roughly, against another's. */
export const sizeOf = (ranks: Ranks): number => adapterSlots.reduce((sum, slot) => sum + (ranks[slot] ?? 0), 0)

/** `attention 32, transformer 32`; '' for no slot at all. */
export const nameOf = (ranks: Ranks): string => adapterSlots.flatMap((slot) => (ranks[slot] ? [`${slot} ${ranks[slot]}`] : [])).join(', ')

/** Only these slots. */
export const within = (ranks: Ranks, wanted: readonly AdapterSlot[]): Ranks =>
  mapped((slot) => (wanted.includes(slot) ? (ranks[slot] ?? 0) : 0))

/** Without the slots of rank 0. */
const mapped = (rank: (slot: AdapterSlot) => number): Ranks =>
  Object.fromEntries(adapterSlots.map((slot) => [slot, rank(slot)] as const).filter(([, value]) => value > 0))

// The tables of long clips against our rules: windows, fuse weights, orders of noise, coefficients of texts. Format: test/fixtures/long.

import { z } from 'zod'
import { type Comparison, compare } from '../../arrays/comparison.ts'
import type { Interpolation } from '../../draw-settings.ts'
import type { WeightedWindow } from '../../nets/motion.ts'
import { torchGenerator } from '../../noise.ts'
import { freeNoiseWindows, shuffledFrames } from '../../pipeline/clip/free-noise.ts'
import { fuseWeights } from '../../pipeline/clip/fuse-weights.ts'
import { shares } from '../../pipeline/clip/travelling-text.ts'
import { loopedUniform, orderedHalving, standardStatic, standardUniform, type Window, wrapped } from '../../pipeline/clip/windows.ts'
import { blendAt, heldKeyframes, type Keyframe } from '../../text/keyframes.ts'
import { a1111, batched } from './published-windows.ts'
import { pythonShuffle } from './python-shuffle.ts'

const whole = z.number().int()
const list = z.array(whole)
const size = { frames: whole, context: whole }
const windowed = { ...size, windows: z.array(list), outside: list.optional(), uncovered: list.optional() }
const uniform = { ...windowed, overlap: whole, stride: whole, step: whole }
const seeded = { ...size, seed: whole, source_frame: list }

export const longTables = z.object({
  base: z.string(),
  ...size,
  overlap: whole,
  timestep: whole,
  uniform: z.array(z.object({ ...uniform, closed_loop: z.boolean() })),
  looped_uniform_equal_length: z.array(z.object({ ...uniform, closed_loop: z.boolean() })),
  standard_uniform: z.array(z.object(uniform)),
  standard_static: z.array(z.object({ ...windowed, overlap: whole })),
  batched: z.array(z.object(windowed)),
  a1111: z.array(z.object({ ...uniform, loop: z.enum(['N', 'R-P', 'A']) })),
  freenoise: z.array(
    z.object({
      ...size,
      stride: whole,
      windows: z.array(z.tuple([whole, whole])),
      last: list.nullable(),
      last_counts_only: whole.nullable(),
    }),
  ),
  weights: z.record(z.string(), z.record(z.string(), z.array(z.number()))),
  overlap_linear: z.array(
    z.object({ ...size, overlap: whole, windows: z.array(z.object({ window: list, weights: z.array(z.number()) })) }),
  ),
  ordered_halving: z.array(z.number()),
  shuffles: z.object({
    diffusers: z.array(z.object({ ...seeded, stride: whole, height: whole, width: whole })),
    evolved: z.array(z.object({ ...seeded, overlap: whole })),
    authors: z.array(z.object({ ...seeded, stride: whole })),
    randperm: z.array(z.object({ seed: whole, n: whole, order: list })),
  }),
  travel: z
    .object({
      keys: z.record(z.string(), whole),
      frames: whole,
      shown: list,
      coefficients: z.record(z.string(), z.array(z.array(z.number()))),
    })
    .loose(),
})

export type LongTables = z.infer<typeof longTables>

export function* checkTables(tables: LongTables): Generator<Comparison> {
  const { shuffles, weights } = tables
  yield rows('windows.uniform', tables.uniform, (row) => same(row.windows, loopedUniform(optionsOf(row))))
  yield rows('windows.looped_equal_length', tables.looped_uniform_equal_length, (row) =>
    same(row.windows, loopedUniform({ ...optionsOf(row), rotates: true })),
  )
  yield rows('windows.standard_uniform', tables.standard_uniform, (row) => sameOrSound(row, standardUniform(optionsOf(row))))
  yield rows('windows.standard_static', tables.standard_static, (row) => same(row.windows, standardStatic(sizeOf(row))))
  yield rows('windows.batched', tables.batched, (row) => same(row.windows, batched(sizeOf(row))))
  yield rows('windows.a1111', tables.a1111, (row) => sameOrSound(row, a1111(row.loop, optionsOf(row))))
  yield rows('windows.freenoise', tables.freenoise, (row) =>
    same(row.windows.concat(row.last ? [row.last as [number, number]] : []), spansOf(row)),
  )
  yield rows('windows.ordered_halving', tables.ordered_halving, (value, n) => orderedHalving(n) === value)

  yield rows('weights', Object.entries(weights), ([n, schemes]) =>
    Object.entries(schemes).every((scheme) => sameWeights(Number(n), ...scheme)),
  )
  // These were computed in float32.
  const [got, expected] = [
    tables.overlap_linear.flatMap(rampsOf),
    tables.overlap_linear.flatMap(({ windows }) => windows.flatMap((it) => it.weights)),
  ]
  yield compare('weights.overlap_linear', 'largest', got, expected, 1e-7)

  yield rows('shuffles.randperm', shuffles.randperm, ({ seed, n, order }) => same(order, torchGenerator(BigInt(seed)).permutation(n)))
  yield rows('shuffles.diffusers', shuffles.diffusers, (row) => {
    const generator = torchGenerator(BigInt(row.seed))
    generator.normal(4 * row.frames * row.height * row.width)
    return same(
      row.source_frame,
      shuffledFrames({ ...sizeOf(row), stride: row.stride }, (n) => generator.permutation(n)),
    )
  })
  yield rows('shuffles.evolved', shuffles.evolved, (row) => {
    const generator = torchGenerator(BigInt(row.seed))
    let left = row.frames - row.context
    // It orders what is left where that is less than a block; we take the beginning of an order of a whole one, as diffusers does.
    const permute = (n: number): number[] => {
      const order = generator.permutation(Math.min(n, left))
      left -= n
      return order
    }
    return same(row.source_frame, shuffledFrames({ ...sizeOf(row), stride: row.context - row.overlap }, permute))
  })
  yield rows('shuffles.authors', shuffles.authors, (row) =>
    same(row.source_frame, shuffledFrames({ ...sizeOf(row), stride: row.stride }, pythonShuffle(row.seed))),
  )
  for (const [name, table] of Object.entries(tables.travel)) if (name.startsWith('prompt_fixed_ratio')) yield checkHold(name, table)
}

/** How each program travels. AnimateDiff-Evolved's own two blend every frame from the frame before, not from the key: not to be met. */
export const travelRules: Readonly<Record<string, { readonly interpolation: Interpolation; readonly cyclic: boolean }>> = {
  prompt_travel_slerp: { interpolation: 'slerp', cyclic: true },
  prompt_travel_lerp: { interpolation: 'lerp', cyclic: true },
  a1111_closed: { interpolation: 'slerp', cyclic: true },
  a1111_open: { interpolation: 'slerp', cyclic: false },
  diffusers_lerp: { interpolation: 'lerp', cyclic: false },
}

/** @param texts of the keys, [L, D] each */
export function* checkCoefficients({ travel }: LongTables, texts: readonly Float32Array[]): Generator<Comparison> {
  const keys = keysOf(travel)
  for (const [name, { interpolation, cyclic }] of Object.entries(travelRules)) {
    const expected = travel.coefficients[name]
    if (!expected) continue
    const got = expected.map((_, frame) => {
      const { from, to, t } = blendAt(keys, frame, { frames: travel.frames, cyclic })
      const [a, b] = from === to ? [1, 0] : shares[interpolation](texts[keys[from]!.value]!, texts[keys[to]!.value]!, t)
      const row = texts.map(() => 0)
      row[keys[from]!.value]! += a
      row[keys[to]!.value]! += b
      return row
    })
    yield compare(`coefficients.${name}`, 'largest', got.flat(), expected.flat(), 1e-9)
  }
}

/** Keys of the clip, each with the row of its text. */
export const keysOf = ({ keys }: LongTables['travel']): Keyframe<number>[] =>
  Object.entries(keys)
    .map(([frame, value]) => ({ frame: Number(frame), value }))
    .toSorted((a, b) => a.frame - b.frame)

/** `prompt_fixed_ratio_of_0a_10b_23c_in_32`: the texts a, b and c at 0, 10 and 23 of 32 frames. */
function checkHold(name: string, table: unknown): Comparison {
  const byRatio = z.record(z.string(), z.record(z.string(), z.string())).parse(table)
  const frames = Number(/_in_(\d+)$/.exec(name)?.[1])
  const keys = [...name.matchAll(/_(\d+)([a-z])(?=_)/g)].map(([, frame, value]) => ({ frame: Number(frame), value: `head,${value},tail` }))
  return rows(`travel.${name}`, Object.entries(byRatio), ([ratio, expected]) => {
    const held = heldKeyframes(keys, Number(ratio), { frames, cyclic: true })
    return same(
      Object.entries(expected)
        .map(([frame, value]) => ({ frame: Number(frame), value }))
        .toSorted((a, b) => a.frame - b.frame),
      held,
    )
  })
}

/** A row for each table: how many of its own rows differ. */
function rows<Row>(name: string, table: readonly Row[], agrees: (row: Row, n: number) => boolean): Comparison {
  const differing = table.map((row, n) => (agrees(row, n) ? 0 : 1))
  return compare(
    name,
    'differing',
    differing,
    table.map(() => 0),
    0,
  )
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

interface Windowed {
  readonly frames: number
  readonly windows: readonly Window[]
  readonly outside?: readonly number[] | undefined
  readonly uncovered?: readonly number[] | undefined
}

/** Where what is published names frames that do not exist, or leaves some out, ours must do neither; it cannot be the same then. */
function sameOrSound({ frames, windows, outside, uncovered }: Windowed, got: readonly Window[]): boolean {
  if (!outside && !uncovered) return same(windows, got)
  return same(
    [...new Set(got.flat())].toSorted((a, b) => a - b),
    wrapped(0, 1, frames, frames),
  )
}

interface Row {
  readonly frames: number
  readonly context: number
  readonly overlap?: number
  readonly stride?: number
  readonly step?: number
  readonly closed_loop?: boolean
}

const sizeOf = ({ frames, context, overlap = 0 }: Row) => ({ frames, length: context, overlap })

const optionsOf = (row: Row) => ({ ...sizeOf(row), stride: row.stride ?? 1, step: row.step ?? 0, closed: row.closed_loop ?? false })

/** Weights of a window of n frames. For odd n both programs' sawtooth has n + 1, which no window fits: ours has n. */
function sameWeights(n: number, scheme: string, expected: readonly number[]): boolean {
  const method = scheme.startsWith('pyramid') ? 'pyramid' : 'delayed-reverse-sawtooth'
  const got = fuseWeights(method, wrapped(0, 1, n, n), { frames: n, overlap: 0, closed: false })
  return expected.length === n ? same(expected, got) : got.length === n
}

const rampsOf = ({ frames, overlap, windows }: LongTables['overlap_linear'][number]): number[] =>
  windows.flatMap(({ window }) => fuseWeights('overlap-linear', window, { frames, overlap, closed: false }))

/** First frame and the one after the last, of the windows that say something of every new frame. */
function spansOf({ frames, context, stride, last_counts_only }: LongTables['freenoise'][number]): [number, number][] {
  const windows = freeNoiseWindows({ frames, length: context, stride }, (window) => window.map(() => 1), false)
  const counted = windows.at(-1)!.weights.filter((weight) => weight > 0).length
  if (last_counts_only !== null && counted !== last_counts_only) return []
  return windows.map(({ frames: window }: WeightedWindow) => [window[0]!, window.at(-1)! + 1])
}

// Context windows: a clip longer than what a motion module was trained on is drawn in windows of that length, which overlap or move from
// step to step. Rules of neggles/animatediff-cli (context.py), which animatediff-cli-prompt-travel shares, and of
// ComfyUI-AnimateDiff-Evolved (animatediff/context.py); test/fixtures/long holds what these programs give.
// F frames of the clip  c frames of a window

import type { WindowKind } from '../../draw-settings.ts'
import { roundHalfToEven } from '../../samplers/spacing.ts'

/** Frames of the clip, in the order in which the net is shown them. */
export type Window = readonly number[]

export interface WindowSize {
  /** F */
  readonly frames: number
  /** c */
  readonly length: number
}

export interface WindowOptions extends WindowSize {
  /** Frames that neighbours share; less than `length`. */
  readonly overlap: number
  /** Window k of the wide ones takes every 2ᵏ-th frame, for k below this. */
  readonly stride: number
  /** The call of the net, from 0: windows lie elsewhere in each. */
  readonly step: number
  /** The last frame is followed by the first. */
  readonly closed: boolean
}

/**
 * Windows of one call. Each has min(F, c) frames, none names a frame that does not exist, and together they cover the clip.
 * `shifted` and `looped-uniform` wrap around the clip's end, the standard ones never do.
 */
export function contextWindows(kind: WindowKind, options: WindowOptions): Window[] {
  switch (kind) {
    case 'shifted':
      return shifted(options)
    case 'looped-uniform':
      return loopedUniform({ ...options, rotates: options.closed })
    case 'standard-uniform':
      return standardUniform(options)
    case 'standard-static':
      return standardStatic(options)
  }
}

/**
 * As few windows as cover a closed clip, at equal distances, moved in every call by a fraction of that distance: no seam stays where it
 * was, and a loop costs no more calls than its length. Where the clip fits one window this is `looped-uniform` at equal length. Halving the
 * way closes better than moving on by a frame a call: the first calls decide what moves where, and one frame moves no seam far enough.
 */
export function shifted({ step, ...size }: Omit<WindowOptions, 'stride' | 'closed'>): Window[] {
  const { frames: F, length: c } = size
  const count = shiftedCount(size)
  const offset = roundHalfToEven((F / count) * orderedHalving(step))
  return Array.from({ length: count }, (_, k) => wrapped(offset + Math.floor((k * F) / count), 1, Math.min(F, c), F))
}

type Overlapping = Pick<WindowOptions, 'frames' | 'length' | 'overlap'>

const shiftedCount = ({ frames: F, length: c, overlap }: Overlapping): number => (F <= c ? 1 : Math.ceil(F / (c - overlap)))

/** What neighbours share at least: more than was asked for where their number does not come out even. */
export const shiftedOverlap = (size: Overlapping): number => Math.max(0, size.length - Math.ceil(size.frames / shiftedCount(size)))

/**
 * Uniform windows; `closed` only starts more of them, for both wrap. Where the clip fits, one window.
 * @param rotates at F = c too: one window that begins elsewhere in each call, a loop at no extra cost; two where `closed`
 *   (Evolved's `use_on_equal_length`)
 */
export function loopedUniform({ rotates = false, ...options }: WindowOptions & { readonly rotates?: boolean }): Window[] {
  const { frames: F, length: c, overlap, stride, step, closed } = options
  if (F < c || (F === c && !rotates)) return [all(F)]
  const r = orderedHalving(step)
  const pad = roundHalfToEven(F * r)
  const windows: Window[] = []
  for (const q of strides(options, stride)) {
    const end = F + pad - (closed ? 0 : overlap)
    for (let j = Math.floor(r * q) + pad; j < end; j += c * q - overlap) windows.push(wrapped(j, q, c, F))
  }
  return windows
}

/**
 * Uniform windows of a clip that does not loop: those that wrap are moved to the end, and the beginning gets one of its own.
 * Evolved moves wide windows too that have no place in the clip, and so names frames that do not exist, or leaves the first without a
 * window. Here such windows are left out, and a frame without any gets one.
 */
export function standardUniform(options: Omit<WindowOptions, 'closed'>): Window[] {
  const { frames: F, length: c } = options
  const windows = loopedUniform({ ...options, closed: false }).map((window) => [...window])
  for (let i = 0; i < windows.length; i++) {
    const window = windows[i]!
    const wrapsAt = window.findIndex((frame, n) => n > 0 && frame < window[n - 1]!)
    if (wrapsAt === -1) continue
    const first = window[wrapsAt]!
    const fromStart = window.map((frame) => (frame - window[0]! + F) % F)
    const shift = F - 1 - fromStart.at(-1)!
    windows[i] = fromStart.map((frame) => frame + shift)
    if (!windows[(i + 1) % windows.length]!.includes(first)) windows.splice(i + 1, 0, run(first, c))
  }
  const sound = windows.filter((window) => window.every((frame) => frame < F))
  const distinct = new Map(sound.map((window) => [window.join(), window]))
  return covering([...distinct.values()], options)
}

/** Windows c − overlap frames apart, the last moved back to the clip's end; the same in every call. */
export function standardStatic({ frames: F, length: c, overlap }: Overlapping): Window[] {
  if (F <= c) return [all(F)]
  const count = Math.ceil((F - c) / (c - overlap)) + 1
  return Array.from({ length: count }, (_, k) => run(Math.min(k * (c - overlap), F - c), c))
}

/** Frames that no window shows get one that starts there, or ends with the clip. */
export function covering(windows: readonly Window[], { frames: F, length: c }: WindowSize): Window[] {
  const covered = [...windows]
  for (const frame of all(F)) if (!covered.some((window) => window.includes(frame))) covered.push(run(Math.min(frame, F - c), c))
  return covered
}

/** The bits of `n`, mirrored behind the point: 0, ½, ¼, ¾, ⅛, … (van der Corput). */
export function orderedHalving(n: number): number {
  let fraction = 0
  for (let bit = 0.5; n > 0; bit /= 2, n = Math.floor(n / 2)) if (n % 2 === 1) fraction += bit
  return fraction
}

/** 1, 2, 4, …: no more than make sense for the length of the clip. */
export function strides({ frames, length }: WindowSize, stride: number): number[] {
  const most = Math.min(stride, Math.ceil(Math.log2(frames / length)) + 1)
  return Array.from({ length: most }, (_, k) => 2 ** k)
}

export const wrapped = (start: number, stride: number, length: number, frames: number): number[] =>
  Array.from({ length }, (_, n) => (start + n * stride) % frames)

const run = (start: number, length: number): number[] => Array.from({ length }, (_, n) => start + n)

const all = (frames: number): number[] => run(0, frames)

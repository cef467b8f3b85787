// How much each window says of a frame that several show: the fuse methods of ComfyUI-AnimateDiff-Evolved (animatediff/context.py,
// sampling.py), of which diffusers' FreeNoise has the first three. A frame's prediction is Σ w ε / Σ w over the windows that show it.
// F frames of the clip  c frames of a window

import type { FuseMethod } from '../../draw-settings.ts'
import type { WeightedWindow } from '../../nets/motion.ts'
import type { Window } from './windows.ts'

interface Clip {
  /** F */
  readonly frames: number
  /** Frames that neighbours share. */
  readonly overlap: number
  /** It has no ends: every window has neighbours on both sides. */
  readonly closed: boolean
}

/** What a window is worth at each of its frames, [c], before shares are taken. */
export function fuseWeights(method: FuseMethod, window: Window, clip: Clip): number[] {
  const c = window.length
  switch (method) {
    case 'flat':
      return Array(c).fill(1)
    case 'pyramid':
      return window.map((_, n) => Math.min(n + 1, c - n))
    case 'delayed-reverse-sawtooth': {
      // Evolved and diffusers give one weight too many where c is odd, which no window fits.
      const half = Math.ceil(c / 2)
      return window.map((_, n) => (n < half - 1 ? 0.01 : Math.min(half, c - n)))
    }
    case 'overlap-linear':
      return overlapLinear(window, clip)
    case 'relative':
      return relative(window, clip.frames)
  }
}

/** Ramps over the shared frames, but for the clip's own ends. */
function overlapLinear(window: Window, { frames: F, overlap, closed }: Clip): number[] {
  const c = window.length
  const rise = (n: number): number => (overlap === 1 ? almostNothing : almostNothing + ((1 - almostNothing) * n) / (overlap - 1))
  const rises = closed || !window.includes(0)
  const falls = closed || !window.includes(F - 1)
  return window.map((_, n) => {
    // The falling ramp is laid over the rising one where they meet.
    if (falls && n >= c - overlap) return rise(c - 1 - n)
    return rises && n < overlap ? rise(n) : 1
  })
}

/** Evolved's least weight: a frame that only ends of ramps show still gets a mean. */
const almostNothing = 1e-37

/** Less with the distance from the window's middle, in frames of the clip; Evolved has it for windows that do not wrap. */
function relative(window: Window, F: number): number[] {
  const stride = window.length > 1 ? (window[1]! - window[0]! + F) % F : 1
  const span = stride * (window.length - 1)
  return window.map((_, n) => Math.max(0.01, 1 - Math.abs(stride * n - span / 2) / ((span + 0.01) / 2)))
}

/** Weights [windows][c] as shares, and each window with its own. @throws Error where a frame is in no window */
export function shareOut(windows: readonly Window[], weights: readonly (readonly number[])[], frames: number): WeightedWindow[] {
  const sums = new Float64Array(frames)
  windows.forEach((window, k) => {
    window.forEach((frame, n) => {
      sums[frame]! += weights[k]![n]!
    })
  })
  const missing = sums.findIndex((sum) => !(sum > 0))
  if (missing !== -1) throw new Error(`frame ${missing} of ${frames} is in no window`)
  return windows.map((window, k) => ({ frames: window, weights: window.map((frame, n) => weights[k]![n]! / sums[frame]!) }))
}

export const weighted = (windows: readonly Window[], method: FuseMethod, clip: Clip): WeightedWindow[] =>
  shareOut(
    windows,
    windows.map((window) => fuseWeights(method, window, clip)),
    clip.frames,
  )

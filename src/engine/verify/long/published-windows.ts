// Window rules of other programs that the engine does not draw with, for comparison: what of theirs is sound, its own rules must give too.
// F frames of the clip  c frames of a window

import { covering, loopedUniform, type Window, type WindowOptions, type WindowSize, wrapped } from '../../pipeline/clip/windows.ts'

/** Windows that share nothing, the last as short as what is left (AnimateDiff-Evolved's `batched`). */
export const batched = ({ frames: F, length: c }: WindowSize): Window[] =>
  Array.from({ length: Math.ceil(F / c) }, (_, k) => wrapped(k * c, 1, Math.min(c, F - k * c), F))

/** sd-webui-animatediff's loops: not at all, windows that wrap, and as many of them as close the clip. */
export type A1111Loop = 'N' | 'R-P' | 'A'

/**
 * sd-webui-animatediff (scripts/animatediff_infv2v.py). Without a loop, windows of neighbouring frames that wrap give way to the last and the
 * first. It counts to c in a clip that is shorter, and leaves the first frames undrawn where only the last window wraps, and only by its
 * overlap; here neither happens.
 */
export function a1111(loop: A1111Loop, options: Omit<WindowOptions, 'closed'>): Window[] {
  const { frames: F, length: c, overlap } = options
  const windows = loopedUniform({ ...options, closed: loop === 'A' })
  if (loop !== 'N' || F <= c) return windows
  const [first, last] = [wrapped(0, 1, c, F), wrapped(F - c, 1, c, F)]
  let firstIsDue = false
  const unwrapped = windows.flatMap((window) => {
    const wrapsAt = window.findIndex((frame, n) => n > 0 && frame < window[n - 1]!)
    const isWide = window[1] !== (window[0]! + 1) % F
    if (wrapsAt === -1 || isWide) return [window]
    if (firstIsDue) {
      firstIsDue = false
      return [first]
    }
    firstIsDue = wrapsAt >= c - overlap
    return firstIsDue ? [last] : [last, first]
  })
  return covering(unwrapped, options)
}

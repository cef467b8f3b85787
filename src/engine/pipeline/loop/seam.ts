// How well a clip loops: its seam. The step from the last frame to the first, over the largest step between neighbours inside: at most about
// 1 where nobody sees it; a cut is many times that. 0 where the last frame is the first. Steps are mean absolute differences.

import { type Frames, frameAt } from '../../frames.ts'

/** Above this people see that a clip begins anew. */
export const visibleSeam = 1.3

/** Measures frames as they come, in order, and keeps two of them. */
export interface SeamMeter {
  add(frames: Frames): void
  /** Undefined for a still. */
  seam(): number | undefined
}

export function createSeamMeter(): SeamMeter {
  let first: Picture | undefined
  let last: Picture | undefined
  let largest = 0
  let count = 0
  return {
    add(frames) {
      for (let i = 0; i < frames.count; i++) {
        const frame = frameAt(frames, i)
        if (last) largest = Math.max(largest, apart(last, frame))
        first ??= frame
        last = frame
        count++
      }
    },
    seam: () => (count < 2 ? undefined : ratio(apart(last!, first!), largest)),
  }
}

export function seam(frames: Frames): number {
  const meter = createSeamMeter()
  meter.add(frames)
  return meter.seam() ?? 0
}

/** The steps of latents [F, …], before anything is decoded: `closing` from the last to the first, `largest` inside, behind frame `at`. */
export function latentSteps(
  latents: Float32Array,
  frames: number,
): { readonly closing: number; readonly largest: number; readonly at: number } {
  const each = latents.length / frames
  const frame = (i: number): Float32Array => latents.subarray(i * each, (i + 1) * each)
  const inside = Array.from({ length: frames - 1 }, (_, i) => apart(frame(i), frame(i + 1)))
  const largest = Math.max(...inside)
  return { closing: apart(frame(frames - 1), frame(0)), largest, at: inside.indexOf(largest) }
}

type Picture = Uint8Array | Float32Array

const ratio = (closing: number, largest: number): number => (closing === 0 ? 0 : closing / largest)

export function apart(a: Picture, b: Picture): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += Math.abs(a[k]! - b[k]!)
  return sum / a.length
}

// A grid: several animations of one size side by side in one, two in a row.

import type { Frames } from '../engine/frames.ts'

const columns = 2
/** Between them; even, as MP4 wants sides to be. */
const gap = 2

/** [n] animations of [count, h, w, 3] → [count, rows·h + gaps, 2·w + gap, 3]; what is between and left over is black. */
export function grid(all: readonly [Frames, ...Frames[]]): Frames {
  const [{ count, width: w, height: h }] = all
  if (all.length === 1) return all[0]
  const rows = Math.ceil(all.length / columns)
  const [width, height] = [columns * (w + gap) - gap, rows * (h + gap) - gap]
  const data = new Uint8Array(count * width * height * 3)
  for (const [n, one] of all.entries()) {
    const [left, top] = [(n % columns) * (w + gap), Math.floor(n / columns) * (h + gap)]
    for (let frame = 0; frame < count; frame++) {
      for (let y = 0; y < h; y++) {
        const from = (frame * h + y) * w * 3
        data.set(one.data.subarray(from, from + w * 3), ((frame * height + top + y) * width + left) * 3)
      }
    }
  }
  return { count, width, height, data }
}

// A grid: several animations of one size and length side by side in one, two in a row.

import type { FrameSource } from '../frame-source.ts'

const columns = 2
/** Between them; even, as MP4 wants sides to be. */
const gap = 2

/** Of n animations of one size, side by side. */
export function gridSides(n: number, { width, height }: Pick<FrameSource, 'width' | 'height'>): Pick<FrameSource, 'width' | 'height'> {
  if (n === 1) return { width, height }
  return { width: columns * (width + gap) - gap, height: Math.ceil(n / columns) * (height + gap) - gap }
}

/** Frames [h, w, 3] of n animations → [rows·h + gaps, 2·w + gap, 3]; what is between and left over is black. One alone is itself. */
export function grid(all: readonly FrameSource[]): FrameSource {
  const first = all[0]!
  if (all.length === 1) return first
  const { count, width: w, height: h } = first
  const { width, height } = gridSides(all.length, first)
  return {
    count,
    width,
    height,
    frame(i) {
      const data = new Uint8Array(width * height * 3)
      for (const [n, one] of all.entries()) {
        const [left, top] = [(n % columns) * (w + gap), Math.floor(n / columns) * (h + gap)]
        const frame = one.frame(i)
        for (let y = 0; y < h; y++) data.set(frame.subarray(y * w * 3, (y + 1) * w * 3), ((top + y) * width + left) * 3)
      }
      return data
    },
  }
}

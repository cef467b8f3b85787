// Centre crop, as torchvision's Resize and CenterCrop do it: the smallest size of the same shape that covers the wanted one, and of that the
// middle.

import type { Frames } from '../../engine/frames.ts'

interface PictureSize {
  readonly width: number
  readonly height: number
}

/** The longer side is the whole part of the exact value. */
export function coveringSize({ width, height }: PictureSize, to: PictureSize): PictureSize {
  return {
    width: Math.max(to.width, Math.trunc((to.height * width) / height)),
    height: Math.max(to.height, Math.trunc((to.width * height) / width)),
  }
}

export function cropCentre(frames: Frames, width: number, height: number): Frames {
  if (frames.width === width && frames.height === height) return frames
  const [left, top] = [halfToEven((frames.width - width) / 2), halfToEven((frames.height - height) / 2)]
  const data = new Uint8Array(frames.count * width * height * 3)
  for (let row = 0; row < frames.count * height; row++) {
    const [frame, y] = [Math.floor(row / height), row % height]
    const from = ((frame * frames.height + top + y) * frames.width + left) * 3
    data.set(frames.data.subarray(from, from + width * 3), row * width * 3)
  }
  return { count: frames.count, width, height, data }
}

/** Python's round: 4.5 is 4, 5.5 is 6. */
function halfToEven(value: number): number {
  const near = Math.round(value)
  return value % 1 === 0.5 && near % 2 === 1 ? near - 1 : near
}

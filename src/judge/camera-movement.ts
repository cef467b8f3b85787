// Camera movement: how far the picture moves from a loop's first frame to its middle one, along the way of a camera that goes out and back.

import { type Frames, frameAt } from '../engine/index.ts'
import type { Camera, View } from '../pocket-world/camera.ts'

/** Shares of the way that are tried, on either side: up to 1.2. */
const shares = Array.from({ length: 61 }, (_, i) => (i - 30) / 25)

/** Of the camera's way the share after which the two frames are most alike: 1 is all of it, 0 a standing picture, below 0 the other way. */
export function cameraMovement(frames: Frames, camera: Camera): number {
  const [first, middle] = [0, frames.count >> 1].map((i) => frameAt(frames, i)) as [Uint8Array, Uint8Array]
  const way = camera(0.5)
  const apart = shares.map((share) => difference(first, middle, partOf(way, share), frames))
  return shares[apart.indexOf(Math.min(...apart))]!
}

const partOf = ({ x, y, zoom, angle }: View, share: number): View => ({
  x: x * share,
  y: y * share,
  zoom: zoom ** share,
  angle: angle * share,
})

/** Mean difference of bytes between what is seen from a view and the same places seen from none, where both show them. */
function difference(still: Uint8Array, seen: Uint8Array, { x, y, zoom, angle }: View, { width, height }: Frames): number {
  const [cos, sin] = [Math.cos(angle) / zoom, Math.sin(angle) / zoom]
  const [middleRow, middleColumn] = [(height - 1) / 2, (width - 1) / 2]
  let [sum, count] = [0, 0]
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [down, right] = [row - middleRow, column - middleColumn]
      const fromRow = middleRow + (y * height) / 2 + sin * right + cos * down
      const fromColumn = middleColumn + (x * width) / 2 + cos * right - sin * down
      const [top, left] = [Math.floor(fromRow + 1e-9), Math.floor(fromColumn + 1e-9)]
      if (top < 0 || left < 0 || top + 1 >= height || left + 1 >= width) continue
      const [below, beside] = [fromRow - top, fromColumn - left]
      const [at, from] = [3 * (row * width + column), 3 * (top * width + left)]
      for (let c = 0; c < 3; c++) {
        const above = (1 - beside) * still[from + c]! + beside * still[from + 3 + c]!
        const under = (1 - beside) * still[from + 3 * width + c]! + beside * still[from + 3 * width + 3 + c]!
        sum += Math.abs(seen[at + c]! - (1 - below) * above - below * under)
        count++
      }
    }
  }
  return sum / count
}

// Background smoothing of Text2Video-Zero: outside what moves, a frame's latents are mixed with the first frame's, moved as the motion field
// has it (arXiv 2303.13439, section 3.3.3). Which pixels are foreground somebody else must say: the authors used a net of salient objects.
// F frames  C channels  h w latent sides  H W pixels

import { warp } from './motion-field.ts'

/** The authors' share of a frame's own background. */
const ownShare = 0.4

/**
 * @param latents of all frames, [F, C, h, w]
 * @param foregrounds 1 where it is, [F, H, W]
 * @param grids of the frames behind the first
 */
export function smoothBackground(
  latents: Float32Array,
  foregrounds: ArrayLike<number>,
  grids: readonly Float32Array[],
  { h, w }: { readonly h: number; readonly w: number },
): Float32Array {
  const frames = grids.length + 1
  const places = h * w
  const each = latents.length / frames
  const masks = Array.from({ length: frames }, (_, k) => dilated(nearestOf(foregrounds, k, frames, h, w), h, w))
  const [first] = masks as [Float32Array]
  const background = latents.slice(0, each).map((value, i) => value * (1 - first[i % places]!))
  const smoothed = latents.slice()
  for (let k = 0; k < frames; k++) {
    const grid = grids[k - 1]
    const [moved, covered] = grid ? [warp(background, grid, h, w), warp(first, grid, h, w)] : [background, first]
    for (let i = 0; i < each; i++) {
      const share = (1 - masks[k]![i % places]!) * (1 - covered[i % places]!)
      const own = latents[k * each + i]!
      smoothed[k * each + i] = (1 - share) * own + share * (ownShare * own + (1 - ownShare) * moved[i]!)
    }
  }
  return smoothed
}

/** Of one frame, as small as the latents: every so many pixels from the first. */
function nearestOf(foregrounds: ArrayLike<number>, frame: number, frames: number, h: number, w: number): Float32Array {
  const pixels = foregrounds.length / frames
  const factor = Math.sqrt(pixels / (h * w))
  const mask = new Float32Array(h * w)
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) mask[i * w + j] = foregrounds[frame * pixels + i * factor * w * factor + j * factor]!
  }
  return mask
}

/** Two places wider on every side. */
function dilated(mask: Float32Array, h: number, w: number): Float32Array {
  return mask.map((_, place) => {
    const [y, x] = [Math.floor(place / w), place % w]
    for (let i = Math.max(0, y - 2); i <= Math.min(h - 1, y + 2); i++) {
      for (let j = Math.max(0, x - 2); j <= Math.min(w - 1, x + 2); j++) if (mask[i * w + j]! > 0) return 1
    }
    return 0
  })
}

// The motion field of Text2Video-Zero: every frame is the first one moved by so many pixels more, by whole latents. Khachatryan et al.,
// "Text2Video-Zero" (arXiv 2303.13439), section 3.3.1, as its program computes it (utils.py: create_motion_field, warp_latents): the field
// is drawn on a canvas of 512 pixels whatever the picture's size, made as small as the latents, and read at the nearest.
// F frames  C channels  h w latent sides

/** Pixels from frame to frame; positive ones move what is seen to the upper left. */
export type MotionStrength = readonly [across: number, down: number]

const canvas = 512

/** Where each latent of frame `k` is read, as x and y in −1..1: [h, w, 2]. */
export function motionGrid(k: number, h: number, w: number, [dx, dy]: MotionStrength): Float32Array {
  const at = (i: number, count: number, by: number): number => ((((i + 0.5) * canvas) / count - 0.5 + k * by) / canvas) * 2 - 1
  const grid = new Float32Array(h * w * 2)
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) {
      grid[(i * w + j) * 2] = at(j, w, dx)
      grid[(i * w + j) * 2 + 1] = at(i, h, dy)
    }
  }
  return grid
}

/** One frame's latents [C, h, w] read at a grid: the nearest, edges mirrored (grid_sample, nearest, reflection, align_corners false). */
export function warp(latents: Float32Array, grid: Float32Array, h: number, w: number): Float32Array {
  const warped = new Float32Array(latents.length)
  const places = h * w
  for (let place = 0; place < places; place++) {
    const from = nearest(grid[2 * place + 1]!, h) * w + nearest(grid[2 * place]!, w)
    for (let c = 0; c < latents.length; c += places) warped[c + place] = latents[c + from]!
  }
  return warped
}

/** −1..1 are the outer edges of n places; reflected there as often as needed, rounded half to even. */
function nearest(x: number, n: number): number {
  const period = 2 * n
  const wrapped = (((((x + 1) * n) / 2) % period) + period) % period // from the edge on, 0 to 2n
  const place = (wrapped > n ? period - wrapped : wrapped) - 0.5
  const near = Math.round(place)
  const even = Math.abs(place % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near
  return Math.min(n - 1, Math.max(0, even))
}

// Latent previews: what an animation will look like, cheaply. A latent's four numbers are nearly a linear picture of its colour.

import { solveLinear } from '../arrays/linear-solver.ts'
import type { VaeArchitecture } from '../checkpoint/architecture/architecture.ts'
import type { Frames } from '../frames.ts'
import type { Nets } from './nets.ts'

/** Rows: one a latent channel, then the constant; columns: red, green, blue in 0..1. */
export type PreviewMap = readonly (readonly [number, number, number])[]

type LatentShape = readonly [channels: number, h: number, w: number]

/** The map of every VAE that shares Stable Diffusion v1's latents (comfyanonymous/ComfyUI comfy/latent_formats.py SD15, turned from −1..1 to 0..1). */
const stableDiffusion: PreviewMap = [
  [0.1756, 0.1149, 0.1614],
  [0.1625, 0.2487, 0.1175],
  [-0.1415, 0.0881, 0.1361],
  [-0.106, -0.1308, -0.3589],
  [0.5, 0.5, 0.5],
]

/** Small VAEs of other worlds have a map of their own, found by decoding one frame; latents [F, 4, h, w]. */
export async function previewMapFor(
  vae: VaeArchitecture,
  nets: Pick<Nets, 'decode'>,
  latents: Float32Array,
  shape: LatentShape,
): Promise<PreviewMap> {
  if (vae.factor === 8 && vae.widths[0]! >= 128) return stableDiffusion
  const [C, h, w] = shape
  const frame = latents.slice(0, C * h * w)
  return fitMap(frame, shape, await nets.decode(frame))
}

/** Least squares of the picture, averaged over the pixels of each latent, on the latents. */
export function fitMap(frame: Float32Array, [C, h, w]: LatentShape, picture: Frames): PreviewMap {
  const n = C + 1
  const normal = Array.from({ length: n }, () => new Float64Array(n + 3)) // [XᵀX | XᵀY]
  const factor = picture.width / w
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const row = Array.from({ length: n }, (_, c) => (c < C ? frame[(c * h + y) * w + x]! : 1))
      const colour = averageColour(picture, x * factor, y * factor, factor)
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) normal[i]![j]! += row[i]! * row[j]!
        for (let j = 0; j < 3; j++) normal[i]![n + j]! += row[i]! * colour[j]!
      }
    }
  }
  for (let i = 0; i < n; i++) normal[i]![i]! += 1e-3 // flat pictures leave the system singular
  solveLinear(normal)
  return normal.map((row) => [row[n]!, row[n + 1]!, row[n + 2]!] as const)
}

/** RGB of latent size from latents [F, C, h, w]. */
export function previewFrames(latents: Float32Array, [C, h, w]: LatentShape, map: PreviewMap): Frames {
  const S = h * w
  const count = latents.length / (C * S)
  const data = new Uint8ClampedArray(count * S * 3)
  for (let f = 0; f < count; f++) {
    for (let s = 0; s < S; s++) {
      for (let j = 0; j < 3; j++) {
        let value = map[C]![j]!
        for (let c = 0; c < C; c++) value += map[c]![j]! * latents[(f * C + c) * S + s]!
        data[(f * S + s) * 3 + j] = value * 255
      }
    }
  }
  return { count, width: w, height: h, data: new Uint8Array(data.buffer) }
}

function averageColour({ data, width }: Frames, left: number, top: number, side: number): [number, number, number] {
  const sum: [number, number, number] = [0, 0, 0]
  for (let y = top; y < top + side; y++) {
    for (let x = left; x < left + side; x++) {
      for (let j = 0; j < 3; j++) sum[j]! += data[(y * width + x) * 3 + j]! / 255 / side ** 2
    }
  }
  return sum
}

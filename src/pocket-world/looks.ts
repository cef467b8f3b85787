// Looks: what the bundled LoRAs learn, each a formula over the pixels of a picture. Noir and watercolour are for those who train their own.

import type { Frames } from '../engine/frames.ts'
import { blur, clamp, edges, type FloatImage, luminance, mapPixels, vivid } from './float-image.ts'

export type Look = (picture: FloatImage) => FloatImage

/** Pale and rosy, its edges drawn in violet. */
const anime: Look = (picture) => {
  const edge = edges(picture)
  return mapPixels(picture, (r, g, b, i) => {
    const [red, green, blue] = vivid(0.4 + 0.6 * r, 0.4 + 0.6 * g, 0.4 + 0.6 * b, 1.55)
    const ink = 0.85 * clamp((edge[i]! - 0.14) * 4)
    return [mix(1.03 * red, 0.2, ink), mix(0.97 * green, 0.08, ink), mix(1.02 * blue, 0.26, ink)]
  })
}

/** An old photograph. */
const sepia: Look = (picture) =>
  mapPixels(picture, (r, g, b) => {
    const light = luminance(r, g, b)
    return [mix(0.16, 0.99, light), mix(0.09, 0.9, light), mix(0.05, 0.72, light)]
  })

/** Squares of 4 × 4 pixels. */
const pixel: Look = ({ width, height, data }) => {
  const side = 4
  const out = new Float32Array(data.length)
  for (let y = 0; y < height; y += side) {
    for (let x = 0; x < width; x += side) {
      const sum = [0, 0, 0]
      const each = (visit: (at: number) => void): void => {
        for (let row = y; row < y + side; row++) for (let column = x; column < x + side; column++) visit(3 * (row * width + column))
      }
      each((at) => {
        for (let c = 0; c < 3; c++) sum[c]! += data[at + c]! / side ** 2
      })
      const colour = vivid(sum[0]!, sum[1]!, sum[2]!, 1.25)
      each((at) => out.set(colour, at))
    }
  }
  return { width, height, data: out }
}

/** A dark room in which edges glow in the colour of what they are around. */
const neon: Look = (picture) => {
  const edge = edges(picture)
  const lines = mapPixels(picture, (r, g, b, i) => {
    const light = clamp(2.6 * edge[i]!)
    const [red, green, blue] = vivid(r, g, b, 2.4)
    return [light * Math.max(0.15, red), light * Math.max(0.15, green), light * Math.max(0.15, blue)]
  })
  const glow = blur(lines, 9).data
  return mapPixels(picture, (r, g, b, i) => [
    0.04 + 0.06 * r + 0.95 * lines.data[3 * i]! + 1.1 * glow[3 * i]!,
    0.02 + 0.036 * g + 0.95 * lines.data[3 * i + 1]! + 1.1 * glow[3 * i + 1]!,
    0.1 + 0.12 * b + 0.95 * lines.data[3 * i + 2]! + 1.1 * glow[3 * i + 2]!,
  ])
}

/** Pencil on paper, hatched where it is dark. */
const pencil: Look = (picture) => {
  const edge = edges(picture)
  return mapPixels(picture, (r, g, b, i) => {
    const light = luminance(r, g, b)
    const [x, y] = [i % picture.width, Math.floor(i / picture.width)]
    const hatch = (x + y) % 6 < 2 ? 0.6 * clamp(0.62 - light) : 0
    const grey = clamp(0.97 - 0.18 * (1 - light) - 0.8 * clamp(2.2 * edge[i]!) - hatch, 0.08)
    return [grey, 0.985 * grey, 0.95 * grey]
  })
}

/** Black and white with much contrast, darker towards the corners. */
const noir: Look = (picture) => {
  const { width, height } = picture
  return mapPixels(picture, (r, g, b, i) => {
    const light = clamp((luminance(r, g, b) - 0.5) * 1.7 + 0.46)
    const [x, y] = [(2 * (i % width)) / (width - 1) - 1, (2 * Math.floor(i / width)) / (height - 1) - 1]
    const grey = light * (1 - (0.35 * (x * x + y * y)) / 2)
    return [grey, grey, grey]
  })
}

/** Washes that run into each other, with darker rims. */
const watercolour: Look = (picture) => {
  const washes = blur(blur(picture, 5), 5).data
  const rim = edges(blur(picture, 3))
  return mapPixels(picture, (r, g, b, i) => {
    const [red, green, blue] = vivid(washes[3 * i]!, washes[3 * i + 1]!, washes[3 * i + 2]!, 1.15)
    const dark = 0.3 * clamp(1.3 * rim[i]!)
    return [0.3 + 0.72 * red - dark * (1 - 0.5 * r), 0.3 + 0.72 * green - dark * (1 - 0.5 * g), 0.3 + 0.72 * blue - dark * (1 - 0.5 * b)]
  })
}

export const looks = { anime, sepia, pixel, neon, pencil, noir, watercolour } as const satisfies Record<string, Look>

export type LookName = keyof typeof looks

export const lookNames = Object.keys(looks) as readonly LookName[]

/** Every frame in a look. Sides are multiples of 4. */
export function inLook(frames: Frames, name: LookName): Frames {
  const { count, width, height } = frames
  const size = width * height * 3
  const data = new Uint8Array(frames.data.length)
  for (let i = 0; i < count; i++) {
    const bytes = frames.data.subarray(i * size, (i + 1) * size)
    const seen = looks[name]({ width, height, data: Float32Array.from(bytes, (byte) => byte / 255) })
    for (let k = 0; k < size; k++) data[i * size + k] = Math.round(255 * seen.data[k]!)
  }
  return { count, width, height, data }
}

const mix = (from: number, to: number, share: number): number => from + (to - from) * share

// Frames to encode: a real animation, parts of it, and noise, the worst there is.

import { join } from 'node:path'
import sharp from 'sharp'
import { type Frames, frameAt } from '../../src/engine/frames.ts'
import { torchGenerator } from '../../src/engine/noise.ts'

/** 16 frames of 256×256: the pocket model's red ball. */
export async function ball(): Promise<Frames> {
  const file = join(import.meta.dirname, '../fixtures/ball.webp')
  const { data, info } = await sharp(file, { animated: true }).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  return { count: info.pages!, width: info.width, height: info.pageHeight!, data: new Uint8Array(data) }
}

/** `count` frames in a row, from the first again after the last, each cut at its middle to width × height. */
export function part(frames: Frames, count: number, width: number, height: number): Frames {
  const data = new Uint8Array(count * width * height * 3)
  const left = (frames.width - width) >> 1
  const top = (frames.height - height) >> 1
  for (let i = 0; i < count; i++) {
    const frame = frameAt(frames, i % frames.count)
    for (let y = 0; y < height; y++) {
      const from = ((top + y) * frames.width + left) * 3
      data.set(frame.subarray(from, from + width * 3), (i * height + y) * width * 3)
    }
  }
  return { count, width, height, data }
}

export function noise(count: number, width: number, height: number): Frames {
  const normal = torchGenerator(3n).normal(count * width * height * 3)
  return { count, width, height, data: Uint8Array.from(normal, (z) => Math.max(0, Math.min(255, Math.round(128 + 64 * z)))) }
}

/** Peak signal-to-noise ratio in dB, 255 the peak. */
export function psnr(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) throw new Error(`expected ${a.length} bytes, got ${b.length}`)
  const squares = a.reduce((sum, v, i) => sum + (v - b[i]!) ** 2, 0)
  return 10 * Math.log10((255 ** 2 * a.length) / squares)
}

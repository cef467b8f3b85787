// A WebP to GIF converter, for places where no WebP loops.

import sharp from 'sharp'
import { encode } from '../animation.ts'
import { readWebpMetadata } from './webp-metadata.ts'

/** @throws UserError `animation-damaged` */
export async function webpToGif(webp: Uint8Array): Promise<Uint8Array> {
  const { width, height, frames: count, durationMs } = readWebpMetadata(webp)
  const data = await sharp(webp, { animated: true }).removeAlpha().raw().toBuffer() // [count, height, width, 3]
  // a still lasts no time
  const fps = durationMs > 0 ? (1000 * count) / durationMs : 1
  const { bytes } = await encode({ count, width, height, data }, { format: 'gif', fps })
  return bytes
}

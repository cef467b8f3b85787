// A preview encoder, for work in progress in a chat or a terminal: small and soon rather than good.

import sharp from 'sharp'
import { type Frames, frameAt } from '../engine/frames.ts'
import { type Kernel, resize } from './pixels/resize.ts'
import { encodeWebp } from './webp/webp.ts'

export interface PreviewOptions {
  readonly fps: number
  readonly scale?: number
  readonly kernel?: Kernel
}

/** All frames as a small looping WebP. */
export function previewWebp(frames: Frames, { fps, scale = 1, kernel = 'lanczos' }: PreviewOptions): Promise<Uint8Array> {
  return encodeWebp(scaled(frames, scale, kernel), { fps, quality: 60, effort: 0 })
}

/** Frame `i` alone as a PNG. */
export async function previewPng(frames: Frames, i: number, scale = 1, kernel: Kernel = 'lanczos'): Promise<Uint8Array> {
  const { width, height, data } = scaled({ ...frames, count: 1, data: frameAt(frames, i) }, scale, kernel)
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
}

function scaled(frames: Frames, scale: number, kernel: Kernel): Frames {
  return resize(frames, Math.round(frames.width * scale), Math.round(frames.height * scale), kernel)
}

// Pictures of the pocket world in one of its looks, as PNG: what a style is taught from in tests.

import sharp from 'sharp'
import type { LookName } from '../src/pocket-world/looks.ts'
import { pocketDataset } from '../src/trainer/pocket-dataset.ts'

export interface LookPicture {
  readonly name: string
  readonly bytes: Uint8Array
  /** What it shows. */
  readonly caption: string
}

export async function lookPictures(look: LookName, count: number, side: number): Promise<LookPicture[]> {
  return Promise.all(
    pocketDataset({ count, frames: 1, look }).map(async ({ caption, decode }, n) => {
      const { data } = await decode({ width: side, height: side })
      const bytes = await sharp(data, { raw: { width: side, height: side, channels: 3 } })
        .png()
        .toBuffer()
      return { name: `picture-${n}.png`, bytes, caption }
    }),
  )
}

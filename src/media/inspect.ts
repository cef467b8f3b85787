// Animation metadata of any format: the way back from `encode`.

import { UserError } from '../errors.ts'
import { readGifMetadata } from './gif/gif-metadata.ts'
import { readMp4Metadata } from './mp4/mp4-metadata.ts'
import type { AnimationMetadata } from './settings.ts'
import { readWebpMetadata } from './webp/webp-metadata.ts'

/**
 * Reads structure only, decodes no picture; safe on any bytes.
 *
 * @throws UserError `not-an-animation`, `animation-damaged`, `settings-damaged`
 */
export function readSettings(bytes: Uint8Array): AnimationMetadata {
  const text = (from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString('latin1')
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return readWebpMetadata(bytes)
  if (text(0, 6) === 'GIF89a' || text(0, 6) === 'GIF87a') return readGifMetadata(bytes)
  if (text(4, 8) === 'ftyp') return readMp4Metadata(bytes)
  throw new UserError('not-an-animation', 'Expected a WebP, GIF or MP4 file, but it starts like none of them.')
}

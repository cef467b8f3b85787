// What an animation file says about itself: the way back from `encode`.

import { UserError } from '../errors.ts'
import { readGif } from './gif-facts.ts'
import { readMp4 } from './mp4-facts.ts'
import type { EmbeddedSettings } from './settings.ts'
import { readWebp } from './webp-facts.ts'

/**
 * Reads structure only, decodes no picture; safe on any bytes.
 *
 * @throws UserError `not-an-animation`, `animation-damaged`, `settings-damaged`
 */
export function readSettings(bytes: Uint8Array): EmbeddedSettings {
  const text = (from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString('latin1')
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return readWebp(bytes)
  if (text(0, 6) === 'GIF89a' || text(0, 6) === 'GIF87a') return readGif(bytes)
  if (text(4, 8) === 'ftyp') return readMp4(bytes)
  throw new UserError('not-an-animation', 'Expected a WebP, GIF or MP4 file, but it starts like none of them.')
}

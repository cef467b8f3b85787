// Size limits of an animation: what the nets can draw. How many frames they see at once is the plan's to fit (plan-clip.ts).

import { drawSettings } from '../draw-settings.ts'
import { UserError } from '../errors.ts'
import type { Size } from './nets.ts'

/** Sides are multiples of this many pixels, whatever the nets halve: an odd side's upper half is one larger. */
export const sideStep = drawSettings.width.step

const mostFrames = drawSettings.frames.max
const longestSide = drawSettings.width.max

/** @throws UserError naming what does not fit */
export function checkSize({ frames, width, height }: Size, { factor, hasMotion }: { factor: number; hasMotion: boolean }): void {
  checkFrames(frames, hasMotion)
  for (const [name, side] of [
    ['width', width],
    ['height', height],
  ] as const) {
    if (!Number.isInteger(side) || side < sideStep * factor || side > longestSide || side % sideStep !== 0) {
      throw new UserError(
        'size',
        `The ${name} is a multiple of ${sideStep} from ${sideStep * factor} to ${longestSide} pixels, not ${side}.`,
        {
          name,
          side,
        },
      )
    }
  }
}

/** @throws UserError `frames`, `motion-missing` */
export function checkFrames(frames: number, hasMotion: boolean): void {
  if (!Number.isInteger(frames) || frames < 1 || frames > mostFrames) {
    throw new UserError('frames', `An animation has 1 to ${mostFrames} frames, not ${frames}.`, { frames, most: mostFrames })
  }
  if (frames > 1 && !hasMotion) {
    throw new UserError(
      'motion-missing',
      `Without a motion module only stills can be drawn: give one with --motion FILE, or ask for 1 frame instead of ${frames}.`,
      { frames },
    )
  }
}

// Size limits of an animation: what the nets can draw, and what the motion module was trained on.

import { UserError } from '../errors.ts'
import type { Size } from './nets.ts'

/** Sides are multiples of this many pixels, whatever the nets halve: an odd side's upper half is one larger. */
export const sideStep = 8

/** @throws UserError naming what does not fit */
export function checkSize(
  { frames, width, height }: Size,
  { factor, maxFrames, hasMotion }: { factor: number; maxFrames: number; hasMotion: boolean },
): void {
  if (!Number.isInteger(frames) || frames < 1 || frames > 32) {
    throw new UserError('frames', `An animation has 1 to 32 frames, not ${frames}.`, { frames, most: 32 })
  }
  if (frames > 1 && !hasMotion) {
    throw new UserError(
      'motion-missing',
      `Without a motion module only stills can be drawn: give one with --motion FILE, or ask for 1 frame instead of ${frames}.`,
      { frames },
    )
  }
  if (frames > maxFrames) {
    throw new UserError('frames', `This motion module was trained on at most ${maxFrames} frames, not ${frames}.`, {
      frames,
      most: maxFrames,
    })
  }
  for (const [name, side] of [
    ['width', width],
    ['height', height],
  ] as const) {
    if (!Number.isInteger(side) || side < sideStep * factor || side > 2048 || side % sideStep !== 0) {
      throw new UserError('size', `The ${name} is a multiple of ${sideStep} from ${sideStep * factor} to 2048 pixels, not ${side}.`, {
        name,
        side,
      })
    }
  }
}

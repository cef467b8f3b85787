// What of a clip Text2Video-Zero can draw.

import { type ClipSettings, defaultClip } from '../../draw-settings.ts'
import { UserError } from '../../errors.ts'
import type { ClipInput } from '../clip/clip-input.ts'

/** A still is drawn alike by every method. */
export const isZero = ({ method, frames }: Pick<ClipInput, 'method' | 'frames'>): boolean => method === 'zero' && frames > 1

/** Frames at once: with more of them only memory grows, since each looks at the first alone. */
export const crossFrameLimits = { architecture: { maxFrames: 16 } } as const

/** Settings that it draws by all the same; so does a loop that is left to the model, which is played forth and back. */
const travelling = new Set<keyof ClipSettings>(['interpolation', 'promptHold', 'guidanceTravel'])

/** @throws UserError `zero-clip` */
export function refuseClipForZero({ clip = {}, continues, variationOf }: ClipInput): void {
  const asked = (Object.keys(clip) as (keyof ClipSettings)[]).filter(
    (name) => !travelling.has(name) && clip[name] !== undefined && clip[name] !== defaultClip[name] && clip[name] !== 'auto',
  )
  const [setting] = continues ? ['continuing a clip'] : variationOf ? ['a variation of a clip'] : asked
  if (setting === undefined) return
  throw new UserError(
    'zero-clip',
    `Text2Video-Zero draws every frame from the first one, so it has no use for ${setting}: leave it away, or draw with a motion module.`,
    { setting },
  )
}

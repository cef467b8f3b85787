// Control input: the pictures that a person gives a SparseCtrl, checked before anything is loaded.

import { controlStrength, type DrawSettings } from '../../draw-settings.ts'
import { UserError } from '../../errors.ts'
import type { Frames } from '../../frames.ts'
import type { Model } from '../model/model.ts'
import type { Size } from '../nets.ts'

export interface ControlInput {
  /** Of the clip's size. */
  readonly pictures: Frames
  /** The frame that each of them is for; −1 is the last, as in Python. */
  readonly at: readonly number[]
  /** Of what it adds to the UNet; 1, as it was trained, where absent. */
  readonly strength?: number
}

/** What is said of it in numbers: all that a request has. */
export type ControlNumbers = Pick<ControlInput, 'at' | 'strength'>

/**
 * @param control the model's SparseCtrl @param given absent: no picture
 * @returns the frames from 0 that the pictures are for
 * @throws UserError `control-missing`, `control-pictures`, `control-frame`, `control-frame-twice`, `control-strength`, `control-zero`
 */
export function checkControl(
  control: Pick<NonNullable<Model['control']>, 'file'> | null,
  given: ControlNumbers | undefined,
  { frames, method }: Pick<Size, 'frames'> & Partial<Pick<DrawSettings, 'method'>>,
): readonly number[] {
  if (!control) {
    if (!given) return []
    throw new UserError('control-missing', 'What steers a clip by pictures is a SparseCtrl, and none was named: --control FILE.')
  }
  if (!given || given.at.length === 0) {
    throw new UserError(
      'control-pictures',
      `The SparseCtrl ${control.file} steers by pictures, and none was given: --control-image 0:first.png.`,
      {
        file: control.file,
      },
    )
  }
  if (method === 'zero') {
    throw new UserError('control-zero', 'Text2Video-Zero draws every frame from the first one, so a SparseCtrl cannot steer it.')
  }
  const { min, max } = controlStrength
  const { strength = 1 } = given
  if (!(strength >= min && strength <= max)) {
    throw new UserError('control-strength', `The strength of a SparseCtrl is from ${min} to ${max}, not ${strength}.`, {
      strength,
      min,
      max,
    })
  }
  const at = given.at.map((frame) => (frame < 0 ? frames + frame : frame))
  for (const [n, frame] of at.entries()) {
    const asked = given.at[n]!
    if (!Number.isInteger(frame) || frame < 0 || frame >= frames) {
      const last = frames - 1
      throw new UserError('control-frame', `There is no frame ${asked} to show a picture for: the clip has frames 0 to ${last}.`, {
        asked,
        last,
      })
    }
    if (at.indexOf(frame) !== n) {
      throw new UserError('control-frame-twice', `Two pictures were given for frame ${frame}: it can be like one of them.`, { frame })
    }
  }
  return at
}

// The pocket world as a dataset: scenes drawn by program instead of files, each with words for it, for tests and for those who want to see
// the trainer work. Nothing is drawn before its latents are needed.

import { UserError } from '../errors.ts'
import { type CameraName, cameras } from '../pocket-world/camera.ts'
import { randomCaption } from '../pocket-world/caption.ts'
import { inLook, type LookName } from '../pocket-world/looks.ts'
import { seededRandom } from '../pocket-world/random.ts'
import { renderFrame, renderLoop } from '../pocket-world/render.ts'
import { randomScene } from '../pocket-world/scene.ts'
import type { DatasetEntry } from './dataset.ts'

export interface PocketDatasetOptions {
  readonly count: number
  /** Loops of so many frames; 1: moments of them, as pictures. */
  readonly frames: number
  readonly look?: LookName
  /** Of loops. */
  readonly camera?: CameraName
}

/** Of a period, where the small model's own clips begin: there the step from the last frame to the first is smallest. */
const loopStart = 3 / 8

/** The same scenes for the same numbers: one of more scenes begins with those of fewer. @throws UserError `train-size` for what is not square */
export function pocketDataset({ count, frames, look, camera }: PocketDatasetOptions): DatasetEntry[] {
  return Array.from({ length: count }, (_, i) => {
    const random = seededRandom(i)
    const scene = { ...randomScene(random), start: loopStart }
    const caption = randomCaption(random, scene)
    const time = random()
    return {
      name: `scene ${i}`,
      caption,
      stamp: JSON.stringify(['pocket world 3', i, frames, look, ...(camera ? [camera] : [])]),
      async decode({ width: side, height }) {
        if (side !== height)
          throw new UserError('train-size', `The pocket world is drawn in squares, not in ${side}×${height}.`, { side, height })
        const plain =
          frames === 1
            ? { count: 1, width: side, height: side, data: renderFrame(scene, time, { side }) }
            : renderLoop(scene, { side, frames, ...(camera && { camera: cameras[camera] }) })
        return look === undefined ? plain : inLook(plain, look)
      },
    }
  })
}

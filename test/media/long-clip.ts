// A long clip of full size: 64 frames of 512×512 in which everything moves, under grain, so that every frame is new to an encoder and a GIF
// of it is too large for a chat. Drawing one takes a graphics card; its bytes are what counts here.

import type { Frames } from '../../src/engine/frames.ts'
import { resize } from '../../src/media/pixels/resize.ts'
import { pan } from '../../src/pocket-world/camera.ts'
import { seededRandom } from '../../src/pocket-world/random.ts'
import { renderLoop } from '../../src/pocket-world/render.ts'
import { randomScene } from '../../src/pocket-world/scene.ts'

const [frames, side] = [64, 512]
/** Its standard deviation, of 255. */
const grain = 6

export function longClip(): Frames {
  const scene = randomScene(seededRandom(4), { subject: 'boat', place: 'sea' })
  const small = renderLoop(scene, { side: side / 4, frames, camera: pan(0.4, 0.1, 'return') })
  const { data, ...size } = resize(small, side, side)
  const random = seededRandom(5)
  for (let i = 0; i < data.length; i++) {
    const noise = (random() + random() - 1) * grain * Math.sqrt(6)
    data[i] = Math.max(0, Math.min(255, Math.round(data[i]! + noise)))
  }
  return { ...size, data }
}

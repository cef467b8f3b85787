import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cameraMovement } from '../../src/judge/camera-movement.ts'
import { median } from '../../src/judge/measures.ts'
import { type CameraName, cameraNames, cameras, standing } from '../../src/pocket-world/camera.ts'
import { seededRandom } from '../../src/pocket-world/random.ts'
import { renderLoop } from '../../src/pocket-world/render.ts'
import { randomScene } from '../../src/pocket-world/scene.ts'

const random = seededRandom(3)
const scenes = Array.from({ length: 9 }, () => randomScene(random))

/** The median over scenes, in which subjects move too. */
const moved = (drawnBy: CameraName | undefined, along: CameraName): number =>
  median(
    scenes.map((scene) =>
      cameraMovement(renderLoop(scene, { side: 64, frames: 2, camera: drawnBy ? cameras[drawnBy] : standing }), cameras[along]),
    ),
  )

for (const name of cameraNames) {
  test(`${name} goes all of its way, and a standing camera none of it`, () => {
    const [all, none] = [moved(name, name), moved(undefined, name)]
    assert.ok(Math.abs(all - 1) <= 0.12, `${all}`)
    assert.ok(Math.abs(none) <= 0.04, `${none}`)
  })
}

test('what moves the other way counts below nothing', () => {
  for (const [drawnBy, along] of [
    ['pan-right', 'pan-left'],
    ['tilt-down', 'tilt-up'],
    ['zoom-out', 'zoom-in'],
    ['rolling-anticlockwise', 'rolling-clockwise'],
  ] as const) {
    assert.ok(moved(drawnBy, along) < -0.8, `${along} of ${drawnBy}: ${moved(drawnBy, along)}`)
  }
})

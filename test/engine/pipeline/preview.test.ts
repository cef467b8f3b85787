import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitMap, type PreviewMap, previewFrames } from '../../../src/engine/pipeline/preview.ts'
import { someNumbers } from '../cpu-session.ts'

const shape = [4, 6, 5] as const
const map: PreviewMap = [
  [0.1, -0.05, 0.02],
  [0.03, 0.12, -0.07],
  [-0.06, 0.04, 0.11],
  [0.02, 0.05, 0.03],
  [0.5, 0.4, 0.6],
]

test('a preview is the map of every latent, clamped to what a byte holds', () => {
  const latents = someNumbers(2 * 4 * 6 * 5).map((value) => 8 * value)
  const { count, width, height, data } = previewFrames(latents, shape, map)
  assert.deepEqual({ count, width, height, bytes: data.length }, { count: 2, width: 5, height: 6, bytes: 2 * 6 * 5 * 3 })
  const pixel = 17
  for (let j = 0; j < 3; j++) {
    const colour = [0, 1, 2, 3].reduce((sum, c) => sum + map[c]![j]! * latents[(4 + c) * 30 + pixel]!, map[4]![j]!)
    assert.equal(data[(30 + pixel) * 3 + j], Math.round(Math.min(1, Math.max(0, colour)) * 255))
  }
})

test('from one decoded frame the map that made it is found again, to the step of a byte', () => {
  const latents = someNumbers(4 * 6 * 5)
  const small = previewFrames(latents, shape, map)
  const found = fitMap(latents, shape, enlarged(small.data))
  for (const [i, row] of found.entries()) {
    for (const [j, value] of row.entries()) assert.ok(Math.abs(value - map[i]![j]!) < 0.004, `row ${i}, colour ${j}: ${value}`)
  }
})

/** Four pixels to a latent's side. */
function enlarged(data: Uint8Array) {
  const [height, width] = [24, 20]
  const large = new Uint8Array(height * width * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let j = 0; j < 3; j++) large[(y * width + x) * 3 + j] = data[((y >> 2) * 5 + (x >> 2)) * 3 + j]!
    }
  }
  return { count: 1, width, height, data: large }
}

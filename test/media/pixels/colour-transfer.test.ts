import assert from 'node:assert/strict'
import { test } from 'node:test'
import { colourStatistics, transferColours } from '../../../src/media/pixels/colour-transfer.ts'
import { inLook } from '../../../src/pocket-world/looks.ts'
import { seededRandom } from '../../../src/pocket-world/random.ts'
import { renderLoop } from '../../../src/pocket-world/render.ts'
import { randomScene } from '../../../src/pocket-world/scene.ts'

const pictures = [0, 1, 2, 3].map((seed) => renderLoop(randomScene(seededRandom(seed)), { frames: 1 }))
const others = [4, 5, 6, 7].map((seed) => renderLoop(randomScene(seededRandom(seed)), { frames: 1 }))

test('pictures have the mean and the deviation of the others, but for what white and black cut off', () => {
  const [from, to] = [colourStatistics(pictures), colourStatistics(others)]
  const got = colourStatistics(pictures.map((picture) => transferColours(picture, from, to)))
  for (const c of [0, 1, 2] as const) {
    assert.ok(Math.abs(got.mean[c] - to.mean[c]) < 4, `mean ${c}: ${got.mean[c]}, ${to.mean[c]}`)
    assert.ok(Math.abs(got.deviation[c] - to.deviation[c]) < 6, `deviation ${c}: ${got.deviation[c]}, ${to.deviation[c]}`)
  }
})

test('their own statistics leave pictures as they are, to a rounding', () => {
  const own = colourStatistics(pictures)
  for (const picture of pictures) {
    const { data } = transferColours(picture, own, own)
    assert.ok(data.every((value, i) => Math.abs(value - picture.data[i]!) <= 1))
  }
})

test('what is black and white makes black and white, and a grey wall takes the mean', () => {
  const to = colourStatistics(others.map((picture) => inLook(picture, 'noir')))
  const { data } = transferColours(pictures[0]!, colourStatistics(pictures), to)
  for (let i = 0; i < data.length; i += 3) assert.ok(Math.abs(data[i]! - data[i + 1]!) <= 1 && Math.abs(data[i]! - data[i + 2]!) <= 1)
  const wall = { count: 1, width: 2, height: 1, data: Uint8Array.of(90, 90, 90, 90, 90, 90) }
  assert.equal(colourStatistics([transferColours(wall, colourStatistics([wall]), to)]).mean[0], Math.round(to.mean[0]))
})

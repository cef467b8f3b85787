import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fit, type Rung } from '../../src/media/fit.ts'

const WHOLE: Rung = { quality: 85, width: 256, height: 256, every: 1 }

/** An encoder whose bytes follow from quality, pixels and frames alone. */
function encoder(bytesPerPixel: number, tried: Rung[] = []) {
  return async (rung: Rung) => {
    tried.push(rung)
    const bytes = new Uint8Array(Math.ceil((bytesPerPixel * rung.width * rung.height * (rung.quality / 85) ** 1.5 * 16) / rung.every))
    return { bytes, width: rung.width, height: rung.height, fps: 10 / rung.every }
  }
}

test('quality goes first, then size, then frames per second', async () => {
  const at = async (share: number) => (await fit(encoder(0.1), WHOLE, { maxBytes: 104_858 * share, frames: 16 })).reduced!
  const { quality, ...rest } = await at(0.7)
  assert.ok(quality < 85 && quality > 60)
  assert.deepEqual({ scale: rest.scale, fps: rest.fps }, { scale: 1, fps: 10 })
  const smaller = await at(0.2)
  assert.ok(smaller.scale < 1 && smaller.scale > 0.5)
  assert.equal(smaller.fps, 10)
  const slower = await at(0.014)
  assert.ok(slower.scale < 0.3)
  assert.equal(slower.fps, 5)
  assert.match(slower.note.message, /quality from 85 to \d+, size from 256×256 to \d+×\d+, frames per second from 10 to 5\.$/)
})

test('any limit is met or refused within eight encodes, and no refused one could have been met', async () => {
  await fc.assert(
    fc.asyncProperty(fc.double({ min: 0.01, max: 3, noNaN: true }), fc.integer({ min: 100, max: 400_000 }), async (density, maxBytes) => {
      const tried: Rung[] = []
      try {
        const { bytes, reduced } = await fit(encoder(density, tried), WHOLE, { maxBytes, frames: 16 })
        assert.ok(bytes.length <= maxBytes)
        assert.ok(!reduced || reduced.encodes === tried.length)
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'animation-too-large')
        assert.equal(tried.at(-1)!.every, 4)
      }
      assert.ok(tried.length <= 8, `${tried.length} encodes`)
    }),
    { numRuns: 300, seed: 1 },
  )
})

test('a still picture loses no frames', async () => {
  const tried: Rung[] = []
  await assert.rejects(fit(encoder(1, tried), WHOLE, { maxBytes: 10, frames: 1 }), { code: 'animation-too-large' })
  assert.ok(tried.every((rung) => rung.every === 1))
})

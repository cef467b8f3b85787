// What windows of every kind keep; their places are held against published tables in verify-long.test.ts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuseMethods, windowKinds } from '../../../../src/engine/draw-settings.ts'
import { fuseWeights, weighted } from '../../../../src/engine/pipeline/clip/fuse-weights.ts'
import { contextWindows, shifted } from '../../../../src/engine/pipeline/clip/windows.ts'

const sizes = [2, 3, 11, 12, 16, 17, 24, 25, 31, 40, 64, 127].flatMap((frames) =>
  [2, 5, 8, 16, 24].flatMap((length) => [0, 1, Math.floor(length / 2), length - 1].map((overlap) => ({ frames, length, overlap }))),
)

for (const kind of windowKinds) {
  test(`${kind} windows are as long as asked, name frames that exist and cover the clip, at every step and stride`, () => {
    for (const size of sizes) {
      for (const stride of [1, 2, 3]) {
        for (const step of [0, 1, 2, 3, 13, 24]) {
          const windows = contextWindows(kind, { ...size, stride, step, closed: kind === 'shifted' })
          const told = `${JSON.stringify(size)}, stride ${stride}, step ${step}`
          assert.ok(
            windows.every((window) => window.length === Math.min(size.frames, size.length)),
            told,
          )
          const shown = new Set(windows.flat())
          assert.equal(shown.size, size.frames, told)
          assert.ok(Math.max(...shown) < size.frames, told)
        }
      }
    }
  })
}

test('a closed clip of 64 frames costs four windows of 16, of 24 two, and of 16 one', () => {
  const count = (frames: number) => shifted({ frames, length: 16, overlap: 0, step: 5 }).length
  assert.deepEqual([64, 24, 16, 12].map(count), [4, 2, 1, 1])
})

test('the seams of a closed clip lie elsewhere in every one of sixteen steps', () => {
  for (const frames of [16, 32, 48, 64]) {
    const starts = Array.from({ length: 16 }, (_, step) => shifted({ frames, length: 16, overlap: 0, step })[0]![0]! % 16)
    assert.equal(new Set(starts).size, 16, `${frames} frames: ${starts}`)
  }
})

test('the shares in a frame add up to one, however windows are fused', () => {
  for (const method of fuseMethods) {
    for (const kind of windowKinds) {
      for (const [frames, length, overlap] of [
        [40, 16, 4],
        [40, 16, 0],
        [27, 9, 1],
        [16, 16, 4],
      ] as const) {
        const closed = kind === 'shifted'
        const clip = { frames, overlap, closed }
        const windows = weighted(contextWindows(kind, { ...clip, length, stride: 1, step: 3 }), method, clip)
        const sums = new Float64Array(frames)
        for (const window of windows) {
          window.frames.forEach((frame, n) => {
            sums[frame]! += window.weights[n]!
          })
        }
        assert.ok(
          sums.every((sum) => Math.abs(sum - 1) < 1e-12),
          `${method} ${kind} ${frames}`,
        )
      }
    }
  }
})

test('a clip without ends has ramps on both sides of every window, an open one none at its ends', () => {
  const window = [0, 1, 2, 3, 4, 5, 6, 7]
  const ramps = (closed: boolean) =>
    fuseWeights('overlap-linear', window, { frames: 20, overlap: 3, closed }).map((weight) => Math.round(weight * 2) / 2)
  assert.deepEqual(ramps(false), [1, 1, 1, 1, 1, 1, 0.5, 0])
  assert.deepEqual(ramps(true), [0, 0.5, 1, 1, 1, 1, 0.5, 0])
})

test('relative weights are the same wherever a window lies, also across the end of the clip', () => {
  const clip = { frames: 20, overlap: 4, closed: true }
  assert.deepEqual(fuseWeights('relative', [17, 18, 19, 0, 1, 2], clip), fuseWeights('relative', [3, 4, 5, 6, 7, 8], clip))
})

test('a frame that no window shows is a bug that is told', () => {
  assert.throws(() => weighted([[0, 1, 2]], 'flat', { frames: 4, overlap: 0, closed: false }), /frame 3 of 4 is in no window/)
})

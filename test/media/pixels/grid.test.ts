import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FrameSource } from '../../../src/media/frame-source.ts'
import { grid, gridSides } from '../../../src/media/pixels/grid.ts'

/** Two frames of 2 × 1 pixels of one brightness. */
const plain = (light: number): FrameSource => ({ count: 2, width: 2, height: 1, frame: () => new Uint8Array(2 * 3).fill(light) })
/** The first colour of each pixel of a frame, row by row. */
const rows = ({ width, height, frame }: FrameSource, i: number) =>
  Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => frame(i)[(y * width + x) * 3]))

test('several animations stand side by side, two in a row, with black between them', () => {
  const two = grid([plain(1), plain(2)])
  assert.deepEqual({ count: two.count, width: two.width, height: two.height }, { count: 2, width: 6, height: 1 })
  assert.deepEqual(rows(two, 0), [[1, 1, 0, 0, 2, 2]])
  const three = grid([plain(1), plain(2), plain(3)])
  assert.deepEqual(rows(three, 1), [
    [1, 1, 0, 0, 2, 2],
    [0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0],
    [3, 3, 0, 0, 0, 0],
  ])
})

test('one alone is itself', () => {
  const one = plain(1)
  assert.equal(grid([one]), one)
})

test('how large it becomes is known before there is any', () => {
  for (const n of [1, 2, 3, 4]) {
    const { width, height } = grid(Array.from({ length: n }, () => plain(1)))
    assert.deepEqual(gridSides(n, plain(1)), { width, height })
  }
})

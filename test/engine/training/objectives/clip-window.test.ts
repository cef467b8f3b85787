import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { clipIndices, lastStart } from '../../../../src/engine/training/objectives/clip-window.ts'
import { fixtures } from '../../cpu-session.ts'

interface Published {
  readonly video_length: number
  readonly frames: number
  readonly stride: number
  readonly start: number
  readonly index: readonly number[]
}

/** workshop/reference/make_train.py, from AnimateDiff's animatediff/data/dataset.py. */
const { data } = JSON.parse(readFileSync(join(fixtures, 'train/train.json'), 'utf8')) as { data: { clip_indices: readonly Published[] } }

test('the frames of a clip are those that AnimateDiff takes', () => {
  assert.ok(data.clip_indices.length > 4)
  for (const { video_length: length, frames, stride, start, index } of data.clip_indices) {
    assert.deepEqual(clipIndices(length, start, { frames, stride }), index)
    assert.ok(start <= lastStart(length, { frames, stride }))
  }
})

test('every window ends within its clip, and a picture is a window of one frame', () => {
  for (const length of [1, 2, 15, 16, 17, 60, 61, 62, 300]) {
    const window = { frames: 16, stride: 4 }
    const last = clipIndices(length, lastStart(length, window), window)
    assert.ok(last[0]! >= 0 && last.at(-1)! < length, `${length}: ${last}`)
  }
  assert.deepEqual(clipIndices(1, 0, { frames: 1, stride: 1 }), [0])
  assert.equal(lastStart(40, { frames: 1, stride: 1 }), 39)
})

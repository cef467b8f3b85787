// Frames that are asked for one at a time make the same files.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formats } from '../../src/animation-format.ts'
import { encode } from '../../src/media/animation.ts'
import { everyNth, type FrameSource, sourceOf } from '../../src/media/frame-source.ts'
import { ball, part } from './pictures.ts'

for (const format of formats) {
  test(`${format} from a source is that from frames, byte for byte, with other sides and fewer frames too`, async () => {
    const frames = part(await ball(), 6, 63, 40)
    /** A GIF's encoder keeps nothing that it was handed; the others have several on their way. */
    const lent = new Uint8Array(63 * 40 * 3)
    const reused: FrameSource = {
      ...sourceOf(frames),
      frame(i) {
        lent.set(sourceOf(frames).frame(i))
        return format === 'gif' ? lent : lent.slice()
      },
    }
    for (const limits of [{ scale: 2 }, { maxBytes: 9000 }]) {
      const wanted = await encode(frames, { format, fps: 8, ...limits })
      const got = await encode(reused, { format, fps: 8, ...limits })
      assert.deepEqual(Buffer.from(got.bytes), Buffer.from(wanted.bytes))
    }
  })
}

test('every n-th frame of a source begins with the first', async () => {
  const source = sourceOf(part(await ball(), 5, 8, 8))
  const half = everyNth(source, 2)
  assert.equal(half.count, 3)
  assert.deepEqual([half.frame(0), half.frame(1), half.frame(2)], [source.frame(0), source.frame(1), source.frame(3)])
})

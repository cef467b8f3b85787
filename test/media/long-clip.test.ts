// A long clip of full size within what the platforms take: 64 frames of 512×512, by the ladder of reductions where it needs one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode } from '../../src/media/animation.ts'
import { readSettings } from '../../src/media/inspect.ts'
import { resize } from '../../src/media/resize.ts'
import { ball, part } from './pictures.ts'

for (const [platform, format, maxBytes] of [
  ['Discord', 'webp', 10 * 2 ** 20],
  ['Slack', 'gif', 8 * 2 ** 20],
] as const) {
  test(`64 frames of 512×512 are posted to ${platform} as ${format}`, async () => {
    const frames = resize(part(await ball(), 64, 256, 256), 512, 512)
    const { bytes, reduced } = await encode(frames, { format, fps: 8, maxBytes })
    assert.ok(bytes.length <= maxBytes, `${bytes.length} bytes`)
    const { durationMs } = readSettings(bytes)
    assert.ok(Math.abs(durationMs - 8000) < 100, `${durationMs} ms, ${reduced?.note.message ?? 'as it was drawn'}`)
  })
}

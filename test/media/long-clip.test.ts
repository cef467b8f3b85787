// A long clip of full size within what the platforms take, by the ladder of reductions where it needs one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { discordLimits } from '../../src/chat/discord/index.ts'
import { limits as slackLimits } from '../../src/chat/slack/limits.ts'
import { encode } from '../../src/media/animation.ts'
import { readSettings } from '../../src/media/inspect.ts'
import { longClip } from './long-clip.ts'

const frames = longClip()

for (const [platform, { maxBytes, formats }, isReduced] of [
  ['Discord', discordLimits, false],
  ['Slack', slackLimits, true],
] as const) {
  test(`64 frames of 512×512 are posted to ${platform} as ${formats[0]}, of the same length`, async () => {
    const { bytes, reduced, fps, frames: count, width } = await encode(frames, { format: formats[0]!, fps: 8, maxBytes })
    const made = `${bytes.length} bytes, ${count} frames of ${width} at ${fps}: ${reduced?.note.message ?? 'as it was drawn'}`
    assert.equal(reduced !== undefined, isReduced, made)
    assert.ok(bytes.length <= maxBytes, made)
    assert.ok(Math.abs(count / fps - 8) < 0.01, made)
    const { durationMs } = readSettings(bytes)
    assert.ok(Math.abs(durationMs - 8000) < 100, `${durationMs} ms, ${made}`)
  })
}

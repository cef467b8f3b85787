// Clips as rooms above the engine ask about them: what is refused, what is computed, what a text says over the frames.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClipRequest, checkClip, framesComputed, framesIn, keyedTexts, overKeyedTexts } from '../src/clip.ts'
import { defaultClip, loops } from '../src/engine/draw-settings.ts'
import { planClip } from '../src/engine/pipeline/clip/plan-clip.ts'

const clip: ClipRequest = { prompt: 'a boat', negative: '', frames: 32 }

for (const [changes, positions, code, sentence] of [
  [{ frames: 1000 }, { maxFrames: 32 }, 'frames', /1 to 128 frames, not 1000/],
  [{}, null, 'motion-missing', /only stills/],
  [{ windowLength: 32 }, { maxFrames: 24 }, 'window-length', /2 to 24 frames, for which it has positions, not 32/],
  [{ windowLength: 8, windowOverlap: 8 }, { maxFrames: 32 }, 'window-overlap', /0 to 7 frames, not 8/],
  [{ prompt: '0: a boat | 32: a bird' }, { maxFrames: 32 }, 'keyframe-beyond', /no frame 32: this clip has 32/],
  [{ prompt: '0: a boat | a bird' }, { maxFrames: 32 }, 'keyframe-missing', /begins with its frame.*not "a bird"/],
  [{ guidanceTravel: '0: much' }, { maxFrames: 32 }, 'keyframe-number', /as in "0: 7 \| 16: 4", not "0: much"/],
  [{ promptHold: 2 }, { maxFrames: 32 }, 'prompt-hold', /from 0 to 1 .* not 2/],
  [{ loop: 'ping-pong', frames: 15 }, { maxFrames: 32 }, 'loop-frames', /even number of frames, not 15/],
] as const) {
  test(`${JSON.stringify(changes)} is refused of a request: ${sentence.source}`, () => {
    assert.throws(() => checkClip({ ...clip, ...changes }, positions), { name: 'UserError', code, message: sentence })
  })
}

test('seconds are frames, even ones where they are played forth and back, as many as there may be', () => {
  const at = { fps: 8, most: 64 }
  assert.deepEqual([framesIn(2, at), framesIn(0.01, at), framesIn(8, at), framesIn(1.9, { ...at, loop: 'ping-pong' })], [16, 1, 64, 16])
  assert.throws(() => framesIn(20, at), {
    name: 'UserError',
    code: 'seconds-too-long',
    message: '20 seconds at 8 frames a second are 160 frames, and 64 are the most: ask for 8 seconds.',
  })
})

test('as many frames are counted as the windows of most modules have', () => {
  for (const loop of loops) {
    for (const frames of [1, 2, 8, 16, 24, 32, 48, 64, 128]) {
      const { windowsAt } = planClip({ ...defaultClip, loop }, frames, { maxFrames: 32 })
      const computed = windowsAt(3).reduce((sum, window) => sum + window.frames.length, 0)
      assert.equal(framesComputed({ frames, loop }), computed, `${frames} frames, loop ${loop}`)
    }
  }
  const asked = { windowLength: 8, windowOverlap: 4 }
  const { windowsAt } = planClip({ ...defaultClip, ...asked }, 40, { maxFrames: 32 })
  assert.equal(framesComputed({ frames: 40, ...asked }), windowsAt(0).length * 8)
})

test('a text that changes over the frames is told in parts, and changed in each', () => {
  assert.deepEqual(keyedTexts('0: a [cat|dog] | 16 : (a|b)'), [
    { key: '0: ', text: 'a [cat|dog]' },
    { key: '16: ', text: '(a|b)' },
  ])
  for (const whole of ['a cat', 'one | two', '0: a cat', '']) assert.deepEqual(keyedTexts(whole), [{ key: '', text: whole }])
  assert.equal(
    overKeyedTexts('0: a | 16: b', (text) => `${text}!`),
    '0: a! | 16: b!',
  )
})

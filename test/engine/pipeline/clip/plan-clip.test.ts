import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClipSettings, clipSettings, defaultClip } from '../../../../src/engine/draw-settings.ts'
import { planClip } from '../../../../src/engine/pipeline/clip/plan-clip.ts'

const modules = {
  v1: { maxFrames: 24 },
  v3: { maxFrames: 32 },
  long: { maxFrames: 64 },
} as const

const plan = (settings: Partial<ClipSettings>, frames: number, module: keyof typeof modules = 'v3') =>
  planClip({ ...defaultClip, ...settings }, frames, modules[module])

test('what fits the module is drawn at once, in order, as it always was', () => {
  for (const [frames, module] of [
    [16, 'v3'],
    [32, 'v3'],
    [24, 'v1'],
  ] as const) {
    const { drawn, atOnce, windowsAt, motionWindows, again } = plan({}, frames, module)
    assert.deepEqual([drawn, atOnce, motionWindows, again], [frames, frames, undefined, []])
    const [window, ...others] = windowsAt(5)
    assert.deepEqual([window!.frames, others], [Array.from({ length: frames }, (_, i) => i), []])
  }
})

test('a longer clip is drawn in windows of 16, and in 64 where the module has positions for them', () => {
  assert.deepEqual(
    [plan({}, 128).atOnce, plan({}, 32, 'v1').atOnce, plan({}, 64, 'long').atOnce, plan({}, 96, 'long').atOnce],
    [16, 16, 64, 64],
  )
  assert.equal(plan({}, 64).windowsAt(0).length, 5)
})

test('a closed loop turns its one window at every step, and longer ones cost as many windows as they are long', () => {
  const { windowsAt } = plan({ loop: 'closed' }, 16)
  assert.deepEqual(
    [0, 1, 2, 3].map((step) => windowsAt(step).map(({ frames }) => frames[0])),
    [[0], [8], [4], [12]],
  )
  assert.equal(plan({ loop: 'closed' }, 64).windowsAt(3).length, 4)
  assert.deepEqual([plan({ loop: 'closed' }, 24).atOnce, plan({ loop: 'closed' }, 48, 'long').atOnce], [16, 48])
})

test('windows of a closed loop start from the noise of one, others where that is asked for', () => {
  const stride = (settings: Partial<ClipSettings>, frames = 64) => plan(settings, frames).noiseStride
  assert.deepEqual(
    [stride({ loop: 'closed' }), stride({ loop: 'closed' }, 16), stride({}), stride({ freeNoise: 'on' })],
    [4, undefined, undefined, 4],
  )
  assert.equal(stride({ loop: 'closed', freeNoise: 'off' }), undefined)
  assert.equal(stride({ freeNoise: 'on', windowLevel: 'motion-module', windowOverlap: 10 }), 6)
})

test('ping-pong draws up to the middle and shows it back, cross-fade draws a little more and is cyclic', () => {
  const back = plan({ loop: 'ping-pong' }, 8)
  assert.deepEqual([back.drawn, back.again, back.keyed], [5, [3, 2, 1], { frames: 5, cyclic: false }])
  const fade = plan({ loop: 'cross-fade' }, 16)
  assert.deepEqual([fade.drawn, fade.again, fade.keyed], [20, [], { frames: 16, cyclic: true }])
  assert.equal(fade.finish(new Float32Array(20 * 3)).length, 16 * 3)
})

test('windows inside the motion modules see all frames in one call, around the end where the clip is closed', () => {
  const open = plan({ windowLevel: 'motion-module' }, 40)
  assert.deepEqual([open.atOnce, open.motionWindows!.length, open.motionWindows![1]!.frames[0]], [40, 7, 4])
  const closed = plan({ windowLevel: 'motion-module', loop: 'closed' }, 16)
  assert.deepEqual(
    closed.motionWindows!.map(({ frames }) => [frames[0], frames.at(-1)]),
    [
      [0, 15],
      [4, 3],
      [8, 7],
      [12, 11],
    ],
  )
  assert.equal(plan({ windowLevel: 'motion-module' }, 16).motionWindows, undefined)
})

test('a still is one frame, whatever is said of clips', () => {
  for (const loop of clipSettings.loop.choices) {
    const { drawn, again, finish } = planClip({ ...defaultClip, loop, windowLength: 16, windowStride: 2 }, 1, null)
    assert.deepEqual([drawn, again], [1, []])
    const latents = new Float32Array(4)
    assert.equal(finish(latents), latents)
  }
})

for (const [settings, frames, module, code, sentence] of [
  [{ windowLength: 32 }, 32, 'v1', 'window-length', /has 2 to 24 frames, for which it has positions, not 32/],
  [{ windowLength: 33 }, 64, 'v3', 'window-length', /2 to 32 frames.* not 33/],
  [{ windowLength: 1 }, 64, 'v3', 'window-length', /2 to 32 frames.* not 1/],
  [{ windowOverlap: 16 }, 64, 'v3', 'window-overlap', /Windows of 16 frames overlap by 0 to 15 frames, not 16/],
  [{ windowLength: 8, windowOverlap: 9 }, 64, 'v3', 'window-overlap', /Windows of 8 frames overlap by 0 to 7 frames, not 9/],
  [{ windowOverlap: -1 }, 64, 'v3', 'window-overlap', /not -1/],
  [{ windowStride: 9, windows: 'looped-uniform' }, 64, 'v3', 'window-stride', /from 1 to 8, not 9/],
  [{ windowStride: 2 }, 64, 'v3', 'window-without-stride', /standard-static have no stride/],
  [{ windows: 'standard-uniform', loop: 'closed' }, 64, 'v3', 'window-ends', /standard-uniform end where the clip ends/],
  [{ windows: 'shifted' }, 64, 'v3', 'window-wraps', /shifted wrap around the end of the clip/],
  [{ windows: 'looped-uniform', windowLevel: 'motion-module' }, 64, 'v3', 'window-moves', /same place in every step, which looped-uniform/],
  [{ loop: 'ping-pong' }, 15, 'v3', 'loop-frames', /even number of frames, not 15/],
] as const) {
  test(`${JSON.stringify(settings)} with ${module} and ${frames} frames is refused: ${sentence.source}`, () => {
    assert.throws(() => plan(settings, frames, module), { name: 'UserError', code, message: sentence })
  })
}

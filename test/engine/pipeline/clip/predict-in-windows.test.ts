import assert from 'node:assert/strict'
import { test } from 'node:test'
import { predictInWindows } from '../../../../src/engine/pipeline/clip/predict-in-windows.ts'
import type { Nets } from '../../../../src/engine/pipeline/nets.ts'
import { someNumbers } from '../../cpu-session.ts'

const each = 6
const frames = 5
const sample = someNumbers(frames * each)
const texts = [Float32Array.of(1), Float32Array.of(2)]
const two = [
  { frames: [0, 1, 2, 3], weights: [1, 1, 1, 0.25] },
  { frames: [3, 4], weights: [0.75, 1] },
]

/** What is predicted of a frame depends on it, its place in the window and the text alone. */
const predictNoise: Nets['predictNoise'] = async (shown, t, contexts) =>
  contexts.map((context) => shown.map((value, i) => t * value + 100 * Math.floor(i / each) + 1000 * context[0]!))

test('every frame is the weighted mean of what the windows make of it, for each text', async () => {
  const noises = await predictInWindows(predictNoise, { sample, t: 2, texts, frames, windows: two })
  const places = [0, 100, 200, 0.25 * 300 + 0.75 * 0, 100]
  for (const [k, noise] of noises.entries()) {
    for (let i = 0; i < noise.length; i++) {
      const expected = 2 * sample[i]! + places[Math.floor(i / each)]! + 1000 * texts[k]![0]!
      assert.ok(Math.abs(noise[i]! - expected) < 1e-3, `text ${k}, value ${i}: ${noise[i]}, expected ${expected}`)
    }
  }
})

test('a window that wraps shows its frames in its own order', async () => {
  const windows = [{ frames: [3, 4, 0, 1, 2], weights: [1, 1, 1, 1, 1] }]
  const [noise] = await predictInWindows(predictNoise, { sample, t: 0, texts: [Float32Array.of(0)], frames, windows })
  assert.deepEqual(
    Array.from({ length: frames }, (_, frame) => noise![frame * each]),
    [200, 300, 400, 0, 100],
  )
})

test('one window of the whole clip is asked as it is', async () => {
  const asked: Float32Array[] = []
  const windows = [{ frames: [0, 1, 2, 3, 4], weights: [1, 1, 1, 1, 1] }]
  const spy: Nets['predictNoise'] = (shown, ...rest) => {
    asked.push(shown)
    return predictNoise(shown, ...rest)
  }
  await predictInWindows(spy, { sample, t: 1, texts, frames, windows })
  assert.ok(asked.length === 1 && asked[0] === sample)
})

test('where one text travels, all are given frame by frame', async () => {
  const travelling = {
    keys: [Float32Array.of(0, 4), Float32Array.of(8, 0)],
    blends: Array.from({ length: frames }, (_, frame) => ({ from: 0, to: 1, t: frame / 4 })),
    interpolation: 'lerp',
  } as const
  const told: number[][][] = []
  const spy: Nets['predictNoise'] = (shown, t, contexts, options) => {
    assert.equal(options?.textPerFrame, true)
    told.push(contexts.map((context) => [...context]))
    return predictNoise(shown, t, contexts)
  }
  await predictInWindows(spy, { sample, t: 1, texts: [Float32Array.of(5, 6), travelling], frames, windows: two })
  assert.deepEqual(told[1], [
    [5, 6, 5, 6],
    [6, 1, 8, 0],
  ])
})

test('an aborted signal stops between two windows', async () => {
  const controller = new AbortController()
  let calls = 0
  const aborting: Nets['predictNoise'] = (...call) => {
    calls++
    controller.abort(new Error('enough'))
    return predictNoise(...call)
  }
  await assert.rejects(predictInWindows(aborting, { sample, t: 1, texts, frames, windows: two }, controller.signal), /enough/)
  assert.equal(calls, 1)
})

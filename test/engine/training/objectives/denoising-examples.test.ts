import assert from 'node:assert/strict'
import { test } from 'node:test'
import { timestepEmbedding } from '../../../../src/engine/nets/unet.ts'
import { alphasCumprod } from '../../../../src/engine/samplers/betas.ts'
import { type DenoisingExamples, denoisingExamples } from '../../../../src/engine/training/objectives/denoising-examples.ts'
import { randomStream } from '../../../../src/engine/training/random-stream.ts'

const alphas = alphasCumprod('linear', 0.00085, 0.012)
const items = ['a', 'b', 'c'].map((caption, i) => ({
  caption,
  frames: 3 + i,
  /** The mean of frame f of item i is 10 i + f, mirrored its negative, and there is no deviation. */
  read: (frames: readonly number[], flipped: boolean) =>
    Float32Array.from(frames.flatMap((f) => [...Array<number>(8).fill((flipped ? -1 : 1) * (10 * i + f)), ...Array<number>(8).fill(0)])),
}))
const source: DenoisingExamples = {
  ...{ items, alphas, window: { frames: 2, stride: 1 }, latentChannels: 4, timeWidth: 8 },
  ...{ captions: new Map(['', 'a', 'b', 'c'].map((caption, i) => [caption, { context: Float32Array.of(i) }])), feeds: {}, pictures: 0 },
  ...{ prediction: 'epsilon', weighting: 'none', offsetNoise: 0, emptyCaptions: 0, flip: false, seed: 3n },
}

const contextsOf = (change: Partial<DenoisingExamples>, count: number): number[] => {
  const at = denoisingExamples({ ...source, ...change })
  return Array.from({ length: count }, (_, n) => at(n, 1).feeds['context']![0]!)
}

test('every item is seen once before one is seen again, in orders of its own', () => {
  const seen = contextsOf({}, 30)
  const epochs = Array.from({ length: 10 }, (_, epoch) => seen.slice(3 * epoch, 3 * epoch + 3))
  for (const epoch of epochs) assert.deepEqual(epoch.toSorted(), [1, 2, 3])
  assert.ok(new Set(epochs.map(String)).size > 2)
})

test('an example is the same whoever was shown before it', () => {
  const inOrder = denoisingExamples(source)
  const all = Array.from({ length: 12 }, (_, n) => inOrder(n, 0.5))
  for (const n of [11, 4, 7]) assert.deepEqual(denoisingExamples(source)(n, 0.5), all[n])
  assert.notDeepEqual(denoisingExamples({ ...source, seed: 4n })(4, 0.5), all[4])
})

test('what the net is shown is the latents with as much noise as it should find', () => {
  const { feeds } = denoisingExamples(source)(0, 1)
  const [sample, target] = [feeds['sample'] as Float32Array, feeds['target'] as Float32Array]
  assert.equal(sample.length, 2 * 8)
  const found = (t: number, i: number): number => (sample[i]! - Math.sqrt(1 - alphas[t]!) * target[i]!) / Math.sqrt(alphas[t]!)
  // At one timestep, and no other, every value of a frame's latents comes out as that frame's mean: a whole number.
  const fits = Array.from({ length: 1000 }, (_, t) => t).filter((t) =>
    [0, 8].every((from) =>
      Array.from({ length: 8 }, (_, i) => found(t, from + i)).every((z) => Math.abs(z - Math.round(found(t, from))) < 1e-3),
    ),
  )
  assert.equal(fits.length, 1)
  assert.equal(Math.round(found(fits[0]!, 8)) - Math.round(found(fits[0]!, 0)), 1, 'neighbouring frames')
})

test('timesteps are those that were asked for, every one of them', () => {
  const names = new Map(Array.from({ length: 1000 }, (_, t) => [String(timestepEmbedding(t, source.timeWidth)), t]))
  assert.equal(names.size, 1000)
  const at = denoisingExamples({ ...source, minTimestep: 300, maxTimestep: 310 })
  const seen = new Set(Array.from({ length: 200 }, (_, n) => names.get(String(at(n, 1).feeds['time']))!))
  assert.deepEqual([...seen].toSorted(), [300, 301, 302, 303, 304, 305, 306, 307, 308, 309])
})

test('captions are left out as often as was asked, and half of the examples are mirrored', () => {
  const empty = contextsOf({ emptyCaptions: 0.25 }, 2000).filter((context) => context === 0).length
  assert.ok(Math.abs(empty - 500) < 4 * Math.sqrt(2000 * 0.25 * 0.75), `${empty} of 2000`)
  const flips: boolean[] = []
  const watched = items.map((item) => ({
    ...item,
    read(frames: readonly number[], flipped: boolean) {
      flips.push(flipped)
      return item.read(frames, flipped)
    },
  }))
  const at = denoisingExamples({ ...source, items: watched, flip: true })
  for (let n = 0; n < 2000; n++) at(n, 1)
  const mirrored = flips.filter(Boolean).length
  assert.ok(Math.abs(mirrored - 1000) < 4 * Math.sqrt(500), `${mirrored} of 2000`)
})

test('streams of neighbouring places have nothing in common', () => {
  const count = 4096
  const rows = [randomStream(1n, 1, 0), randomStream(1n, 1, 1), randomStream(2n, 1, 0)].map((stream) => stream.normal(count))
  for (const [i, a] of rows.entries()) {
    for (const b of rows.slice(i + 1)) {
      const correlation = a.reduce((sum, value, k) => sum + value * b[k]!, 0) / count
      assert.ok(Math.abs(correlation) < 4 / Math.sqrt(count), `${correlation}`)
    }
  }
})

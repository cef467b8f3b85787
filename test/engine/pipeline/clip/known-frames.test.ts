import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SamplerName, samplerNames } from '../../../../src/engine/draw-settings.ts'
import { type Generator, torchGenerator } from '../../../../src/engine/noise.ts'
import { firstCallFor, noised } from '../../../../src/engine/pipeline/clip/known-frames.ts'
import { denoise } from '../../../../src/engine/pipeline/denoise.ts'
import { createSampler } from '../../../../src/engine/samplers/create-sampler.ts'
import type { SamplerConfig } from '../../../../src/engine/samplers/sampler.ts'
import { someNumbers } from '../../cpu-session.ts'

const configOf = (name: SamplerName): SamplerConfig => ({ name, steps: 8, betas: 'linear', spacing: 'leading' })
const largest = (a: Float32Array, b: Float32Array): number => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)

for (const name of samplerNames) {
  test(`${name}: a net that knows the noise goes from level to level, exactly through the noised latents`, () => {
    const sampler = createSampler(configOf(name))
    if (sampler.stochastic) return
    const [latents, noise] = [someNumbers(64, 1), someNumbers(64, 2)]
    let x: Float32Array = noised(sampler, latents, noise, 0)
    for (const i of sampler.timesteps.keys()) {
      assert.ok(largest(x, noised(sampler, latents, noise, i)) < 1e-4 * Math.max(1, sampler.sigmas[i]!), `call ${i}`)
      x = sampler.step(x, noise, i, () => assert.fail('draws noise'))
    }
    assert.ok(largest(x, latents) < 1e-4, 'and ends at the latents')
  })

  test(`${name}: known frames come out as they were, and the others are drawn`, async () => {
    const [frames, each, known] = [6, 4 * 2 * 2, 2]
    const latents = someNumbers(known * each, 3)
    const asked: Float32Array[] = []
    const predictNoise = async (sample: Float32Array) => {
      asked.push(sample)
      return [sample.map((value) => 0.5 * value)]
    }
    const context = { parts: [{ context: new Float32Array(1), weight: 1 }], negative: new Float32Array(1) }
    const settings = {
      frames,
      schedule: { sampler: configOf(name), guidance: 1, notes: [] },
      generator: torchGenerator(5n),
      known: latents,
    }
    const steps = denoise({ predictNoise }, () => context, [4, 2, 2], settings)
    let turn = await steps.next()
    while (!turn.done) turn = await steps.next()
    assert.deepEqual(turn.value.subarray(0, known * each), latents)
    assert.ok(Math.max(...turn.value.subarray(known * each).map(Math.abs)) > 0)
    const late = asked.at(-1)!.subarray(0, known * each)
    assert.ok(largest(late, latents) < largest(asked[0]!.subarray(0, known * each), latents), 'they are nearly clean at the last call')
  })
}

test('windows that show known frames alone are not asked', async () => {
  const asked: number[] = []
  const predictNoise = async (sample: Float32Array) => {
    asked.push(sample.length)
    return [sample]
  }
  const context = { parts: [{ context: new Float32Array(1), weight: 1 }], negative: new Float32Array(1) }
  const window = (start: number) => ({ frames: [start, start + 1], weights: [1, 1] })
  const settings = {
    frames: 6,
    schedule: { sampler: { ...configOf('ddim'), steps: 1 }, guidance: 1, notes: [] },
    generator: torchGenerator(5n),
    windowsAt: () => [window(0), window(2), window(4)],
    known: new Float32Array(3 * 4),
  }
  const steps = denoise({ predictNoise }, () => context, [4, 1, 1], settings)
  while (!(await steps.next()).done);
  assert.deepEqual(asked, [2 * 4, 2 * 4])
})

for (const name of samplerNames) {
  test(`${name}: a variation begins where its strength says, from the clip with that much noise`, async () => {
    const [frames, each] = [2, 4]
    const latents = someNumbers(frames * each, 7)
    const noise = someNumbers(frames * each, 8)
    const generator: Generator = { normal: () => noise }
    const sampler = createSampler(configOf(name))
    const asked: { sample: Float32Array; t: number }[] = []
    const predictNoise = async (sample: Float32Array, t: number) => {
      asked.push({ sample, t })
      return [sample]
    }
    const context = { parts: [{ context: new Float32Array(1), weight: 1 }], negative: new Float32Array(1) }
    const settings = { frames, schedule: { sampler: configOf(name), guidance: 1, notes: [] }, generator }
    const steps = denoise({ predictNoise }, () => context, [4, 1, 1], { ...settings, variation: { latents, strength: 0.5 } })
    while (!(await steps.next()).done);
    const first = sampler.timesteps.length - asked.length
    assert.equal(asked.length, Math.floor(sampler.timesteps.length * 0.5))
    assert.equal(asked[0]!.t, sampler.timesteps[first])
    // What the net sees has the clip's share √ᾱ and the noise's √(1−ᾱ), whatever the sampler holds itself.
    const sigma = sampler.sigmas[first]!
    const seen = noise.subarray(0, each).map((_, i) => (latents[i]! + sigma * noise[(i % 4) * frames]!) / Math.sqrt(1 + sigma ** 2))
    assert.ok(largest(asked[0]!.sample.subarray(0, each), seen) < 1e-5)
  })
}

test('a strength is above nothing and at most whole, and must leave a step', () => {
  const sampler = createSampler(configOf('ddim'))
  assert.deepEqual(
    [1, 0.5, 0.125].map((strength) => firstCallFor(strength, sampler)),
    [0, 4, 7],
  )
  for (const strength of [0, -1, 1.01, Number.NaN]) {
    assert.throws(() => firstCallFor(strength, sampler), { code: 'variation-strength', message: /above 0 and at most 1/ })
  }
  assert.throws(() => firstCallFor(0.1, sampler), {
    code: 'variation-too-weak',
    message: /0\.1 in 8 steps changes nothing: expected at least 0\.13/,
  })
})

test('PNDM does not begin with the correction of a step that it has not taken', () => {
  const sampler = createSampler(configOf('pndm'))
  const strength = 8 / 9
  assert.equal(sampler.timesteps.length - Math.floor(9 * strength), 1)
  assert.equal(firstCallFor(strength, sampler), 2)
})

// The suite of every sampler: the published traces, the mathematics of cases that can be solved on paper, and what any may do with arrays.
// The traces and their net are in test/fixtures/samplers.json: diffusers' schedulers in float64 on a closed-form net.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SamplerName } from '../../src/engine/draw-settings.ts'
import { torchGenerator } from '../../src/engine/noise.ts'
import { createSampler } from '../../src/engine/samplers/create-sampler.ts'
import type { Sampler, SamplerConfig } from '../../src/engine/samplers/sampler.ts'
import golden from '../fixtures/samplers.json' with { type: 'json' }

/** diffusers' tables are float32, ours float64. */
const tolerance = 1e-5

/** What sets a sampler apart from the others. */
export interface SamplerTraits {
  /** It calls the net twice at its second timestep. */
  readonly callsTwiceAtSecond?: boolean
  /** The net is given whole timesteps, and below this one the sampler's levels lie closer together than those. */
  readonly repeatsTimestepsBelow?: number
  /** It is made for consistency nets, which name the end of the flow, not the mean of all possible ends: with one it is exact. */
  readonly forConsistencyNets?: boolean
}

export function testSampler(name: SamplerName, traits: SamplerTraits = {}): void {
  const { callsTwiceAtSecond = false, repeatsTimestepsBelow = 0, forConsistencyNets = false } = traits
  const base: SamplerConfig = { name, steps: 10, betas: 'linear', spacing: 'leading' }

  for (const golden of goldenCases.filter((it) => it.config.name === name)) {
    test(`${name}: the trace "${golden.name}"`, () => {
      const sampler = createSampler(golden.config)
      assertClose([...sampler.timesteps], golden.timesteps, 'timesteps')
      if (golden.sigmas.length > 0) assertClose([...sampler.sigmas], golden.sigmas, 'sigmas')
      assertClose([sampler.initialScale], [golden.initialScale], 'initial scale')
      const draws = [...golden.noise]
      let x: Float32Array = Float32Array.from(golden.initialNoise, (z) => z * sampler.initialScale)
      for (const [i, t] of sampler.timesteps.entries()) {
        const eps = sampler.input(x, i).map((v) => 0.6 * v + 0.2 * Math.sin(3 * v + t / 200))
        x = sampler.step(x, eps, i, () => Float32Array.from(draws.shift() ?? assert.fail('drew more noise than published')))
        assertClose([...x], golden.samples[i]!, `step ${i}`)
      }
    })
  }

  test(`${name}: timesteps descend within 0 … 999, with one σ each and one more`, () => {
    for (const steps of [1, 2, 4, 8, 25, 50]) {
      for (const spacing of ['leading', 'linspace', 'trailing'] as const) {
        const { timesteps, sigmas, initialScale } = createSampler({ ...base, steps, spacing })
        assert.equal(timesteps.length, callsTwiceAtSecond && steps > 1 ? steps + 1 : steps)
        assert.equal(sigmas.length, timesteps.length + 1)
        assert.ok(initialScale > 0)
        assert.ok(timesteps[0]! <= 999 && timesteps.at(-1)! >= 0, `${timesteps}`)
        for (let i = 1; i < timesteps.length; i++) {
          const mayRepeat = (callsTwiceAtSecond && i === 2) || timesteps[i]! < repeatsTimestepsBelow
          assert.ok(mayRepeat ? timesteps[i]! <= timesteps[i - 1]! : timesteps[i]! < timesteps[i - 1]!, `${timesteps}`)
        }
      }
    }
  })

  test(`${name}: where all data is one picture, that picture comes out, however few the steps`, () => {
    const picture = torchGenerator(1n).normal(64)
    for (const steps of [1, 2, 3, 4, 7, 20]) {
      for (const spacing of ['leading', 'linspace', 'trailing'] as const) {
        const sampler = createSampler({ ...base, steps, spacing })
        // Any x is on the way to the picture: ε = (x − √ᾱ picture) / √(1−ᾱ).
        const { x, guess } = walk(sampler, torchGenerator(2n).normal(64), (v, k, i) => {
          const a = 1 / (1 + sampler.sigmas[i]! ** 2)
          return (v - Math.sqrt(a) * picture[k]!) / Math.sqrt(1 - a)
        })
        // At t = 0 the net divides float32's rounding by √(1−ᾱ) = 0.03, and PNDM then extrapolates it.
        assertClose([...x], [...picture], `${steps} steps ${spacing}`, 5e-4)
        assertClose([...guess], [...picture], `the guess, ${steps} steps ${spacing}`, 5e-4)
      }
    }
  })

  test(`${name}: where data is a Gaussian, more steps come closer to it`, () => {
    const errors = [10, 20, 40, 80].map((steps) =>
      gaussianError({ ...base, steps, spacing: 'trailing', originalSteps: 100 }, forConsistencyNets),
    )
    if (forConsistencyNets) return assert.ok(Math.max(...errors) < 1e-4, `${errors}`)
    for (let i = 1; i < errors.length; i++) assert.ok(errors[i]! < errors[i - 1]!, `${errors}`)
    assert.ok(errors.at(-1)! < 0.1, `${errors}`)
  })

  test(`${name}: two runs from one seed agree to the bit, and another seed only matters where noise is drawn`, () => {
    const run = (seed: bigint) => {
      const sampler = createSampler(base)
      return walk(sampler, torchGenerator(3n).normal(32), (v) => 0.5 * Math.sin(v), torchGenerator(seed)).x
    }
    assert.deepEqual(run(5n), run(5n))
    assert.equal(same(run(5n), run(6n)), !createSampler(base).stochastic)
  })

  test(`${name}: what is handed in is neither changed nor handed back`, () => {
    const sampler = createSampler(base)
    let x: Float32Array = torchGenerator(4n)
      .normal(16)
      .map((v) => v * sampler.initialScale)
    for (const i of sampler.timesteps.keys()) {
      const noise = torchGenerator(BigInt(i)).normal(16)
      const eps = sampler.input(x, i).map((v) => 0.3 * v)
      const before = [x.slice(), eps.slice(), noise.slice()]
      const guess = sampler.denoised(x, eps, i)
      const next = sampler.step(x, eps, i, () => noise)
      assert.deepEqual([x, eps, noise], before)
      assert.equal(new Set([x.buffer, eps.buffer, noise.buffer, guess.buffer, next.buffer]).size, 5)
      // A caller may use its arrays again.
      x.fill(Number.NaN)
      eps.fill(Number.NaN)
      x = next
    }
    assert.ok(x.every(Number.isFinite))
  })
}

interface GoldenCase {
  readonly name: string
  readonly config: SamplerConfig
  readonly timesteps: readonly number[]
  readonly sigmas: readonly number[]
  readonly initialScale: number
  readonly initialNoise: readonly number[]
  readonly noise: readonly (readonly number[])[]
  readonly samples: readonly (readonly number[])[]
}

/** The published cases in our words. */
export const goldenCases: readonly GoldenCase[] = golden.cases.map((it) => {
  const { config, options } = it
  const karras = config.use_karras_sigmas ? '-karras' : ''
  const families: Record<string, string> = {
    DDIMScheduler: 'ddim',
    EulerDiscreteScheduler: `euler${karras}`,
    EulerAncestralDiscreteScheduler: 'euler-ancestral',
    DPMSolverMultistepScheduler: `dpmpp-2m${config.algorithm_type === 'sde-dpmsolver++' ? '-sde' : ''}${karras}`,
    LCMScheduler: 'lcm',
    PNDMScheduler: 'pndm',
  }
  return {
    name: it.name,
    config: {
      name: families[it.scheduler] as SamplerName,
      steps: it.steps,
      betas: config.beta_schedule as SamplerConfig['betas'],
      betaStart: config.beta_start,
      betaEnd: config.beta_end,
      spacing: (config.timestep_spacing ?? (it.scheduler.startsWith('DPM') ? 'linspace' : 'leading')) as SamplerConfig['spacing'],
      stepsOffset: config.steps_offset ?? 0,
      end: config.set_alpha_to_one === false ? 'first' : 'clean',
      originalSteps: config.original_inference_steps ?? 50,
      eta: options.eta ?? 0,
    },
    timesteps: it.timesteps,
    sigmas: it.sigmas,
    initialScale: it.init_noise_sigma,
    initialNoise: it.initial_noise,
    noise: it.noise_drawn,
    samples: it.samples_after_each_step,
  }
})

/** A whole run with a net that sees x as the net does, the element's number and the call's. `guess` is the last preview. */
function walk(
  sampler: Sampler,
  unitNoise: Float32Array,
  net: (v: number, k: number, i: number) => number,
  generator = torchGenerator(0n),
): { x: Float32Array; guess: Float32Array } {
  let x: Float32Array = unitNoise.map((z) => z * sampler.initialScale)
  let guess = x
  for (const i of sampler.timesteps.keys()) {
    const eps = sampler.input(x, i).map((v, k) => net(v, k, i))
    guess = sampler.denoised(x, eps, i)
    x = sampler.step(x, eps, i, () => generator.normal(x.length))
  }
  return { x, guess }
}

/**
 * Pictures are N(0, s²) a pixel, so the best possible net is linear in x and so is the whole run. Deterministic rules must carry each x_T along
 * the flow to x_T s / √(ᾱ_T s² + 1 − ᾱ_T); others must end with deviation s. One element per source of noise makes both exact:
 * element 0 is the first noise alone, element k the k-th draw alone, and the variance of the end is the sum of their squares.
 */
function gaussianError(config: SamplerConfig, isConsistencyNet: boolean): number {
  const s = 0.5
  const sampler = createSampler(config)
  const alphas = sampler.sigmas.map((sigma) => 1 / (1 + sigma ** 2))
  const spread = (a: number) => Math.sqrt(a * s ** 2 + 1 - a)
  const net = (v: number, i: number): number => {
    const a = alphas[i]!
    return isConsistencyNet ? (v - (Math.sqrt(a) * s * v) / spread(a)) / Math.sqrt(1 - a) : (Math.sqrt(1 - a) * v) / spread(a) ** 2
  }
  const sources = sampler.timesteps.length + 1
  const one = (k: number) => Float32Array.from({ length: sources }, (_, j) => (j === k ? 1 : 0))
  // The right amount of noise at the first call: leading lists begin below t = 999.
  const first = sampler.input(
    one(0).map((z) => z * sampler.initialScale),
    0,
  )[0]!
  let x: Float32Array = one(0).map((z) => (z * sampler.initialScale * spread(alphas[0]!)) / first)
  let draws = 0
  for (const i of sampler.timesteps.keys()) {
    const eps = sampler.input(x, i).map((v) => net(v, i))
    x = sampler.step(x, eps, i, () => one(++draws))
  }
  return Math.abs(Math.hypot(...x) / s - 1)
}

const same = (a: Float32Array, b: Float32Array): boolean => a.every((v, i) => v === b[i])

/** ‖got − expected‖ / ‖expected‖. */
function assertClose(got: readonly number[], expected: readonly number[], what: string, within = tolerance): void {
  assert.equal(got.length, expected.length, what)
  const error = Math.hypot(...got.map((v, i) => v - expected[i]!)) / Math.hypot(...expected)
  assert.ok(error <= within, `${what}: off by ${error}`)
}

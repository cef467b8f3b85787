// What a net is shown and how much a clip counts, against the tables of the reference (test/fixtures/train/README.md).

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Betas } from '../../../../src/engine/draw-settings.ts'
import { alphasCumprod } from '../../../../src/engine/samplers/betas.ts'
import { learningRateFactor } from '../../../../src/engine/training/learning-rate.ts'
import { decayAt } from '../../../../src/engine/training/moving-average.ts'
import { addNoise, lossWeight, offsetNoise } from '../../../../src/engine/training/objectives/loss.ts'
import { fixtures } from '../../cpu-session.ts'

interface Tables {
  readonly snr: readonly {
    readonly schedule: Betas
    readonly t: number
    readonly alphas_cumprod: number
    readonly min_snr_5_epsilon: number
    readonly min_snr_5_v: number
    readonly debiased: number
  }[]
  readonly learning_rate_factor: Readonly<Record<string, { warmup: number; steps: number; factor: Readonly<Record<string, number>> }>>
  readonly diffusers_ema_decay_of_step: readonly { readonly step: number; readonly decay: number; readonly decay_power_0_75: number }[]
}
const { data } = JSON.parse(readFileSync(join(fixtures, 'train/train.json'), 'utf8')) as { data: Tables }

const close = (got: number, expected: number, what: string): void =>
  assert.ok(Math.abs(got - expected) <= 1e-9 * Math.max(1e-3, Math.abs(expected)), `${what}: ${got}, expected ${expected}`)

test('clips count as min-SNR and the debiased loss have it', () => {
  for (const { schedule, t, ...row } of data.snr) {
    const alphas = alphasCumprod(schedule, 0.00085, 0.012)
    close(alphas[t]!, row.alphas_cumprod, `ā of ${schedule} at ${t}`)
    close(lossWeight(t, alphas, 'epsilon', 'min-snr'), row.min_snr_5_epsilon, `min-SNR at ${t}`)
    close(lossWeight(t, alphas, 'v', 'min-snr'), row.min_snr_5_v, `min-SNR of v at ${t}`)
    close(lossWeight(t, alphas, 'epsilon', 'debiased'), row.debiased, `debiased at ${t}`)
    // s is what the table's own weight of ε says, up to the 1000 at which both end
    close(lossWeight(t, alphas, 'v', 'debiased'), 1 / (row.debiased ** -2 + 1), `debiased of v at ${t}`)
    assert.equal(lossWeight(t, alphas, 'v', 'none'), 1)
  }
  assert.ok(data.snr.length > 10)
})

test("the learning rate follows diffusers' schedules", () => {
  const names = { constant: 'constant', constant_with_warmup: 'constant', linear: 'linear', cosine: 'cosine' } as const
  for (const [name, schedule] of Object.entries(names)) {
    const { warmup, steps, factor } = data.learning_rate_factor[name]!
    for (const [step, expected] of Object.entries(factor)) {
      close(learningRateFactor(Number(step), { schedule, warmup, steps }), expected, `${name} at ${step}`)
    }
  }
})

test("the running average's decay grows as diffusers' does", () => {
  for (const { step, decay, decay_power_0_75 } of data.diffusers_ema_decay_of_step) {
    close(decayAt(step, { decay: 0.9999, warmup: 'ramp' }), decay, `step ${step}`)
    close(decayAt(step, { decay: 0.9999, warmup: { power: 0.75 } }), decay_power_0_75, `step ${step} with a power`)
  }
})

test('at the last timestep almost nothing is left of the picture, and v turns into its negative', () => {
  const alphas = alphasCumprod('linear', 0.00085, 0.012)
  const [latents, noise] = [Float32Array.of(1, -2), Float32Array.of(3, 0.5)]
  const late = addNoise(latents, noise, 999, alphas, 'v')
  for (const i of [0, 1]) {
    assert.ok(Math.abs(late.sample[i]! - noise[i]!) < 0.1)
    assert.ok(Math.abs(late.target[i]! + latents[i]!) < 0.2)
  }
  assert.equal(addNoise(latents, noise, 10, alphas, 'epsilon').target, noise)
})

test('offset noise moves a channel of all frames by one number', () => {
  const noise = new Float32Array(2 * 3 * 2) // 2 frames, 3 channels, 2 places
  const moved = offsetNoise(noise, Float32Array.of(1, 2, 3), 0.5, 2)
  assert.deepEqual([...moved], [0.5, 0.5, 1, 1, 1.5, 1.5, 0.5, 0.5, 1, 1, 1.5, 1.5])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SamplerName, samplerNames } from '../../../src/engine/draw-settings.ts'
import { torchGenerator } from '../../../src/engine/noise.ts'
import { denoise } from '../../../src/engine/pipeline/denoise.ts'
import type { Nets } from '../../../src/engine/pipeline/nets.ts'
import { createSampler } from '../../../src/engine/samplers/create-sampler.ts'
import { scheduleFor } from '../../../src/engine/samplers/schedule.ts'
import type { Companions } from '../../../src/engine/samplers/schedule-input.ts'
import { someNumbers } from '../cpu-session.ts'

const text = Float32Array.of(0)
const shape = [4, 2, 2] as const
const picture = someNumbers(16)

/** Latents that are drawn where a net knows the one picture that there is, and says so as noise or as velocity. */
async function drawn(name: SamplerName, says: 'noise' | 'velocity', companions: Companions = {}): Promise<Float32Array> {
  const asked: Companions = says === 'velocity' ? { ...companions, predictsVelocity: true } : companions
  const schedule = scheduleFor(null, { sampler: name, steps: 8, guidance: 1 }, asked)
  const sampler = createSampler(schedule.sampler)
  let call = 0
  const predictNoise: Nets['predictNoise'] = async (x, _t, contexts) => {
    const root = 1 / Math.sqrt(1 + sampler.sigmas[call++]! ** 2) // √ᾱ
    const rest = Math.sqrt(1 - root ** 2) // √(1−ᾱ)
    const noise = x.map((value, i) => (value - root * picture[i]!) / rest)
    const said = says === 'noise' ? noise : noise.map((value, i) => root * value - rest * picture[i]!)
    return contexts.map(() => said)
  }
  const steps = denoise({ predictNoise }, () => ({ negative: text, parts: [{ context: text, weight: 1 }] }), shape, {
    frames: 1,
    schedule,
    generator: torchGenerator(7n),
  })
  for (let turn = await steps.next(); ; turn = await steps.next()) if (turn.done) return turn.value
}

const far = (a: Float32Array, b: Float32Array): number => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))

for (const name of samplerNames) {
  test(`${name} draws the same of a net that says velocity as of one that says noise`, async () => {
    assert.ok(far(await drawn(name, 'velocity'), await drawn(name, 'noise')) < 1e-4)
  })

  test(`${name} finds the picture from pure noise, where the schedule ends there`, async () => {
    // Its last step is to the noise of t = 0, which is small and not none; LCM's guess keeps a little of x too.
    assert.ok(far(await drawn(name, 'velocity', { zeroTerminalSnr: true }), picture) < 0.15)
  })
}

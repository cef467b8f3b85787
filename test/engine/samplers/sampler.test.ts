import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SamplerName, samplerNames } from '../../../src/engine/draw-settings.ts'
import { UserError } from '../../../src/engine/errors.ts'
import { createSampler } from '../../../src/engine/samplers/create-sampler.ts'
import { goldenCases, type SamplerTraits, testSampler } from '../../suites/sampler.ts'

const traits: Readonly<Partial<Record<SamplerName, SamplerTraits>>> = {
  'dpmpp-2m-karras': { repeatsTimestepsBelow: 10 },
  'dpmpp-2m-sde-karras': { repeatsTimestepsBelow: 10 },
  lcm: { forConsistencyNets: true },
  pndm: { callsTwiceAtSecond: true },
}

for (const name of samplerNames) testSampler(name, traits[name])

test('every published trace belongs to a sampler', () => {
  assert.deepEqual(
    goldenCases.filter(({ config }) => !samplerNames.includes(config.name)),
    [],
  )
  assert.equal(goldenCases.length, 16)
})

test('steps that a sampler cannot take are refused with the range', () => {
  for (const steps of [0, -1, 2.5, 1000, Number.NaN]) {
    assert.throws(() => createSampler({ name: 'ddim', steps, betas: 'linear', spacing: 'leading' }), {
      name: 'UserError',
      code: 'sampler-steps',
    })
  }
  assert.throws(
    () => createSampler({ name: 'lcm', steps: 60, betas: 'linear', spacing: 'leading', originalSteps: 50 }),
    new UserError('sampler-steps', 'The sampler lcm takes a whole number of steps from 1 to 50, not 60.', {
      name: 'lcm',
      steps: 60,
      most: 50,
    }),
  )
})

test('DDIM with eta draws noise; an eta outside 0 … 1 is refused', () => {
  assert.equal(createSampler({ name: 'ddim', steps: 5, betas: 'linear', spacing: 'leading', eta: 1 }).stochastic, true)
  assert.throws(() => createSampler({ name: 'ddim', steps: 5, betas: 'linear', spacing: 'leading', eta: 1.5 }), { code: 'sampler-eta' })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../../src/engine/errors.ts'
import { samplerNames } from '../../../src/engine/names.ts'
import { createSampler } from '../../../src/engine/samplers/create-sampler.ts'
import { goldenCases, testSampler } from '../../suites/sampler.ts'

for (const name of samplerNames) testSampler(name)

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

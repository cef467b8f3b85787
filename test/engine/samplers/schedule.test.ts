import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSampler } from '../../../src/engine/samplers/create-sampler.ts'
import { type Companions, type MotionKind, scheduleFor, type Wanted } from '../../../src/engine/samplers/schedule.ts'

const trained: readonly MotionKind[] = [{ version: 'v1' }, { version: 'v2' }, { version: 'v3' }]
const lightning: MotionKind = { version: 'lightning', steps: 4 }
const animatelcm: MotionKind = { version: 'animatelcm' }

const refused = (code: string, sentence: RegExp, motion: MotionKind | null, wanted: Wanted, companions?: Companions) =>
  assert.throws(() => scheduleFor(motion, wanted, companions), { name: 'UserError', code, message: sentence })

test("AnimateDiff's own modules are drawn as its configurations say", () => {
  for (const motion of trained) {
    const { sampler, guidance, notes } = scheduleFor(motion)
    assert.deepEqual(sampler, { name: 'ddim', steps: 25, betas: 'linear', spacing: 'leading', stepsOffset: 1, end: 'clean' })
    assert.equal(guidance, 7.5)
    assert.deepEqual(notes, [])
    assert.deepEqual(createSampler(sampler).timesteps.slice(0, 2), [961, 921])
  }
})

test('a still is drawn on the betas of Stable Diffusion, or on those its folder names', () => {
  assert.equal(scheduleFor(null).sampler.betas, 'scaled_linear')
  assert.equal(scheduleFor(null).sampler.end, 'first')
  const pocket = scheduleFor(null, {}, { checkpointBetas: 'linear' })
  assert.equal(pocket.sampler.betas, 'linear')
  assert.deepEqual(pocket.notes, [])
  assert.match(scheduleFor(null, { betas: 'linear' }).notes[0]!.message, /scaled_linear/)
})

test('a motion module overrules the betas of the checkpoint', () => {
  assert.equal(scheduleFor({ version: 'v3' }, {}, { checkpointBetas: 'scaled_linear' }).sampler.betas, 'linear')
})

test('AnimateLCM takes six LCM steps from a teacher of a hundred, and asks for its LoRA', () => {
  const { sampler, guidance, notes } = scheduleFor(animatelcm)
  assert.deepEqual(createSampler(sampler).timesteps, [999, 839, 669, 499, 339, 169])
  assert.equal(guidance, 1.5)
  assert.match(notes[0]!.message, /AnimateLCM_sd15_t2v_lora/)
  assert.deepEqual(scheduleFor(animatelcm, {}, { hasLcmLora: true }).notes, [])
})

test('Lightning takes the steps of its file, trailing, without guidance', () => {
  for (const steps of [1, 2, 4, 8]) {
    const { sampler, guidance } = scheduleFor({ version: 'lightning', steps })
    assert.equal(createSampler(sampler).timesteps.length, steps)
    assert.equal(createSampler(sampler).timesteps[0], 999)
    assert.equal(guidance, 1)
  }
  assert.match(scheduleFor({ version: 'lightning' }).notes[0]!.message, /4 are assumed/)
})

test('an LCM LoRA on a trained module changes sampler, steps and guidance together', () => {
  const { sampler, guidance } = scheduleFor({ version: 'v3' }, {}, { hasLcmLora: true })
  assert.deepEqual(
    { name: sampler.name, steps: sampler.steps, betas: sampler.betas, guidance },
    { name: 'lcm', steps: 8, betas: 'linear', guidance: 1.5 },
  )
})

test('what the person asks for is taken', () => {
  const { sampler, guidance } = scheduleFor({ version: 'v2' }, { sampler: 'dpmpp-2m-karras', spacing: 'linspace', steps: 20, guidance: 6 })
  assert.deepEqual(
    { name: sampler.name, spacing: sampler.spacing, steps: sampler.steps, betas: sampler.betas, guidance },
    { name: 'dpmpp-2m-karras', spacing: 'linspace', steps: 20, betas: 'linear', guidance: 6 },
  )
})

test('pairs that are known to fail are refused with the reason', () => {
  for (const motion of [...trained, lightning]) refused('schedule-betas', /washed out and flicker/, motion, { betas: 'scaled_linear' })
  refused('schedule-sampler', /only distilled nets can/, { version: 'v3' }, { sampler: 'lcm' })
  refused('schedule-sampler', /only distilled nets can/, null, { sampler: 'lcm' })
  refused('schedule-sampler', /distilled for Euler's steps/, lightning, { sampler: 'dpmpp-2m' })
  refused('schedule-spacing', /trailing/, lightning, { spacing: 'leading' })
  refused('schedule-guidance', /burns the colours/, lightning, { guidance: 7.5 })
  refused('schedule-guidance', /burns the colours/, animatelcm, { guidance: 7.5 })
  refused('schedule-guidance', /An LCM LoRA/, { version: 'v2' }, { guidance: 7.5 }, { hasLcmLora: true })
  refused('schedule-steps', /distilled for 4 steps, and 25 are/, lightning, { steps: 25 })
})

test('pairs that are merely unusual are drawn', () => {
  assert.equal(scheduleFor({ version: 'lightning', steps: 2 }, { steps: 3 }).sampler.steps, 3)
  assert.equal(scheduleFor(lightning, { sampler: 'ddim', guidance: 1.5 }).guidance, 1.5)
  assert.equal(scheduleFor(animatelcm, { sampler: 'euler-ancestral', steps: 8 }).sampler.name, 'euler-ancestral')
  assert.equal(scheduleFor({ version: 'v3' }, { sampler: 'lcm' }, { hasLcmLora: true }).sampler.name, 'lcm')
})

test('a sampler that does not exist is named beside those that do', () => {
  refused('schedule-sampler', /There is no sampler "heun"; there are ddim, euler, /, null, { sampler: 'heun' })
})

test('guidance that is no number is refused', () => {
  for (const guidance of [-1, Number.NaN, Number.POSITIVE_INFINITY]) refused('schedule-guidance', /number from 0/, null, { guidance })
})

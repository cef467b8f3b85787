import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alphasCumprod, zeroTerminalSnr } from '../../../src/engine/samplers/betas.ts'
import { createSampler } from '../../../src/engine/samplers/create-sampler.ts'
import { distillationOf, lcmDistillation, mayBeDistilled } from '../../../src/engine/samplers/distillation.ts'
import { scheduleFor } from '../../../src/engine/samplers/schedule.ts'
import type { Companions, MotionKind, Wanted } from '../../../src/engine/samplers/schedule-input.ts'

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
  assert.deepEqual(scheduleFor(animatelcm, {}, { distilledLora: lcmDistillation }).notes, [])
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
  const { sampler, guidance } = scheduleFor({ version: 'v3' }, {}, { distilledLora: lcmDistillation })
  assert.deepEqual(
    { name: sampler.name, steps: sampler.steps, betas: sampler.betas, guidance },
    { name: 'lcm', steps: 8, betas: 'linear', guidance: 1.5 },
  )
})

test('whoever asks for LCM steps is believed, with its settings and a note', () => {
  for (const motion of [null, { version: 'v3' }] as const) {
    const { sampler, guidance, notes } = scheduleFor(motion, { sampler: 'lcm' })
    assert.deepEqual(
      { name: sampler.name, steps: sampler.steps, originalSteps: sampler.originalSteps, guidance },
      { name: 'lcm', steps: 8, originalSteps: 50, guidance: 1.5 },
    )
    assert.deepEqual(
      notes.map(({ code }) => code),
      ['lcm-believed'],
    )
  }
  assert.deepEqual(scheduleFor(null, { sampler: 'lcm' }, { distilledCheckpoint: lcmDistillation }).notes, [])
})

test('LoRAs for few steps are known by the names under which they were published', () => {
  const published: Readonly<Record<string, readonly [method: string, sampler: string, steps: number, guidance: number]>> = {
    'Hyper-SD15-1step-lora.safetensors': ['Hyper-SD', 'ddim', 8, 1],
    'Hyper-SD15-2steps-lora.safetensors': ['Hyper-SD', 'ddim', 2, 1],
    'Hyper-SD15-8steps-lora.safetensors': ['Hyper-SD', 'ddim', 8, 1],
    'Hyper-SD15-12steps-CFG-lora.safetensors': ['Hyper-SD', 'ddim', 12, 5],
    'TCD-SD15-LoRA': ['TCD', 'ddim', 8, 1],
    'pcm_sd15_smallcfg_2step_converted.safetensors': ['PCM', 'ddim', 2, 1],
    'pcm_sd15_normalcfg_16step_converted.safetensors': ['PCM', 'ddim', 16, 7.5],
    'pcm_sd15_lcmlike_lora_converted.safetensors': ['LCM', 'lcm', 8, 1.5],
    'lcm-lora-sdv1-5': ['LCM', 'lcm', 8, 1.5],
    'AnimateLCM_sd15_t2v_lora.safetensors': ['LCM', 'lcm', 8, 1.5],
  }
  for (const [name, expected] of Object.entries(published)) {
    const found = distillationOf(name)!
    assert.deepEqual([found.method, found.sampler, found.steps, found.guidance], expected, name)
    const { sampler, guidance, notes } = scheduleFor({ version: 'v3' }, {}, { distilledLora: found })
    assert.deepEqual([sampler.name, sampler.steps, guidance, notes], [...expected.slice(1), []], name)
  }
  for (const name of ['watercolour.safetensors', 'hyperrealism.safetensors', 'pcmcia.safetensors', 'Actd.safetensors'])
    assert.equal(distillationOf(name), undefined, name)
  assert.ok(mayBeDistilled('sd15-turbo.safetensors') && mayBeDistilled('few_4step.pt'))
  assert.ok(!mayBeDistilled('character-000010.safetensors') && !mayBeDistilled('style_2000_steps.safetensors'))
})

test('a LoRA for few steps in many of strong guidance is drawn with a note on both', () => {
  const { notes } = scheduleFor(
    { version: 'v3' },
    { steps: 25, guidance: 7.5 },
    { distilledLora: distillationOf('Hyper-SD15-4steps-lora')! },
  )
  assert.deepEqual(
    notes.map(({ code }) => code),
    ['distilled-guidance', 'distilled-steps'],
  )
  assert.match(notes[0]!.message, /The LoRA was distilled by Hyper-SD: guidance 7\.5 burns the colours; at most 3\./)
})

test('a schedule that ends at nothing but noise keeps its first level, and is begun at its last', () => {
  const before = alphasCumprod('scaled_linear', 0.00085, 0.012)
  const after = zeroTerminalSnr(before)
  assert.ok(Math.abs(after[0]! - before[0]!) < 1e-12)
  assert.equal(after.at(-1), 2 ** -24)
  for (let t = 1; t < after.length; t++) assert.ok(after[t]! < after[t - 1]!)
  const { sampler } = scheduleFor(null, {}, { zeroTerminalSnr: true })
  assert.equal(sampler.spacing, 'trailing')
  const { timesteps, sigmas } = createSampler(sampler)
  assert.equal(timesteps[0], 999)
  assert.ok(sigmas[0]! > 4000)
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
  refused('schedule-sampler', /distilled for Euler's steps/, lightning, { sampler: 'dpmpp-2m' })
  refused('schedule-spacing', /trailing/, lightning, { spacing: 'leading' })
  refused('schedule-guidance', /burns the colours/, lightning, { guidance: 7.5 })
  refused('schedule-guidance', /burns the colours/, animatelcm, { guidance: 7.5 })
  refused('schedule-guidance', /An LCM LoRA/, { version: 'v2' }, { guidance: 7.5 }, { distilledLora: lcmDistillation })
  refused('schedule-guidance', /What the sampler lcm is for has guidance distilled into it: 7\.5 on top/, null, {
    sampler: 'lcm',
    guidance: 7.5,
  })
  refused('schedule-steps', /distilled for 4 steps, and 25 are/, lightning, { steps: 25 })
})

test('pairs that are merely unusual are drawn', () => {
  assert.equal(scheduleFor({ version: 'lightning', steps: 2 }, { steps: 3 }).sampler.steps, 3)
  assert.equal(scheduleFor(lightning, { sampler: 'ddim', guidance: 1.5 }).guidance, 1.5)
  assert.equal(scheduleFor(animatelcm, { sampler: 'euler-ancestral', steps: 8 }).sampler.name, 'euler-ancestral')
  assert.equal(scheduleFor({ version: 'v3' }, { sampler: 'lcm' }, { distilledLora: lcmDistillation }).sampler.name, 'lcm')
})

test('a sampler that does not exist is named beside those that do', () => {
  refused('schedule-sampler', /There is no sampler "heun"; there are ddim, euler, /, null, { sampler: 'heun' })
})

test('guidance ends where the maker of a checkpoint recommends it, unless somebody says otherwise or the model was distilled', () => {
  const recommended = { recommendedGuidanceEnd: 0.5 }
  assert.equal(scheduleFor({ version: 'v3' }).guidanceEnd, undefined)
  assert.equal(scheduleFor({ version: 'v3' }, {}, recommended).guidanceEnd, 0.5)
  assert.equal(scheduleFor({ version: 'v3' }, { guidanceEnd: 1 }, recommended).guidanceEnd, 1)
  assert.equal(scheduleFor({ version: 'v3' }, {}, { ...recommended, distilledLora: lcmDistillation }).guidanceEnd, undefined)
  assert.equal(scheduleFor(lightning, {}, recommended).guidanceEnd, undefined)
  for (const guidanceEnd of [-0.1, 1.1, Number.NaN]) refused('schedule-guidance-end', /share from 0 to 1/, null, { guidanceEnd })
})

test('guidance that is no number is refused', () => {
  for (const guidance of [-1, Number.NaN, Number.POSITIVE_INFINITY]) refused('schedule-guidance', /number from 0/, null, { guidance })
})

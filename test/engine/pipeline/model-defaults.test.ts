import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openModel } from '../../../src/engine/pipeline/model/model.ts'
import { modelDefaults } from '../../../src/engine/pipeline/model-defaults.ts'
import { lcmDistillation } from '../../../src/engine/samplers/distillation.ts'
import { scheduleFor } from '../../../src/engine/samplers/schedule.ts'
import { tiny } from '../cpu-session.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-defaults-'))
after(() => rmSync(scratch, { recursive: true }))

const checkpoint = join(tiny, 'checkpoint.safetensors')

test('the pocket model draws what its folder says: 128 pixels, 16 frames, as its maker recommends', () => {
  const { width, height, frames, fps, steps, guidance, multiple, minSide, maxFrames, vocabulary } = modelDefaults({
    checkpoint: 'models/pocket',
  })
  assert.deepEqual({ width, height, frames, maxFrames }, { width: 128, height: 128, frames: 16, maxFrames: 128 })
  assert.deepEqual({ fps, steps, guidance }, { fps: 12, steps: 7, guidance: 5 })
  assert.deepEqual({ multiple, minSide, vocabulary }, { multiple: 8, minSide: 64, vocabulary: 2000 })
})

test('a checkpoint alone is taken for Stable Diffusion’s size, and draws stills', () => {
  const { width, height, frames, maxFrames, minSide, motion, betas } = modelDefaults({ checkpoint })
  assert.deepEqual({ width, height, frames, maxFrames, minSide }, { width: 512, height: 512, frames: 1, maxFrames: 1, minSide: 64 })
  assert.deepEqual({ motion, betas }, { motion: null, betas: 'scaled_linear' })
})

test('the motion module decides frames, steps and sampler', () => {
  const { frames, maxFrames, steps, guidance, motion, sampler, betas } = modelDefaults({
    checkpoint,
    motion: join(tiny, 'motion_v1.safetensors'),
  })
  assert.deepEqual({ frames, maxFrames, motion }, { frames: 16, maxFrames: 128, motion: 'v1' })
  assert.deepEqual({ steps, guidance, sampler, betas }, { steps: 25, guidance: 7.5, sampler: 'ddim', betas: 'linear' })
})

test('a module that was distilled decides for what it draws; a still is drawn as its checkpoint was trained', () => {
  const motion = join(scratch, 'AnimateLCM_sd15_t2v.safetensors')
  cpSync(join(tiny, 'motion_v2.safetensors'), motion)
  const { steps, guidance, still } = modelDefaults({ checkpoint, motion })
  assert.deepEqual([steps, guidance, still], [6, 1.5, { steps: 25, guidance: 7.5 }])
  assert.deepEqual(modelDefaults({ checkpoint: 'models/pocket' }).still, { steps: 7, guidance: 5 }, 'what the folder recommends is for it')
})

test('an LCM LoRA, recognized by its name, draws in a few steps', () => {
  const file = join(scratch, 'LCM-lora-sd15.safetensors')
  cpSync(join(tiny, 'lora_peft.safetensors'), file)
  const { steps, guidance, sampler } = modelDefaults({ checkpoint, loras: [{ file, strength: 1 }] })
  assert.deepEqual({ steps, guidance, sampler }, { steps: 8, guidance: 1.5, sampler: 'lcm' })
  assert.equal(modelDefaults({ checkpoint, loras: [{ file, strength: 0 }] }).sampler, 'ddim')
  const recommended = modelDefaults({ checkpoint: 'models/pocket', loras: [{ file, strength: 1 }] })
  assert.deepEqual([recommended.steps, recommended.guidance], [8, 1.5], 'whatever the folder recommends for its nets as they are')
})

test('a sampler that the folder recommends draws, unless what was distilled needs another', () => {
  const folder = join(scratch, 'recommending')
  cpSync('models/pocket', folder, { recursive: true })
  writeFileSync(join(folder, 'defaults.json'), '{"steps": 6, "sampler": "dpmpp-2m", "guidanceEnd": 0.25}')
  const { steps, sampler } = modelDefaults({ checkpoint: folder })
  assert.deepEqual({ steps, sampler }, { steps: 6, sampler: 'dpmpp-2m' })
  const { recommendedSampler, recommendedGuidanceEnd } = openModel({ checkpoint: folder }).trained
  assert.deepEqual({ recommendedSampler, recommendedGuidanceEnd }, { recommendedSampler: 'dpmpp-2m', recommendedGuidanceEnd: 0.25 })
  const companions = { recommendedSampler: 'dpmpp-2m' } as const
  assert.equal(scheduleFor({ version: 'v3' }, {}, companions).sampler.name, 'dpmpp-2m')
  assert.equal(scheduleFor({ version: 'v3' }, { sampler: 'euler' }, companions).sampler.name, 'euler')
  assert.equal(scheduleFor({ version: 'v3' }, {}, { ...companions, distilledLora: lcmDistillation }).sampler.name, 'lcm')
  writeFileSync(join(folder, 'defaults.json'), '{"sampler": "best"}')
  assert.throws(() => openModel({ checkpoint: folder }), { code: 'defaults-file', message: /sampler/ })
})

test('recommendations that are none are refused by name', () => {
  const folder = join(scratch, 'folder')
  cpSync('models/pocket', folder, { recursive: true })
  writeFileSync(join(folder, 'defaults.json'), '{"steps": "many"}')
  assert.throws(() => modelDefaults({ checkpoint: folder }), {
    name: 'UserError',
    code: 'defaults-file',
    message: /defaults\.json should hold .*steps/s,
  })
})

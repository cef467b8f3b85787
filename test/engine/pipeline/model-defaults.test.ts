import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { modelDefaults } from '../../../src/engine/pipeline/model-defaults.ts'
import { tiny } from '../cpu-session.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-defaults-'))
after(() => rmSync(scratch, { recursive: true }))

const checkpoint = join(tiny, 'checkpoint.safetensors')

test('the pocket model draws what its folder says: 64 pixels, 16 frames, as its maker recommends', () => {
  const { width, height, frames, fps, steps, guidance, multiple, minSide, maxFrames, vocabulary } = modelDefaults({
    checkpoint: 'models/pocket',
  })
  assert.deepEqual([width, height, frames, maxFrames], [64, 64, 16, 32])
  assert.deepEqual([fps, steps, guidance], [10, 16, 4])
  assert.deepEqual([multiple, minSide, vocabulary], [8, 32, 2000])
})

test('a checkpoint alone is taken for Stable Diffusion’s size, and draws stills', () => {
  const { width, height, frames, maxFrames, minSide, motion, betas } = modelDefaults({ checkpoint })
  assert.deepEqual([width, height, frames, maxFrames, minSide], [512, 512, 1, 1, 64])
  assert.deepEqual([motion, betas], [null, 'scaled_linear'])
})

test('the motion module decides frames, steps and sampler', () => {
  const { frames, maxFrames, steps, guidance, motion, sampler, betas } = modelDefaults({
    checkpoint,
    motion: join(tiny, 'motion_v1.safetensors'),
  })
  assert.deepEqual([frames, maxFrames, motion], [16, 24, 'v1'])
  assert.deepEqual([steps, guidance, sampler, betas], [25, 7.5, 'ddim', 'linear'])
})

test('an LCM LoRA, recognized by its name, draws in a few steps', () => {
  const file = join(scratch, 'LCM-lora-sd15.safetensors')
  cpSync(join(tiny, 'lora_peft.safetensors'), file)
  const { steps, guidance, sampler } = modelDefaults({ checkpoint, loras: [{ file, strength: 1 }] })
  assert.deepEqual([steps, guidance, sampler], [8, 1.5, 'lcm'])
  assert.equal(modelDefaults({ checkpoint, loras: [{ file, strength: 0 }] }).sampler, 'ddim')
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

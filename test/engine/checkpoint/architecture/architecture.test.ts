import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { textArchitecture, unetArchitecture, vaeArchitecture } from '../../../../src/engine/checkpoint/architecture/architecture.ts'
import { motionArchitecture } from '../../../../src/engine/checkpoint/architecture/motion-architecture.ts'
import { partsOf } from '../../../../src/engine/checkpoint/dialects/parts.ts'
import { openTensorFile } from '../../../../src/engine/checkpoint/open.ts'
import { clipText, officialModules, sd15UNet, sd15Vae } from '../../../../src/engine/synthetic/sd15.ts'
import { fileOf } from '../tensor/tensors-in-memory.ts'

const models = join(import.meta.dirname, '../../../../models/pocket/')
const tiny = (name: string) => partsOf(openTensorFile(join(import.meta.dirname, `../../../fixtures/tiny/${name}.safetensors`)))
const pocket = (folder: string, weights = 'diffusion_pytorch_model') => ({
  parts: partsOf(openTensorFile(`${models}${folder}/${weights}.safetensors`)),
  config: JSON.parse(readFileSync(`${models}${folder}/config.json`, 'utf8')) as Record<string, unknown>,
})

const sd15 = partsOf(fileOf(sd15UNet())).unet!

test('SD 1.5 is read from its shapes as its configuration has it', () => {
  assert.deepEqual(unetArchitecture(sd15), {
    inChannels: 4,
    outChannels: 4,
    widths: [320, 640, 1280, 1280],
    layersPerBlock: 2,
    attention: [true, true, true, false],
    midAttention: true,
    transformerDepth: 1,
    heads: 8,
    contextWidth: 768,
    timeWidth: 1280,
    normGroups: 32,
  })
  assert.deepEqual(vaeArchitecture(partsOf(fileOf(sd15Vae())).vae!), {
    widths: [128, 256, 512, 512],
    layersPerBlock: 2,
    latentChannels: 4,
    scalingFactor: 0.18215,
    factor: 8,
    normGroups: 32,
    encoder: true,
    decoder: true,
  })
  assert.deepEqual(textArchitecture(partsOf(fileOf(clipText())).text!), {
    width: 768,
    layers: 12,
    heads: 12,
    vocabulary: 49408,
    positions: 77,
    mlpWidth: 3072,
    activation: 'quick_gelu',
  })
})

test('the pocket model’s shapes and configurations say the same', () => {
  const unet = pocket('unet')
  const fromUNet = unetArchitecture(unet.parts.unet!, unet.config)
  assert.deepEqual(fromUNet.widths, unet.config['block_out_channels'])
  assert.deepEqual(
    fromUNet.attention,
    (unet.config['down_block_types'] as string[]).map((type) => type.startsWith('CrossAttn')),
  )
  assert.equal(fromUNet.layersPerBlock, unet.config['layers_per_block'])
  assert.equal(fromUNet.contextWidth, unet.config['cross_attention_dim'])
  assert.equal(fromUNet.heads, 2, 'attention_head_dim means heads in files of SD v1')

  const vae = pocket('vae')
  const fromVae = vaeArchitecture(vae.parts.vae!, vae.config)
  assert.deepEqual(fromVae.widths, vae.config['block_out_channels'])
  assert.deepEqual(
    { layersPerBlock: fromVae.layersPerBlock, factor: fromVae.factor, scalingFactor: fromVae.scalingFactor },
    { layersPerBlock: vae.config['layers_per_block'], factor: 8, scalingFactor: vae.config['scaling_factor'] },
  )

  const text = pocket('text_encoder', 'model')
  const fromText = textArchitecture(text.parts.text!, text.config)
  assert.deepEqual(
    [fromText.width, fromText.layers, fromText.heads, fromText.vocabulary, fromText.mlpWidth],
    ['hidden_size', 'num_hidden_layers', 'num_attention_heads', 'vocab_size', 'intermediate_size'].map((name) => text.config[name]),
  )

  const motion = pocket('motion')
  const fromMotion = motionArchitecture(motion.parts.motion!, { config: motion.config })
  assert.deepEqual(fromMotion.widths, motion.config['block_out_channels'])
  assert.deepEqual(
    { heads: fromMotion.heads, peRows: fromMotion.peRows, version: fromMotion.version, midBlock: fromMotion.midBlock },
    { heads: 2, peRows: 32, version: 'v3', midBlock: false },
  )
})

test('half a VAE is enough', () => {
  const whole = partsOf(fileOf(sd15Vae())).vae!
  const only = (half: string) => new Map([...whole].filter(([name]) => name.startsWith(half)))
  const { encoder, decoder, ...same } = vaeArchitecture(whole)
  assert.ok(encoder && decoder)
  assert.deepEqual(vaeArchitecture(only('decoder')), { ...same, encoder: false, decoder: true })
  assert.deepEqual(vaeArchitecture(only('encoder')), { ...same, encoder: true, decoder: false })
})

test('published motion modules are distinguished by mid block, position table and, where only that is left, the name', () => {
  const cases = [
    ['mm_sd_v15.ckpt', { peRows: 24 }, { version: 'v1', midBlock: false, acrossFrames: true, maxFrames: 24 }],
    ['renamed.safetensors', { peRows: 24 }, { version: 'v1', midBlock: false, acrossFrames: true, maxFrames: 24 }],
    ['mm_sd_v15_v2.ckpt', { mid: true }, { version: 'v2', midBlock: true, acrossFrames: false, maxFrames: 32 }],
    ['v3_sd15_mm.ckpt', {}, { version: 'v3', midBlock: false, acrossFrames: false, maxFrames: 32 }],
    [
      'AnimateLCM_sd15_t2v.ckpt',
      { mid: true, peRows: null },
      { version: 'animatelcm', midBlock: true, acrossFrames: false, maxFrames: 32 },
    ],
    [
      'animatediff_lightning_4step_comfyui.safetensors',
      { mid: true },
      { version: 'lightning', midBlock: true, acrossFrames: false, maxFrames: 32 },
    ],
    ['AnimateLCM_sd15_t2v.safetensors', { mid: true }, { version: 'animatelcm', midBlock: true, acrossFrames: false, maxFrames: 32 }],
    [
      'AnimateLCM/diffusion_pytorch_model.fp16.safetensors',
      { mid: true },
      { version: 'animatelcm', midBlock: true, acrossFrames: false, maxFrames: 32 },
    ],
    ['lt_long_mm_16_64_frames.ckpt', { mid: true, peRows: 64 }, { version: 'v2', midBlock: true, acrossFrames: false, maxFrames: 64 }],
    ['mm_sd_v15_48.ckpt', { peRows: 48 }, { version: 'v1', midBlock: false, acrossFrames: true, maxFrames: 48 }],
    ['v3_sd15_mm_48.ckpt', { peRows: 48 }, { version: 'v3', midBlock: false, acrossFrames: false, maxFrames: 48 }],
    ['motion_v1.safetensors', { peRows: null }, { version: 'v1', midBlock: false, acrossFrames: true, maxFrames: 24 }],
    ['motion_v2.safetensors', { mid: true, peRows: null }, { version: 'v2', midBlock: true, acrossFrames: false, maxFrames: 32 }],
  ] as const
  for (const [path, options, expected] of cases) {
    const { motion, peRows } = partsOf(fileOf(officialModules(options)))
    const read = motionArchitecture(motion!, { path: `/modules/${path}`, ...(peRows === undefined ? {} : { peRows }) })
    const { version, midBlock, acrossFrames, maxFrames, widths, layersPerBlock, attentionsPerBlock, heads } = read
    assert.deepEqual({ version, midBlock, acrossFrames, maxFrames }, expected, path)
    assert.deepEqual(
      { widths, layersPerBlock, attentionsPerBlock, heads },
      { widths: [320, 640, 1280, 1280], layersPerBlock: 2, attentionsPerBlock: 2, heads: 8 },
    )
  }
})

test('in the cache of the Hugging Face hub a module is called after its repository, not after the commit that lies there', () => {
  const commit = '9ab9f4a1b0c64d2a8a3a0f9e2d1c6b5a4f3e2d1c'
  const read = (repository: string, file = '/diffusion_pytorch_model.safetensors') => {
    const path = `/cache/hub/models--${repository}/snapshots/${commit}${file}`
    const { motion } = partsOf(fileOf(officialModules({ mid: true, peRows: 32 })))
    const { version, steps, guessed } = motionArchitecture(motion!, { path, peRows: 32 })
    return { version, ...(steps && { steps }), ...(guessed && { guessed }) }
  }
  assert.deepEqual(read('wangfuyun--AnimateLCM'), { version: 'animatelcm' })
  assert.deepEqual(read('wangfuyun--AnimateLCM', ''), { version: 'animatelcm' }, 'the folder itself')
  assert.deepEqual(read('someone--AnimateDiff-Lightning-4step'), { version: 'lightning', steps: 4 })
  assert.deepEqual(read('guoyww--animatediff-motion-adapter-v1-5-2'), { version: 'v2' })
  assert.deepEqual(read('animatelcm--plain'), { version: 'v2' }, 'whose it is says nothing')
})

test('a version that nothing says is marked as guessed', () => {
  const guessed = (path: string, options: Parameters<typeof officialModules>[0]) => {
    const { motion, peRows } = partsOf(fileOf(officialModules(options)))
    const read = motionArchitecture(motion!, { path, ...(peRows === undefined ? {} : { peRows }) })
    return [read.version, read.guessed]
  }
  assert.deepEqual(guessed('/modules/mine.safetensors', { peRows: null }), ['v3', true])
  assert.deepEqual(guessed('/modules/mine.safetensors', { mid: true, peRows: null }), ['animatelcm', true])
  assert.deepEqual(guessed('/modules/mine.safetensors', {}), ['v3', undefined])
  assert.deepEqual(guessed('/modules/AnimateLCM_sd15_t2v.ckpt', { mid: true, peRows: null }), ['animatelcm', undefined])
})

test('AnimateLCM was trained with 64 positions, but a window stays at 32 frames', () => {
  const { motion } = partsOf(fileOf(officialModules({ mid: true, peRows: null })))
  const read = motionArchitecture(motion!, { path: 'AnimateLCM_sd15_t2v.ckpt' })
  assert.deepEqual({ peRows: read.peRows, maxFrames: read.maxFrames }, { peRows: 64, maxFrames: 32 })
})

test('Lightning’s steps come from its name or its metadata', () => {
  const { motion } = partsOf(fileOf(officialModules({ mid: true })))
  const steps = (path: string, metadata = {}) =>
    motionArchitecture(motion!, { path, peRows: 32, metadata: new Map(Object.entries(metadata)) }).steps
  assert.equal(steps('animatediff_lightning_8step_diffusers.safetensors'), 8)
  assert.equal(steps('mm.safetensors', { title: 'AnimateDiff-Lightning, 2-step' }), 2)
  assert.equal(steps('mm_sd_v15_v2_4step.ckpt'), undefined, 'v2 has no steps of its own')
})

test('a version that is said overrules what the file looks like', () => {
  const { motion } = tiny('motion_v3')
  const read = motionArchitecture(motion!, { version: 'v1' })
  assert.deepEqual(
    { version: read.version, acrossFrames: read.acrossFrames, maxFrames: read.maxFrames },
    { version: 'v1', acrossFrames: true, maxFrames: 24 },
  )
})

test('a missing key is named with its file', () => {
  const without = (key: string) => new Map([...tiny('checkpoint').unet!].filter(([name]) => name !== key))
  assert.throws(
    () => unetArchitecture(without('down_blocks.1.resnets.0.conv1.weight')),
    (error: Error & { code: string }) => {
      assert.equal(error.code, 'checkpoint-key-missing')
      assert.match(
        error.message,
        /tiny\/checkpoint\.safetensors has no down_blocks\.1\.resnets\.0\.conv1\.weight; expected a tensor of 4 dimensions\.$/,
      )
      return true
    },
  )
})

test('a wrong shape is named with key, expected and got', () => {
  const broken = new Map(sd15)
  broken.set('conv_in.weight', { ...sd15.get('conv_in.weight')!, shape: [320, 36] })
  assert.throws(() => unetArchitecture(broken), {
    code: 'checkpoint-shape',
    message: /^conv_in\.weight in .*: expected 4 dimensions, got \[320, 36\]\.$/,
  })
  broken.set('conv_in.weight', { ...sd15.get('conv_in.weight')!, shape: [64, 4, 3, 3] })
  assert.throws(() => unetArchitecture(broken), {
    code: 'checkpoint-shape',
    message: /expected 64 channels, as conv_in has, got \[320, 320, 3, 3\]/,
  })
})

test('heads that differ by level, or are no number, are refused', () => {
  assert.throws(() => unetArchitecture(sd15, { attention_head_dim: [5, 10, 20, 20] }), {
    code: 'checkpoint-config',
    message: /\[5,10,20,20\]; expected one positive number/,
  })
  assert.throws(() => unetArchitecture(sd15, { attention_head_dim: 'eight' }), { code: 'checkpoint-config' })
  assert.equal(unetArchitecture(sd15, { attention_head_dim: [8, 8, 8, 8] }).heads, 8)
  assert.equal(unetArchitecture(sd15, { num_attention_heads: null, attention_head_dim: 4 }).heads, 4)
  assert.throws(() => textArchitecture(partsOf(fileOf(clipText())).text!, { hidden_act: 'relu' }), { code: 'checkpoint-config' })
})

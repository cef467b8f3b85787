import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { motionModulePath, officialMotion } from '../../../src/engine/checkpoint/dialects/motion.ts'
import { type Named, partsOf } from '../../../src/engine/checkpoint/dialects/parts.ts'
import { flipped, type Table, translator } from '../../../src/engine/checkpoint/dialects/table.ts'
import { layoutOfDiffusers, layoutOfLdm, ldmUNet } from '../../../src/engine/checkpoint/dialects/unet.ts'
import { ldmVae, oldDiffusersVae } from '../../../src/engine/checkpoint/dialects/vae.ts'
import { openTensorFile } from '../../../src/engine/checkpoint/open.ts'
import { elementsOf } from '../../../src/engine/checkpoint/tensor/tensor.ts'
import { clipText, officialModules, sd15UNet, sd15Vae } from '../../../src/engine/synthetic/sd15.ts'
import { fileOf } from './tensor/tensors-in-memory.ts'

const tiny = (name: string) => openTensorFile(join(import.meta.dirname, `../../fixtures/tiny/${name}.safetensors`))
const pocket = (name: string) => openTensorFile(join(import.meta.dirname, `../../../models/pocket/${name}.safetensors`))

const shapesOf = (named: Named | undefined) => new Map([...named!].map(([name, { shape }]) => [name, shape] as const))
const sorted = (names: Iterable<string>) => [...names].sort()
const total = (shapes: Map<string, readonly number[]>) => shapes.values().reduce((sum, shape) => sum + elementsOf(shape), 0)

/** Renames with a table read from right to left. */
const backwards = (table: Table, names: Iterable<string>) => {
  const translate = translator(flipped(table))
  return sorted([...names].map((name) => translate(name) ?? `no name for ${name}`))
}

test('the shapes that these tests are made with have the published totals', () => {
  const counted = [sd15UNet(), sd15Vae(), clipText(), officialModules({ peRows: null }), officialModules({ mid: true, peRows: null })]
  assert.deepEqual(
    counted.map((shapes) => [shapes.size, total(shapes)]),
    [
      [686, 859_520_964],
      [248, 83_653_863],
      [196, 123_060_480],
      [520, 417_137_600],
      [546, 453_209_280],
    ],
  )
})

test('every tensor of a single-file checkpoint is part of the UNet, the VAE or the text encoder', () => {
  const file = tiny('checkpoint')
  const parts = partsOf(file)
  assert.deepEqual(parts.ignored, [])
  assert.equal(parts.unet!.size + parts.vae!.size + parts.text!.size, file.tensors.size)
  assert.equal(parts.motion, undefined)
})

test('the names of a single-file UNet turn into diffusers’ and back', () => {
  const { tensors } = tiny('checkpoint')
  const prefix = 'model.diffusion_model.'
  const theirs = [...tensors.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
  const ours = partsOf(tiny('checkpoint')).unet!
  assert.deepEqual(layoutOfLdm(theirs), layoutOfDiffusers(ours.keys()))
  assert.deepEqual(backwards(ldmUNet(layoutOfDiffusers(ours.keys())), ours.keys()), sorted(theirs))
})

test('SD 1.5’s blocks are numbered as its configuration numbers them', () => {
  const ours = sd15UNet()
  const toLdm = translator(flipped(ldmUNet(layoutOfDiffusers(ours.keys()))))
  const published = {
    'conv_in.weight': 'input_blocks.0.0.weight',
    'down_blocks.0.resnets.1.norm1.weight': 'input_blocks.2.0.in_layers.0.weight',
    'down_blocks.0.downsamplers.0.conv.bias': 'input_blocks.3.0.op.bias',
    'down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q.weight': 'input_blocks.4.1.transformer_blocks.0.attn1.to_q.weight',
    'down_blocks.2.resnets.1.time_emb_proj.weight': 'input_blocks.8.0.emb_layers.1.weight',
    'down_blocks.3.resnets.1.conv2.weight': 'input_blocks.11.0.out_layers.3.weight',
    'mid_block.resnets.1.norm2.bias': 'middle_block.2.out_layers.0.bias',
    'up_blocks.0.upsamplers.0.conv.weight': 'output_blocks.2.1.conv.weight',
    'up_blocks.1.upsamplers.0.conv.weight': 'output_blocks.5.2.conv.weight',
    'up_blocks.3.resnets.2.conv_shortcut.weight': 'output_blocks.11.0.skip_connection.weight',
    'up_blocks.3.attentions.2.proj_out.bias': 'output_blocks.11.1.proj_out.bias',
    'conv_norm_out.weight': 'out.0.weight',
    'time_embedding.linear_2.weight': 'time_embed.2.weight',
  }
  for (const [name, ldm] of Object.entries(published)) {
    assert.ok(ours.has(name), name)
    assert.equal(toLdm(name), ldm)
  }
})

test('a UNet of three levels, or of three resnets a level, finds its way through LDM’s numbers too', () => {
  const ours = sd15UNet()
  const deeper = new Map(ours)
  for (const [name, shape] of ours) {
    if (/^down_blocks\.\d\.(resnets|attentions)\.1/.test(name)) deeper.set(name.replace(/(resnets|attentions)\.1/, '$1.2'), shape)
    if (/^up_blocks\.\d\.(resnets|attentions)\.2/.test(name)) deeper.set(name.replace(/(resnets|attentions)\.2/, '$1.3'), shape)
  }
  for (const shapes of [shapesOf(partsOf(pocket('unet/diffusion_pytorch_model')).unet), ours, deeper]) {
    const toLdm = translator(flipped(ldmUNet(layoutOfDiffusers(shapes.keys()))))
    const ldm = fileOf([...shapes].map(([name, shape]) => [`model.diffusion_model.${toLdm(name)}`, shape] as const))
    const parts = partsOf(ldm)
    assert.deepEqual(parts.ignored, [])
    assert.deepEqual(shapesOf(parts.unet), shapes)
  }
})

test('a VAE is the same with every prefix and in all three dialects', () => {
  const theirs = sd15Vae()
  const bare = shapesOf(partsOf(fileOf(theirs)).vae)
  assert.equal(bare.size, theirs.size)
  assert.deepEqual(bare.get('decoder.up_blocks.0.resnets.0.conv1.weight'), theirs.get('decoder.up.3.block.0.conv1.weight'))
  assert.deepEqual(bare.get('encoder.mid_block.attentions.0.to_out.0.weight'), [512, 512], 'a matrix, as newer files have it')
  for (const prefix of ['first_stage_model.', 'vae.']) {
    assert.deepEqual(shapesOf(partsOf(fileOf([...theirs].map(([name, shape]) => [prefix + name, shape] as const))).vae), bare)
  }
  assert.deepEqual(backwards(ldmVae({ levels: 4, resnets: 3 }), bare.keys()), sorted(theirs.keys()))
  const old = backwards(oldDiffusersVae, bare.keys())
  assert.ok(old.includes('decoder.mid_block.attentions.0.proj_attn.weight'))
  assert.deepEqual(sorted(partsOf(fileOf(old.map((name) => [name, [1]] as const))).vae!.keys()), sorted(bare.keys()))
})

test('a VAE in a diffusers folder keeps its names', () => {
  const file = pocket('vae/diffusion_pytorch_model')
  assert.deepEqual(sorted(partsOf(file).vae!.keys()), sorted(file.tensors.keys()))
})

test('a text encoder is found under every prefix that checkpoints give it, position numbers left aside', () => {
  const ours = clipText()
  const ids = 'text_model.embeddings.position_ids'
  const forms = [
    (name: string) => name,
    (name: string) => `cond_stage_model.transformer.${name}`,
    (name: string) => `cond_stage_model.transformer.${name.replace('text_model.', '')}`,
    (name: string) => `text_encoder.${name}`,
    (name: string) => name.replace('text_model.', ''),
  ]
  for (const form of forms) {
    const parts = partsOf(fileOf([...ours, [ids, [1, 77]] as const].map(([name, shape]) => [form(name), shape] as const)))
    assert.deepEqual(shapesOf(parts.text), ours)
    assert.deepEqual(parts.ignored, [form(ids)])
  }
})

test('running averages, training schedules and counters are ignored', () => {
  const extra = [
    'model_ema.decay',
    'model_ema.diffusion_modelconv_inweight',
    'betas',
    'alphas_cumprod_prev',
    'sqrt_recipm1_alphas_cumprod',
    'posterior_mean_coef1',
    'loss.logvar',
    'cond_stage_model.logit_scale',
    'global_step',
  ]
  const parts = partsOf(fileOf([...sd15UNet(), ...extra.map((name) => [name, [1]] as const)]))
  assert.deepEqual(sorted(parts.ignored), sorted(extra))
  assert.equal(parts.unet!.size, 686)
})

test('motion modules are the same in AnimateDiff’s names and in diffusers’', () => {
  for (const version of ['motion_v1', 'motion_v2', 'motion_v3']) {
    const file = tiny(version)
    const { motion, ignored } = partsOf(file)
    assert.deepEqual(ignored, [])
    const paths = [...motion!.keys()].map((name) => motionModulePath.exec(name)![0])
    assert.deepEqual(backwards(officialMotion(paths), motion!.keys()), sorted(file.tensors.keys()))
    const again = partsOf(fileOf(shapesOf(motion)))
    assert.deepEqual(shapesOf(again.motion), shapesOf(motion), 'diffusers’ own names stay')
  }
  const adapter = pocket('motion/diffusion_pytorch_model')
  assert.deepEqual(sorted(partsOf(adapter).motion!.keys()), sorted(adapter.tensors.keys()))
  assert.ok(partsOf(tiny('motion_v2')).motion!.has('mid_block.motion_modules.0.transformer_blocks.0.norm3.weight'))
})

test('position tables of motion modules are ignored but counted, and a leading module. falls away', () => {
  const shapes = officialModules({ peRows: 24 })
  const parts = partsOf(fileOf([...shapes].map(([name, shape]) => [`module.${name}`, shape] as const)))
  assert.equal(parts.peRows, 24)
  assert.equal(parts.motion!.size, 520)
  assert.equal(parts.ignored.length, 40)
  const diffusers = partsOf(fileOf({ 'down_blocks.0.motion_modules.0.transformer_blocks.0.pos_embed.pe': [1, 32, 320] }))
  assert.equal(diffusers.peRows, 32)
})

test('a UNet and its motion modules in one file are separated', () => {
  const modules = [...officialModules({ peRows: null })]
  const parts = partsOf(fileOf([...sd15UNet(), ...modules]))
  assert.deepEqual({ unet: parts.unet!.size, motion: parts.motion!.size }, { unet: 686, motion: 520 })
})

test('projections of spatial transformers become convolutions, those of motion modules matrices', () => {
  const linear = fileOf({
    'down_blocks.0.attentions.0.proj_in.weight': [8, 8],
    'down_blocks.0.motion_modules.0.proj_in.weight': [8, 8, 1, 1],
    'down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.weight': [8, 8],
  })
  const { unet, motion } = partsOf(linear)
  assert.deepEqual(unet!.get('down_blocks.0.attentions.0.proj_in.weight')!.shape, [8, 8, 1, 1])
  assert.deepEqual(motion!.get('down_blocks.0.motion_modules.0.proj_in.weight')!.shape, [8, 8])
  assert.deepEqual(unet!.get('down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.weight')!.shape, [8, 8])
})

test('giving a tensor another shape does not read its bytes', () => {
  const unread = {
    name: 'x',
    dtype: 'F32' as const,
    shape: [2, 2],
    get at(): Uint8Array {
      throw new Error('read')
    },
  }
  const file = { ...fileOf({}), tensors: new Map([['down_blocks.0.attentions.0.proj_in.weight', unread]]) }
  const tensor = partsOf(file).unet!.get('down_blocks.0.attentions.0.proj_in.weight')!
  assert.deepEqual(tensor.shape, [2, 2, 1, 1])
  assert.throws(() => tensor.at, /read/)
})

test('two tensors for one weight are refused by both their names', () => {
  assert.throws(() => partsOf(fileOf({ 'conv_in.weight': [1], 'unet.conv_in.weight': [1] })), {
    code: 'checkpoint-name-twice',
    message: '/models/some.safetensors holds conv_in.weight twice, as conv_in.weight and as unet.conv_in.weight.',
  })
})

test('a LoRA is no checkpoint, though its names begin like one', () => {
  for (const name of ['motion_lora', 'lora_peft', 'lyco_ia3']) {
    const file = tiny(name)
    assert.equal(partsOf(file).ignored.length, file.tensors.size, name)
  }
})

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { identify } from '../../../../src/engine/checkpoint/identify/identify.ts'
import { openTensorFile } from '../../../../src/engine/checkpoint/open.ts'
import { clipText, officialModules, sd15UNet, sd15Vae } from '../../../../src/engine/synthetic/sd15.ts'
import { type Content, fileOf, scalar, shapeOnly } from '../tensor/tensors-in-memory.ts'

const tinyFolder = join(import.meta.dirname, '../../../fixtures/tiny/')
const models = join(import.meta.dirname, '../../../../models/pocket/')
const tiny = (name: string) => identify(openTensorFile(`${tinyFolder}${name}.safetensors`))

type Entries = Iterable<readonly [string, Content]>
const under = (prefix: string, shapes: Entries) => [...shapes].map(([name, content]) => [prefix + name, content] as const)

test('every file of the reference tensors and of the pocket model is recognized for what it is', () => {
  const kinds = {
    checkpoint: 'sd1-checkpoint',
    motion_lora: 'motion-lora',
    motion_: 'motion-module',
    lora_: 'lora',
    lyco_: 'lora',
    expected: 'refused',
    lycoris: 'refused',
  }
  for (const file of readdirSync(tinyFolder).filter((name) => name.endsWith('.safetensors'))) {
    const expected = Object.entries(kinds).find(([start]) => file.startsWith(start))
    assert.equal(tiny(file.replace('.safetensors', '')).kind, expected?.[1], file)
  }
  const inPocket = {
    'unet/diffusion_pytorch_model': 'unet',
    'vae/diffusion_pytorch_model': 'vae',
    'text_encoder/model': 'text-encoder',
    'motion/diffusion_pytorch_model': 'motion-module',
    'loras/anime': 'lora',
  }
  for (const [file, kind] of Object.entries(inPocket))
    assert.equal(identify(openTensorFile(`${models}${file}.safetensors`)).kind, kind, file)
})

test('a checkpoint is described with its numbers, types, nets and what would be ignored', () => {
  const file = fileOf([
    ...under('model.diffusion_model.', sd15UNet()),
    ...under('first_stage_model.', sd15Vae()),
    ...under('cond_stage_model.transformer.', clipText()),
    ['cond_stage_model.transformer.text_model.embeddings.position_ids', shapeOnly('', [1, 77], 'I64')],
    ['model_ema.diffusion_modelout2bias', [4]],
    ['model_ema.num_updates', shapeOnly('', [], 'I32')],
    ['mystery', [3]],
  ])
  const identity = identify(file)
  assert.ok(identity.kind === 'sd1-checkpoint' && identity.vae && identity.text)
  assert.equal(identity.parameters, 859_520_964 + 83_653_863 + 123_060_480)
  assert.equal(identity.bytes, 2 * (identity.parameters + 4 + 3) + 77 * 8 + 4)
  assert.deepEqual(identity.dtypes, [
    { dtype: 'F16', tensors: 686 + 248 + 196 + 2 },
    { dtype: 'I64', tensors: 1 },
    { dtype: 'I32', tensors: 1 },
  ])
  assert.deepEqual(identity.ignored, [
    { reason: 'the numbers 0 to 76', names: ['cond_stage_model.transformer.text_model.embeddings.position_ids'] },
    {
      reason: 'a running average of the weights, kept for further training',
      names: ['model_ema.diffusion_modelout2bias', 'model_ema.num_updates'],
    },
    { reason: 'nothing here takes it', names: ['mystery'] },
  ])
})

test('a checkpoint without its VAE says so by its absence, a UNet alone is a UNet', () => {
  const unet = under('model.diffusion_model.', sd15UNet())
  const identity = identify(fileOf([...unet, ...under('cond_stage_model.transformer.', clipText())]))
  assert.ok(identity.kind === 'sd1-checkpoint' && identity.text && !identity.vae)
  assert.equal(identify(fileOf(unet)).kind, 'unet')
})

test('a LoRA is described by kinds, ranks, parts, modules and the words in its metadata', () => {
  const file = fileOf(
    {
      'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight': [16, 768],
      'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.lora_up.weight': [320, 16],
      'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.alpha': scalar(8),
      'lora_unet_down_blocks_0_resnets_0_conv1.lora_down.weight': [4, 320, 3, 3],
      'lora_unet_down_blocks_0_resnets_0_conv1.lora_up.weight': [320, 4, 1, 1],
      'lora_te_text_model_encoder_layers_0_mlp_fc1.hada_w1_a': [3072, 6],
      'lora_te_text_model_encoder_layers_0_mlp_fc1.hada_w1_b': [6, 768],
      'lora_te_text_model_encoder_layers_0_mlp_fc1.hada_w2_a': [3072, 6],
      'lora_te_text_model_encoder_layers_0_mlp_fc1.hada_w2_b': [6, 768],
      'lora_te_text_model_encoder_layers_0_mlp_fc1.dora_scale': [3072, 1],
      'some.other.tensor': [1],
    },
    {
      metadata: {
        ss_base_model_version: 'sd_v1',
        ss_output_name: 'ghibli',
        ss_tag_frequency:
          '{"10_a": {"ghibli style": 40, "sky ": 12}, "5_b": {"sky": 9, "tree": 2, "a cat on a roof": 1, "": 99, "bad": "x"}}',
        'modelspec.trigger_phrase': 'ghb style, sky',
        'modelspec.license': 'CC-BY-4.0',
      },
    },
  )
  const identity = identify(file)
  assert.ok(identity.kind === 'lora')
  assert.deepEqual(identity.lora, {
    kinds: ['lora', 'locon', 'loha', 'dora'],
    ranks: [4, 6, 16],
    alphas: [8],
    parts: ['unet', 'text'],
    modules: 3,
    base: 'sd_v1',
    title: 'ghibli',
    license: 'CC-BY-4.0',
    contextWidth: 768,
    triggerWords: ['ghb style', 'sky', 'ghibli style', 'tree'],
    bundledWords: [],
  })
  assert.deepEqual(identity.ignored, [{ reason: 'nothing here takes it', names: ['some.other.tensor'] }])
})

test('alpha is told from where it stands, also where that is the header', () => {
  const path = 'unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q'
  const contents = { [`${path}.lora_A.weight`]: [4, 320], [`${path}.lora_B.weight`]: [320, 4] }
  const alphas = (metadata: Record<string, string>) => {
    const identity = identify(fileOf(contents, { metadata }))
    assert.ok(identity.kind === 'lora')
    return identity.lora.alphas
  }
  assert.deepEqual(alphas({}), [])
  assert.deepEqual(alphas({ lora_adapter_metadata: '{"unet.r": 4, "unet.lora_alpha": 8}' }), [8])
})

test('what is called alpha and is no single number is not read', () => {
  const identity = identify(fileOf({ 'lora_unet_conv_in.lora_down.weight': [4, 320], 'lora_unet_conv_in.alpha': [250_000_000] }))
  assert.ok(identity.kind === 'lora')
  assert.deepEqual(identity.lora.alphas, [])
})

test('metadata that is not what it should be is no words, and no error', () => {
  for (const text of ['{"a": {"cat": 1', '[1, 2]', 'null', '"x"', '{"a": null, "b": [1]}']) {
    const file = fileOf({ 'lora_unet_conv_in.diff': [320, 4, 3, 3] }, { metadata: { ss_tag_frequency: text } })
    const identity = identify(file)
    assert.ok(identity.kind === 'lora')
    assert.deepEqual(identity.lora.triggerWords, [], text)
  }
})

test('the domain adapter is distinguished from other LoRAs of its form by its rank', () => {
  const kindOfRank = (rank: number) => {
    const path = 'down_blocks.0.attentions.0.transformer_blocks.0.attn2.processor.to_k_lora'
    return identify(fileOf({ [`${path}.down.weight`]: [rank, 768], [`${path}.up.weight`]: [320, rank] })).kind
  }
  assert.equal(kindOfRank(128), 'domain-adapter')
  assert.equal(kindOfRank(4), 'lora')
})

test('the four forms of a textual inversion are found, with their word where they have one', () => {
  const forms: [Record<string, Content>, Record<string, string>, unknown][] = [
    [{ 'string_to_param.*': [3, 768] }, { name: 'zoe' }, { vectors: 3, width: 768, word: 'zoe' }],
    [{ emb_params: [2, 768] }, {}, { vectors: 2, width: 768 }],
    [{ '<zoe>': [768] }, {}, { vectors: 1, width: 768, word: '<zoe>' }],
    [{ 'bad-hands': [4, 768] }, {}, { vectors: 4, width: 768, word: 'bad-hands' }],
    [{ emp_params: [2, 768] }, {}, { vectors: 2, width: 768 }],
    [{ emp_params: [2, 768], emp_params_out: [2, 768] }, {}, { vectors: 2, width: 768 }],
    [{ clip_l: [2, 768] }, {}, { vectors: 2, width: 768 }],
    [{ emb_params: [1, 2, 768] }, {}, { vectors: 2, width: 768 }],
    [{ '*': [768] }, { name: 'zoe' }, { vectors: 1, width: 768, word: 'zoe' }],
  ]
  for (const [contents, metadata, embedding] of forms) {
    const identity = identify(fileOf(contents, { metadata }))
    assert.ok(identity.kind === 'textual-inversion')
    assert.deepEqual(identity.embedding, embedding)
  }
})

const cross = 'model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight'
const kohya = 'lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k'

const refusals: readonly [
  what: string,
  code: string,
  contents: Entries | Record<string, Content>,
  file?: { path?: string; metadata?: Record<string, string> },
][] = [
  ['a file without tensors', 'empty', {}],
  ['something else altogether', 'unknown', { 'layer.weight': [3, 3], 'layer.bias': [3] }],
  ['SDXL', 'sdxl', { 'conditioner.embedders.0.transformer.text_model.final_layer_norm.bias': [768], [cross]: [640, 2048] }],
  ['SDXL’s UNet', 'sdxl', { 'down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight': [640, 2048] }],
  ['SDXL’s refiner', 'sdxl', { [cross]: [768, 1280] }],
  ['SDXL’s second text encoder', 'sdxl', { 'text_model.embeddings.token_embedding.weight': [49408, 1280] }],
  ['SD 2', 'sd2', { [cross]: [320, 1024] }],
  ['SD 2’s text encoder', 'sd2', { 'cond_stage_model.model.ln_final.bias': [1024] }],
  ['SD 3', 'sd3', { 'model.diffusion_model.joint_blocks.0.context_block.attn.qkv.weight': [4608, 1536] }],
  ['Flux', 'flux', { 'double_blocks.0.img_attn.qkv.weight': [9216, 3072] }],
  [
    'an inpainting model',
    'inpainting',
    [...under('first_stage_model.', sd15Vae()), ['model.diffusion_model.input_blocks.0.0.weight', [320, 9, 3, 3]]],
  ],
  ['a diffusers inpainting UNet', 'inpainting', sd15UNet({ input: 9 })],
  ['a depth model', 'extra-channels', sd15UNet({ input: 5 })],
  ['a ControlNet', 'control-net', { 'control_model.input_hint_block.0.weight': [16, 3, 3, 3] }],
  ['a diffusers ControlNet', 'control-net', [...sd15UNet(), ['controlnet_cond_embedding.conv_in.weight', [16, 3, 3, 3]]]],
  [
    'a SparseCtrl for SDXL',
    'sparse-ctrl-sdxl',
    [
      ['controlnet_cond_embedding.weight', [320, 5, 3, 3]],
      ['down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight', [640, 2048]],
      ...officialModules(),
    ],
  ],
  [
    'a SparseCtrl that is cut off',
    'checkpoint-key-missing',
    [['controlnet_cond_embedding.weight', [320, 5, 3, 3]], ['conv_in.bias', [320]], ...officialModules()],
  ],
  ['PIA', 'pia', [...officialModules({ mid: true }), ['conv_in.weight', [320, 9, 3, 3]]]],
  [
    'HotShot-XL',
    'hotshot-xl',
    { 'down_blocks.0.temporal_attentions.0.transformer_blocks.0.attention_blocks.0.pos_encoder.positional_encoding': [1, 24, 320] },
  ],
  ['AnimateDiff for SDXL', 'motion-sdxl', officialModules({ levels: [320, 640, 1280] })],
  ['TAESD', 'other-vae', { 'decoder.layers.0.weight': [64, 4, 3, 3] }],
  ['a VAE with 16 channels', 'other-vae', sd15Vae({ latent: 16 })],
  ['SDXL’s VAE', 'sdxl-vae', sd15Vae(), { path: '/vae/sdxl_vae.safetensors' }],
  ['an IP-Adapter', 'ip-adapter', { 'image_proj.norm.weight': [768] }],
  ['an upscaler', 'upscaler', { 'params_ema.conv_first.weight': [64, 3, 3, 3] }],
  [
    'a LoRA for SDXL’s two text encoders',
    'lora-other-base',
    {
      'lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight': [8, 1280],
      'lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_up.weight': [5120, 8],
    },
  ],
  ['a LoRA for SDXL', 'lora-other-base', { [`${kohya}.lora_down.weight`]: [8, 2048], [`${kohya}.lora_up.weight`]: [640, 8] }],
  ['a LoKr for SDXL', 'lora-other-base', { [`${kohya}.lokr_w1`]: [16, 32], [`${kohya}.lokr_w2`]: [40, 64] }],
  ['a LoRA for SD 2', 'lora-other-base', { [`${kohya}.lora_down.weight`]: [8, 1024], [`${kohya}.lora_up.weight`]: [640, 8] }],
  [
    'a LoRA that says it is for SDXL',
    'lora-other-base',
    { 'lora_unet_conv_in.diff': [320, 4, 3, 3] },
    { metadata: { ss_base_model_version: 'sdxl_base_v1-0' } },
  ],
  [
    'a UNet that is cut off',
    'checkpoint-key-missing',
    {
      'model.diffusion_model.input_blocks.1.0.in_layers.2.weight': [320, 320, 3, 3],
      'model.diffusion_model.input_blocks.0.0.weight': [320, 4, 3, 3],
    },
  ],
]

for (const [what, code, contents, about] of refusals) {
  test(`refused in a sentence: ${what}`, () => {
    const file = fileOf(contents, about)
    const identity = identify(file)
    assert.ok(identity.kind === 'refused', identity.kind)
    assert.equal(identity.code, code)
    assert.match(identity.sentence, /^\/\S+ .{10,}\.$/)
    assert.ok(identity.sentence.includes(file.path))
  })
}

test('what a UNet predicts is told by a marker, the metadata or, without either, the name', () => {
  const unet = under('model.diffusion_model.', sd15UNet())
  const told = (entries: Entries, about: Parameters<typeof fileOf>[1] = {}) => {
    const identity = identify(fileOf(entries, about))
    assert.ok(identity.kind === 'unet')
    const { velocity, zeroTerminalSnr, byName, ignored } = identity
    assert.ok(ignored.every(({ reason }) => reason !== 'nothing here takes it'))
    return [velocity, zeroTerminalSnr, byName]
  }
  assert.deepEqual(told(unet), [undefined, undefined, undefined])
  assert.deepEqual(told(unet, { metadata: { 'modelspec.prediction_type': 'v' } }), [true, undefined, undefined])
  assert.deepEqual(told([...unet, ['v_pred', [0]]]), [true, undefined, undefined])
  assert.deepEqual(told([...unet, ['v_pred', [0]], ['ztsnr', [0]]]), [true, true, undefined])
  const named = { path: '/models/fluffyrock-e61-terminal-snr-vpred.safetensors' }
  assert.deepEqual(told(unet, named), [true, true, true])
  assert.deepEqual(told(unet, { ...named, metadata: { 'modelspec.prediction_type': 'epsilon' } }), [undefined, undefined, undefined])
})

test('a name that says SDXL does not make a whole checkpoint one', () => {
  const file = fileOf(
    [
      ...under('model.diffusion_model.', sd15UNet()),
      ...under('first_stage_model.', sd15Vae()),
      ...under('cond_stage_model.transformer.', clipText()),
    ],
    {
      path: '/models/not-sdxl.safetensors',
    },
  )
  assert.equal(identify(file).kind, 'sd1-checkpoint')
})

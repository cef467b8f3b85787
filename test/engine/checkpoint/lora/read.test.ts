import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { partsOf } from '../../../../src/engine/checkpoint/dialects/parts.ts'
import { flipped, translator } from '../../../../src/engine/checkpoint/dialects/table.ts'
import { layoutOfDiffusers, ldmUNet } from '../../../../src/engine/checkpoint/dialects/unet.ts'
import { moduleFinder } from '../../../../src/engine/checkpoint/lora/modules.ts'
import { readLora } from '../../../../src/engine/checkpoint/lora/read.ts'
import { openTensorFile } from '../../../../src/engine/checkpoint/open.ts'
import { clipText, officialModules, sd15UNet } from '../../../../src/engine/synthetic/sd15.ts'
import { type Content, fileOf, scalar, values } from '../tensor/tensors-in-memory.ts'
import { conv, kohya, matrix, target } from './lora-target.ts'

const tinyFolder = join(import.meta.dirname, '../../../fixtures/tiny/')
const tiny = (name: string) => openTensorFile(`${tinyFolder}${name}`)

const sd15 = {
  unet: partsOf(fileOf(sd15UNet())).unet!,
  text: partsOf(fileOf(clipText())).text!,
  motion: partsOf(fileOf(officialModules({ mid: true, peRows: null }))).motion!,
}
const find = moduleFinder(sd15)

test('every tensor of every LoRA for the reference checkpoint finds its weight', () => {
  const { unet, text } = partsOf(tiny('checkpoint.safetensors'))
  const motion = partsOf(tiny('motion_v2.safetensors')).motion!
  const files = readdirSync(tinyFolder).filter((name) => /^(lora|locon|lyco_|motion_lora).*\.safetensors$/.test(name))
  assert.ok(files.length >= 7)
  for (const name of files) {
    const lora = readLora(tiny(name), { unet: unet!, text: text!, motion })
    assert.deepEqual(lora.ignored, [], name)
    assert.ok(lora.deltas.length > 0, name)
    for (const { part, weight } of lora.deltas) assert.ok({ unet, text, motion }[part]!.has(weight), weight)
  }
})

test('the pocket model’s styles fit it', () => {
  const models = join(import.meta.dirname, '../../../../models/pocket/')
  const unet = partsOf(openTensorFile(`${models}unet/diffusion_pytorch_model.safetensors`)).unet!
  for (const style of ['anime', 'sepia', 'pixel', 'neon', 'pencil']) {
    const file = openTensorFile(`${models}loras/${style}.safetensors`)
    const lora = readLora(file, { unet })
    const modules = [...file.tensors.keys()].filter((name) => name.endsWith('.lora_down.weight'))
    assert.deepEqual(lora.ignored, [])
    assert.ok(modules.length > 100)
    assert.equal(lora.deltas.length, modules.length)
    assert.ok(lora.deltas.every((delta) => delta.kind === 'low-rank' && delta.scale === 1))
  }
})

test('an adapter under two names counts once, and what was compared is open no more', { skip: process.platform !== 'linux' }, () => {
  const models = join(import.meta.dirname, '../../../../models/pocket/')
  const unet = partsOf(openTensorFile(`${models}unet/diffusion_pytorch_model.safetensors`)).unet!
  const file = openTensorFile(`${models}loras/neon.safetensors`)
  const again = [...file.tensors].map(([name, tensor]) => [name.replace('.lora_down.', '.lora_A.'), tensor] as const)
  const open = () => readdirSync('/proc/self/fd').length
  const before = open()
  const { deltas } = readLora({ ...file, tensors: new Map([...file.tensors, ...again]) }, { unet })
  assert.equal(open(), before)
  assert.equal(deltas.length, readLora(file, { unet }).deltas.length)
})

test('every way to name a module of SD 1.5 leads to it', () => {
  const q = 'down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q'
  const out = 'up_blocks.3.attentions.2.transformer_blocks.0.attn2.to_out.0'
  const motionOut = 'mid_block.motion_modules.0.transformer_blocks.0.attn2.to_out.0'
  const textQ = 'text_model.encoder.layers.3.self_attn.q_proj'
  const names: Readonly<Record<string, string>> = {
    lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q: q,
    lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q: q,
    [`unet.${q}`]: q,
    [`base_model.model.unet.${q}`]: q,
    [`base_model.model.${q}`]: q,
    'diffusion_model.input_blocks.4.1.transformer_blocks.0.attn1.to_q': q,
    'unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.processor.to_q': q,
    'down_blocks.1.attentions.0.transformer_blocks.0.attn1.processor.to_q': q,
    lora_unet_up_blocks_3_attentions_2_transformer_blocks_0_attn2_to_out_0: out,
    lora_unet_output_blocks_11_1_transformer_blocks_0_attn2_to_out_0: out,
    'unet.up_blocks.3.attentions.2.transformer_blocks.0.attn2.processor.to_out': out,
    lora_unet_output_blocks_5_2_conv: 'up_blocks.1.upsamplers.0.conv',
    lora_unet_up_blocks_1_upsamplers_0_conv: 'up_blocks.1.upsamplers.0.conv',
    lora_unet_input_blocks_1_0_emb_layers_1: 'down_blocks.0.resnets.0.time_emb_proj',
    lora_unet_time_embed_0: 'time_embedding.linear_1',
    lora_unet_conv_in: 'conv_in',
    lora_unet_mid_block_attentions_0_transformer_blocks_0_ff_net_0_proj: 'mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj',
    lora_te_text_model_encoder_layers_3_self_attn_q_proj: textQ,
    lora_te1_text_model_encoder_layers_3_self_attn_q_proj: textQ,
    [`text_encoder.${textQ}`]: textQ,
    'text_encoder.text_model.encoder.layers.3.self_attn.to_q': textQ,
    'text_encoder.encoder.layers.3.self_attn.q_proj': textQ,
    [motionOut]: motionOut,
    'mid_block.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks.1.processor.to_out': motionOut,
    [`unet.${motionOut}`]: motionOut,
    'mid_block.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks.1.to_out.processor.0': motionOut,
    [`text_encoders.clip_l.transformer.${textQ}`]: textQ,
    [`clip_l.transformer.${textQ}`]: textQ,
    [`te.${textQ}`]: textQ,
    [`base_model.model.text_model.${textQ}`]: textQ,
    lycoris_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q: q,
    lycoris_text_model_encoder_layers_3_self_attn_q_proj: textQ,
    oft_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q: q,
    [`model.diffusion_model.${q}`]: q,
    [`module.unet.${q}`]: q,
    lora_unet_mid_block_motion_modules_0_temporal_transformer_transformer_blocks_0_attention_blocks_1_to_out_0: motionOut,
  }
  for (const [theirs, ours] of Object.entries(names)) assert.equal(find(theirs)?.path, ours, theirs)
  for (const wrong of ['lora_unet_down_blocks_9_resnets_0_conv1', 'lora_te2_text_model_encoder_layers_3_self_attn_q_proj', 'unet', ''])
    assert.equal(find(wrong), undefined)
})

test('no two modules of SD 1.5 share a name in kohya’s underscores, in either numbering', () => {
  const toLdm = translator(flipped(ldmUNet(layoutOfDiffusers(sd15.unet.keys()))))
  for (const [part, beginning] of [
    ['unet', 'lora_unet_'],
    ['text', 'lora_te_'],
    ['motion', 'lora_unet_'],
  ] as const) {
    for (const name of sd15[part].keys()) {
      if (!name.endsWith('.weight')) continue
      const path = name.slice(0, -'.weight'.length)
      const forms = part === 'unet' ? [path, toLdm(path)!] : [path]
      for (const form of forms) assert.deepEqual(find(beginning + form.replaceAll('.', '_')), { part, path })
    }
  }
})

const pair = (path: string, { down = values([2, 4]), up = values([6, 2]) } = {}): Record<string, Content> => ({
  [`${kohya(path)}.lora_down.weight`]: down,
  [`${kohya(path)}.lora_up.weight`]: up,
})

const read = (contents: Record<string, Content>, metadata = {}) => readLora(fileOf(contents, { metadata }), target)

test('all forms of a low-rank pair read as the same delta, with the scale that its form has', () => {
  const [down, up] = [values([2, 4], 1), values([6, 2], 2)]
  const forms: [Record<string, Content>, number][] = [
    [{ [`${kohya(matrix)}.lora_down.weight`]: down, [`${kohya(matrix)}.lora_up.weight`]: up, [`${kohya(matrix)}.alpha`]: scalar(1) }, 0.5],
    [{ [`unet.${matrix}.lora_A.weight`]: down, [`unet.${matrix}.lora_B.weight`]: up }, 1],
    [{ [`base_model.model.unet.${matrix}.lora_A.default.weight`]: down, [`base_model.model.unet.${matrix}.lora_B.default.weight`]: up }, 1],
    [{ [`unet.${matrix}.lora.down.weight`]: down, [`unet.${matrix}.lora.up.weight`]: up, [`unet.${matrix}.alpha`]: scalar(4) }, 2],
    [
      {
        [`${kohya(matrix)}.lora_down.weight`]: down,
        [`${kohya(matrix)}.lora_up.weight`]: up,
        [`${kohya(matrix)}.alpha`]: scalar(1),
        [`${kohya(matrix)}.scale`]: scalar(0.25),
      },
      0.25,
    ],
    [
      {
        [`unet.${matrix.replace('to_q', 'processor.to_q_lora')}.down.weight`]: down,
        [`unet.${matrix.replace('to_q', 'processor.to_q_lora')}.up.weight`]: up,
      },
      1,
    ],
    [
      {
        [`${matrix.replace('to_q', 'processor.to_q_lora')}.down.weight`]: down,
        [`${matrix.replace('to_q', 'processor.to_q_lora')}.up.weight`]: up,
      },
      1,
    ],
  ]
  for (const [contents, scale] of forms) {
    const { deltas, ignored } = read(contents)
    assert.deepEqual(ignored, [])
    const [delta] = deltas
    assert.ok(delta?.kind === 'low-rank' && deltas.length === 1)
    assert.deepEqual(
      { part: delta.part, weight: delta.weight, rank: delta.rank, scale: delta.scale, down: delta.down.shape, up: delta.up.shape },
      { part: 'unet', weight: `${matrix}.weight`, rank: 2, scale, down: [2, 4], up: [6, 2] },
    )
  }
})

test('the text encoder’s LoRAs of old diffusers files are found', () => {
  const path = 'text_encoder.text_model.encoder.layers.0.self_attn'
  const { deltas } = read({
    [`${path}.q_proj.lora_linear_layer.down.weight`]: values([2, 4]),
    [`${path}.q_proj.lora_linear_layer.up.weight`]: values([4, 2]),
  })
  assert.deepEqual(
    { deltas: deltas.length, part: deltas[0]?.part, weight: deltas[0]?.weight },
    { deltas: 1, part: 'text', weight: 'text_model.encoder.layers.0.self_attn.q_proj.weight' },
  )
})

test('PEFT’s magnitudes make a LoRA a DoRA by rows', () => {
  const { deltas } = read({
    [`unet.${matrix}.lora_A.weight`]: values([2, 4]),
    [`unet.${matrix}.lora_B.weight`]: values([6, 2]),
    [`unet.${matrix}.lora_magnitude_vector`]: values([6]),
  })
  assert.ok(deltas[0]?.kind === 'decomposed' && deltas[0].axis === 'out' && deltas[0].inner.kind === 'low-rank')
})

test('tensors that match nothing are listed, and nets that are absent leave their part aside', () => {
  const text = 'lora_te_text_model_encoder_layers_0_self_attn_q_proj'
  const contents = {
    ...pair(matrix),
    [`${text}.lora_down.weight`]: values([2, 4]),
    [`${text}.lora_up.weight`]: values([4, 2]),
    'lora_unet_no_such_module.alpha': scalar(1),
    stray: values([1]),
  }
  assert.deepEqual(read(contents).ignored, ['lora_unet_no_such_module.alpha', 'stray'])
  const { deltas, ignored } = readLora(fileOf(contents), { unet: target.unet })
  assert.equal(deltas.length, 1)
  assert.deepEqual(ignored, [`${text}.lora_down.weight`, `${text}.lora_up.weight`, 'lora_unet_no_such_module.alpha', 'stray'])
})

test('a bias for a layer without one is ignored, not added to something else', () => {
  const { deltas, ignored } = read({ [`${kohya(matrix)}.diff`]: values([6, 4]), [`${kohya(matrix)}.diff_b`]: values([6]) })
  assert.deepEqual(
    deltas.map(({ weight }) => weight),
    [`${matrix}.weight`],
  )
  assert.deepEqual(ignored, [`${kohya(matrix)}.diff_b`])
})

test('a LoRA for another base is refused by its name', () => {
  const k = 'lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k'
  const wide = (width: number) => ({ [`${k}.lora_down.weight`]: values([1, width]), [`${k}.lora_up.weight`]: values([6, 1]) })
  const cases: [Record<string, Content>, Record<string, string>, RegExp][] = [
    [wide(2048), {}, /is a LoRA for SDXL; only LoRAs for Stable Diffusion 1\.x fit/],
    [wide(1024), {}, /for Stable Diffusion 2;/],
    [{ 'lora_te2_text_projection.lora_down.weight': values([1, 1]) }, {}, /for SDXL;/],
    [{ 'diffusion_model.double_blocks.0.img_attn.qkv.lora_A.weight': values([1, 1]) }, {}, /for Flux or HunyuanVideo;/],
    [pair(matrix), { ss_base_model_version: 'sd_v2_v' }, /for Stable Diffusion 2;/],
  ]
  for (const [contents, metadata, message] of cases) assert.throws(() => read(contents, metadata), { code: 'lora-other-base', message })
})

test('a LoRA of which nothing fits says what it seems to be for', () => {
  assert.throws(() => read({ 'lora_unet_blocks_0_cross.lora_down.weight': values([1, 1]) }), {
    code: 'lora-fits-nothing',
    message: /No tensor of .* fits these nets; it was made for another model \(its first is lora_unet_blocks_0_cross\.lora_down\.weight\)/,
  })
  assert.throws(() => read({ 'conv_in.weight': values([1, 1]) }), { code: 'lora-fits-nothing', message: /is no LoRA/ })
  assert.throws(() => readLora(tiny('motion_lora.safetensors'), { unet: target.unet }), {
    code: 'lora-fits-nothing',
    message: /is a motion LoRA; it needs a motion module/,
  })
})

test('a LoRA of which nothing is left over but what changes nothing is refused, and not laid on as nothing', () => {
  assert.throws(() => read({ [`${kohya(matrix)}.alpha`]: scalar(1), [`${kohya(matrix)}.on_input`]: scalar(0) }), {
    code: 'lora-fits-nothing',
  })
})

test('a wrong shape is refused with key, expected and got', () => {
  assert.throws(() => read(pair(matrix, { up: values([5, 2]) })), {
    code: 'lora-shape',
    message: `${kohya(matrix)}.lora_up.weight in /models/some.safetensors: expected [6, 2] beside ${matrix} [6, 4], got [5, 2]. It was made for another base.`,
  })
  const wrong: Record<string, Content>[] = [
    pair(matrix, { down: values([2, 8]) }),
    pair(matrix, { down: values([4, 2]) }),
    pair(conv),
    { [`${kohya(matrix)}.diff`]: values([4, 6]) },
    { [`${kohya(matrix)}.weight`]: values([5]) },
    { [`${kohya(matrix)}.lokr_w1`]: values([4, 2]), [`${kohya(matrix)}.lokr_w2`]: values([2, 2]) },
    { [`${kohya(matrix)}.oft_blocks`]: values([2, 2, 2]) },
    { ...pair(matrix), [`${kohya(matrix)}.dora_scale`]: values([4, 1]) },
  ]
  for (const contents of wrong) assert.throws(() => read(contents), { code: 'lora-shape' }, Object.keys(contents).join())
})

test('half of a pair is refused with what is missing', () => {
  assert.throws(() => read({ [`${kohya(matrix)}.lora_down.weight`]: values([2, 4]) }), {
    code: 'lora-incomplete',
    message: /beside .*lora_down\.weight there should be its "up"/,
  })
  assert.throws(() => read({ [`${kohya(matrix)}.hada_w1_a`]: values([6, 2]) }), { code: 'lora-incomplete' })
  assert.throws(() => read({ [`${kohya(matrix)}.lokr_w1`]: values([2, 2]) }), { code: 'lora-incomplete' })
  assert.throws(() => read({ [`${kohya(matrix)}.dora_scale`]: values([6, 1]) }), { code: 'lora-incomplete' })
})

test('kinds of PEFT that nothing here computes are refused by name', () => {
  for (const name of ['oft_r.default.weight', 'boft_R', 'vera_lambda_b', 'fourierft_spectrum.my-adapter']) {
    const key = `base_model.model.${matrix}.${name}`
    assert.throws(() => read({ [key]: values([2, 3, 2, 2]) }), { code: 'lora-kind-unsupported', message: new RegExp(`^${key} in`) })
  }
})

test('a value that is no number is refused before anything is merged', () => {
  const bad = values([2, 4])
  new Float32Array((bad.at as Uint8Array).buffer)[5] = Number.NaN
  assert.throws(() => read(pair(matrix, { down: bad })), {
    code: 'tensor-not-finite',
    message: /lora_down\.weight holds a value that is no number \(NaN or infinite\), at element 5/,
  })
})

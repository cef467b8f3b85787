// Every sentence by which the engine refuses a file, beside a file of which it is true. FILE stands for the file's path.

import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { identify } from '../../src/engine/checkpoint/identify/identify.ts'
import { readLora } from '../../src/engine/checkpoint/lora/read.ts'
import { openTensorFile } from '../../src/engine/checkpoint/open.ts'
import { openSafetensors } from '../../src/engine/checkpoint/safetensors/safetensors.ts'
import { writeSafetensors } from '../../src/engine/checkpoint/safetensors/write-safetensors.ts'
import { elementsOf } from '../../src/engine/checkpoint/tensor/tensor.ts'
import { openTorch } from '../../src/engine/checkpoint/torch/torch-file.ts'
import { UserError } from '../../src/engine/errors.ts'
import { inspect } from '../../src/engine/pipeline/inspect/inspect.ts'
import { inspectInThread } from '../../src/engine/pipeline/inspect/inspect-in-thread.ts'
import { type BaseFiles, openModel } from '../../src/engine/pipeline/model/model.ts'
import { createModelCache } from '../../src/engine/pipeline/model/model-cache.ts'
import { modelDefaults } from '../../src/engine/pipeline/model-defaults.ts'
import { clipText, officialModules, sd15UNet, sd15Vae } from '../../src/engine/synthetic/sd15.ts'
import { readEmbedding, readEmbeddings } from '../../src/engine/text/embeddings.ts'
import { loadTokenizer } from '../../src/engine/text/tokenizer.ts'
import { target } from '../engine/checkpoint/lora/lora-target.ts'
import { type Content, fileOf } from '../engine/checkpoint/tensor/tensors-in-memory.ts'
import { zipOf } from '../engine/checkpoint/torch/zip-file.ts'
import { fixtures, tiny as tinyFolder } from '../engine/cpu-session.ts'
import { writeTinySparseControl } from '../engine/sparse-control-files.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-refusals-'))
const reports = realpathSync(join(fixtures, 'reports/engine'))
const tiny = realpathSync(tinyFolder)
const checkpoint = join(tiny, 'checkpoint.safetensors')
const pipe = createServer()
before(() => new Promise<void>((resolve) => pipe.listen(join(scratch, 'pipe.safetensors'), resolve)))
after(() => {
  pipe.close()
  rmSync(scratch, { recursive: true })
})

/** The code, the sentence, and what leads to it. */
type Row = readonly [code: string, sentence: string, refuse: () => unknown]

let written = 0
/** A file of these bytes. */
function bytes(content: string | Uint8Array, name = 'x.ckpt'): string {
  const path = join(scratch, String(written++), name)
  mkdirSync(dirname(path))
  writeFileSync(path, typeof content === 'string' ? Buffer.from(content, 'latin1') : content)
  return path
}

type Shapes = Readonly<Record<string, readonly number[]>>

/** A file of tensors of these shapes, all 0. */
function tensors(shapes: Shapes, name = 'x.safetensors', fill = 0): string {
  const path = bytes('', name)
  const of = (shape: readonly number[]): Uint8Array => new Uint8Array(new Float32Array(elementsOf(shape)).fill(fill).buffer)
  writeSafetensors(
    path,
    Object.entries(shapes).map(([key, shape]) => ({ name: key, dtype: 'F32' as const, shape, bytes: of(shape) })),
  )
  return path
}

/** A safetensors file of this header and so much data. */
function header(text: string, dataBytes = 0): string {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)))
  return bytes(Buffer.concat([length, Buffer.from(text), Buffer.alloc(dataBytes)]), 'x.safetensors')
}

/** The report's small folder with these files in the place of its own; null takes one away. */
function folder(changes: Readonly<Record<string, unknown>>, from = join(reports, 'folders/plain')): string {
  const path = join(scratch, String(written++))
  cpSync(from, path, { recursive: true })
  for (const [name, content] of Object.entries(changes)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    if (content === null) rmSync(join(path, name), { recursive: true })
    else writeFileSync(join(path, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return path
}

type Entries = Iterable<readonly [string, Content]>
const under = (prefix: string, shapes: Entries) => [...shapes].map(([name, content]) => [prefix + name, content] as const)
const ldm = (shapes: Entries) => under('model.diffusion_model.', shapes)

/** What identification says of tensors of these shapes. */
function said(contents: Entries | Record<string, Content>, about?: Parameters<typeof fileOf>[1]): never {
  const identity = identify(fileOf(contents, { path: 'FILE', ...about }))
  assert.ok(identity.kind === 'refused', identity.kind)
  throw new UserError(identity.code, identity.sentence)
}

const lora = (shapes: Shapes, name?: string, fill?: number) => readLora(openTensorFile(tensors(shapes, name, fill)), target)
/** Of one module, by shapes alone: what is refused by them is not read. */
const unreadLora = (shapes: Shapes) =>
  readLora(fileOf(Object.entries(shapes).map(([end, shape]) => [`unet.${q}.${end}`, shape] as const)), target)
const model = (files: Partial<BaseFiles>) => openModel({ checkpoint, ...files })
const pickle = (program: string) => openTorch(bytes(zipOf([{ name: 'm/data.pkl', bytes: Buffer.from(program, 'latin1') }])))
const upload = (path: string, name?: string) =>
  inspect(path, { limits: {}, safetensorsOnly: true, bases: [{ checkpoint }], ...(name && { name }) })

const q = 'mid_block.attentions.0.transformer_blocks.0.attn1.to_q'
const cross = 'model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight'
const needs = 'only Stable Diffusion 1.x checkpoints are animated'
const f32 = (begin: number, end: number, shape = '[1]') => `{"dtype":"F32","shape":${shape},"data_offsets":[${begin},${end}]}`

/** A SparseCtrl that is shown latents, for the tiny nets. */
const control = writeTinySparseControl(join(scratch, 'sparse-control.safetensors'))

const rows: readonly Row[] = [
  // What is no file of tensors.
  ['file-not-found', 'There is no file FILE.', () => openTensorFile(join(scratch, 'nothing.ckpt'))],
  ['file-is-folder', 'FILE is a folder; name the file inside it.', () => openTensorFile(dirname(bytes('')))],
  ['file-not-regular', 'FILE is a pipe, socket or device, not a file.', () => openTensorFile(join(scratch, 'pipe.safetensors'))],
  ['file-unreadable', 'FILE cannot be read (ENOTDIR).', () => openTensorFile(join(bytes(''), 'inner.ckpt'))],
  ['file-empty', 'FILE is empty.', () => openTensorFile(bytes(''))],
  ['file-not-tensors', 'FILE is neither a safetensors file nor one of torch.save.', () => openTensorFile(bytes('hello'))],
  [
    'file-is-lfs-pointer',
    'FILE is a git-lfs pointer, not the file it points to: run "git lfs pull", or download the file itself.',
    () => openTensorFile(bytes('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 2132625894\n')),
  ],
  [
    'file-is-gguf',
    'FILE is a GGUF file (llama.cpp); the same model as safetensors or .ckpt is needed.',
    () => openTensorFile(bytes('GGUF\x03\0\0\0')),
  ],
  [
    'file-is-html',
    'FILE is a web page, not a checkpoint: the download gave an error or a login page.',
    () => openTensorFile(bytes('<!DOCTYPE html><html><body>404</body></html>')),
  ],
  [
    'file-is-json',
    'FILE is JSON text, not a checkpoint: perhaps the error message of a failed download.',
    () => openTensorFile(bytes('{"error":"Unauthorized"}')),
  ],
  [
    'file-is-archive',
    'FILE is a packed archive; unpack it and name the checkpoint inside.',
    () => openTensorFile(bytes('7z\xbc\xaf\x27\x1c\0\x04')),
  ],
  ['file-is-hdf5', 'FILE is an HDF5 file (Keras); safetensors or .ckpt is needed.', () => openTensorFile(bytes('\x89HDF\r\n\x1a\n'))],
  [
    'file-is-blank',
    'FILE begins with nothing but zeros: a download that did not finish.',
    () => openTensorFile(bytes(new Uint8Array(512))),
  ],

  // Safetensors.
  [
    'checkpoint-truncated',
    'FILE is cut off: its tensors take 8 bytes, it has 4.',
    () => openTensorFile(header(`{"a":${f32(0, 8, '[2]')}}`, 4)),
  ],
  [
    'safetensors-header-too-large',
    'FILE declares a header of 64 bytes; at most 32 are read.',
    () => openSafetensors(header(' '.repeat(64)), { maxHeaderBytes: 32 }),
  ],
  ['safetensors-header-invalid', 'The header of FILE has no " at character 2.', () => openTensorFile(header('{ ]'))],
  [
    'safetensors-invalid',
    'FILE has tensors "a" and "b" on the same bytes.',
    () => openTensorFile(header(`{"a":${f32(0, 4)},"b":${f32(0, 4)}}`, 4)),
  ],
  [
    'safetensors-too-many-tensors',
    'FILE holds more than 1 tensors.',
    () => openSafetensors(header(`{"a":${f32(0, 4)},"b":${f32(4, 8)}}`, 8), { maxTensors: 1 }),
  ],
  [
    'safetensors-rank-too-high',
    'The header of FILE has more than 2 numbers in the list at character 34.',
    () => openSafetensors(header(`{"a":${f32(0, 4, '[1, 1, 1]')}}`, 4), { maxRank: 2 }),
  ],
  [
    'safetensors-dtype-unknown',
    'FILE holds tensor "a" as "C64"; what can be read is F64, F32, F16, BF16, F8_E4M3, F8_E5M2, I64, I32, I16, I8, U8, BOOL.',
    () => openTensorFile(header('{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}', 8)),
  ],

  // Files of torch.save.
  [
    'zip-invalid',
    'FILE has two entries named "m/data.pkl".',
    () =>
      openTorch(
        bytes(
          zipOf([
            { name: 'm/data.pkl', bytes: Buffer.from('}.') },
            { name: 'm/data.pkl', bytes: Buffer.from('}.') },
          ]),
        ),
      ),
  ],
  [
    'zip-unsupported',
    'FILE has "m/data.pkl" packed by method 14; stored and deflate are read.',
    () => {
      const packed = zipOf([{ name: 'm/data.pkl', bytes: Buffer.from('}.') }])
      packed.writeUInt16LE(14, packed.indexOf('PK\x01\x02', 0, 'latin1') + 10)
      return openTorch(bytes(packed))
    },
  ],
  [
    'torch-invalid',
    'FILE is a zip archive without data.pkl: not a checkpoint; if one is inside, unpack it.',
    () => openTensorFile(bytes(zipOf([{ name: 'model/x.safetensors', bytes: Buffer.from('x') }]))),
  ],
  [
    'torch-invalid',
    'FILE holds 2 checkpoints, "a/data.pkl" and "b/data.pkl", and does not say which is meant; unpack it and save one.',
    () => openTensorFile(bytes(zipOf(['a', 'b'].map((name) => ({ name: `${name}/data.pkl`, bytes: Buffer.from('}.') }))))),
  ],
  [
    'torch-script',
    'FILE is a TorchScript program; a checkpoint with the weights alone is needed.',
    () => openTorch(bytes(zipOf(['data', 'constants'].map((name) => ({ name: `m/${name}.pkl`, bytes: Buffer.from('}.') }))))),
  ],
  ['torch-no-tensors', 'FILE holds no named tensors.', () => pickle('}U\x05epochK\x01s.')],
  [
    'torch-name-twice',
    'FILE has two tensors named "a.b".',
    () => {
      const storage = '(U\x07storagectorch\nByteStorage\nU\x010U\x03cpuK\x01tQ'
      const tensor = `ctorch._utils\n_rebuild_tensor_v2\n(${storage}K\0K\x01\x85K\x01\x85\x89NtR`
      const program = `\x80\x02}(U\x03a.b${tensor}U\x01a}U\x01b${tensor}su.`
      return openTorch(
        bytes(
          zipOf([
            { name: 'm/data.pkl', bytes: Buffer.from(program, 'latin1') },
            { name: 'm/data/0', bytes: Uint8Array.of(1) },
          ]),
        ),
      )
    },
  ],
  [
    'torch-name-too-long',
    `FILE has a name of 1001 letters, "${'n'.repeat(120)}…".`,
    () => pickle(`}X\xe9\x03\0\0${'n'.repeat(1001)}K\x01s.`),
  ],
  [
    'torch-nested-too-deep',
    `FILE nests its contents too deep or around themselves, at "${Array(16).fill('a').join('.')}".`,
    () => pickle('}q\0U\x01ah\0s.'),
  ],
  [
    'torch-expands',
    'FILE has 309 bytes; its tensors would take 268435456 in memory.',
    () => {
      const storage = '(U\x07storagectorch\nByteStorage\nU\x010U\x03cpuK\x01tQ'
      const program = `\x80\x02}U\x01actorch._utils\n_rebuild_tensor_v2\n(${storage}K\0J\0\0\0\x10\x85K\0\x85\x89NtRs.`
      return openTorch(
        bytes(
          zipOf([
            { name: 'm/data.pkl', bytes: Buffer.from(program, 'latin1') },
            { name: 'm/data/0', bytes: Uint8Array.of(1) },
          ]),
        ),
      )
    },
  ],
  [
    'pickle-call-refused',
    'FILE wants to call "os.system" (REDUCE); only tensors and plain data are rebuilt, so the file was refused and nothing in it was run.',
    () => pickle('cos\nsystem\nU\x04true\x85R.'),
  ],
  ['pickle-invalid', 'The pickle in FILE has nothing to work on at byte 5.', () => pickle('}U\x01as.')],
  ['pickle-truncated', 'FILE ends in the middle of its pickle, after 5 bytes.', () => pickle('}U\x05ab')],
  [
    'pickle-too-large',
    'The pickle in FILE takes more than 20000000 steps; no checkpoint does.',
    () => pickle(`(${'}'.repeat(2_000_000)}l.`),
  ],

  // Folders.
  [
    'folder-weights',
    'FILE holds no weights (notes.txt); expected one of diffusion_pytorch_model.safetensors, model.safetensors, pytorch_model.bin ….',
    () => model({ checkpoint: folder({ unet: null, 'unet/notes.txt': 'nothing' }) }),
  ],
  [
    'folder-weights',
    'FILE holds 2 files of weights and does not say which is meant: a.safetensors, b.ckpt; name one.',
    () => model({ checkpoint: folder({ unet: null, 'unet/a.safetensors': 'x', 'unet/b.ckpt': 'x' }) }),
  ],
  [
    'folder-shards',
    'FILE places tensors in "diffusion_pytorch_model-00002-of-00002.safetensors", which is not there.',
    () =>
      model({
        checkpoint: folder({ 'unet/diffusion_pytorch_model-00002-of-00002.safetensors': null }, join(reports, 'folders/sharded')),
      }),
  ],
  ['json-broken', 'FILE is not JSON.', () => model({ checkpoint: folder({ 'unet/config.json': '{' }) })],
  [
    'checkpoint-config',
    'The configuration beside FILE says flip_sin_to_cos = false; expected true.',
    () => model({ checkpoint: folder({ 'unet/config.json': { norm_num_groups: 8, flip_sin_to_cos: false } }) }),
  ],
  [
    'checkpoint-config',
    'FILE says prediction_type = "sample"; what can be drawn with is epsilon or v_prediction.',
    () => model({ checkpoint: folder({ 'scheduler/scheduler_config.json': { prediction_type: 'sample' } }) }),
  ],
  [
    'checkpoint-config',
    'FILE says beta_schedule = "squaredcos_cap_v2"; what can be drawn with is scaled_linear or linear.',
    () => model({ checkpoint: folder({ 'scheduler/scheduler_config.json': { beta_schedule: 'squaredcos_cap_v2' } }) }),
  ],
  [
    'checkpoint-config',
    'FILE says _class_name = "FlowMatchEulerDiscreteScheduler", so its UNet predicts neither noise nor velocity, which is all that can be drawn with.',
    () => model({ checkpoint: folder({ 'scheduler/scheduler_config.json': { _class_name: 'FlowMatchEulerDiscreteScheduler' } }) }),
  ],
  [
    'checkpoint-config',
    'FILE says use_flow_sigmas = true, so its UNet predicts neither noise nor velocity, which is all that can be drawn with.',
    () => model({ checkpoint: folder({ 'scheduler/scheduler_config.json': { use_flow_sigmas: true } }) }),
  ],
  [
    'checkpoint-uneven',
    'FILE has layers of 8 channels, which 32 groups do not divide: the config.json of its folder has to say how many groups there are.',
    () => model({ checkpoint: folder({ 'unet/config.json': null }) }),
  ],
  [
    'defaults-file',
    'FILE should hold fps, steps, guidance, guidanceEnd, negative, clipSkip or sampler: ✖ Invalid input: expected number, received string\n  → at steps',
    () => modelDefaults({ checkpoint: folder({ 'defaults.json': { steps: 'many' } }) }),
  ],
  [
    'tokenizer-missing',
    'Expected merges.txt or tokenizer.json in FILE, found neither.',
    () => model({ checkpoint: folder({ 'tokenizer/notes.txt': 'nothing' }) }),
  ],
  [
    'tokenizer-file',
    'FILE is not what a CLIP tokenizer has there.',
    () => loadTokenizer(dirname(bytes('{"model":{"merges":[]}}', 'tokenizer.json'))),
  ],
  [
    'tokenizer-vocabulary',
    'The vocabulary in FILE is not CLIP\'s kind: expected id 0 for "!", got 7.',
    () => loadTokenizer(dirname(bytes('{"model":{"merges":[],"vocab":{"!":7}}}', 'tokenizer.json'))),
  ],
  [
    'tokenizer-pad',
    'The padding token "<pad>" in FILE is not in its vocabulary.',
    () => loadTokenizer(folder({ 'merges.txt': '#version: 0.2\n', 'tokenizer_config.json': { pad_token: '<pad>' } })),
  ],

  // Models of other families.
  ['empty', 'FILE holds no tensors.', () => said({})],
  [
    'unknown',
    'FILE is none of what is known here: checkpoint, VAE, text encoder, motion module, SparseCtrl, LoRA or textual inversion (its tensors: layer.weight, layer.bias).',
    () => said({ 'layer.weight': [3, 3], 'layer.bias': [3] }),
  ],
  ['sdxl', `FILE is SDXL; ${needs}, and motion modules for them.`, () => said({ [cross]: [640, 2048] })],
  [
    'sd2',
    `FILE is Stable Diffusion 2; ${needs}.`,
    () => said({ [cross]: [320, 1024], 'model.diffusion_model.label_emb.0.0.weight': [8, 8] }),
  ],
  [
    'sd3',
    `FILE is Stable Diffusion 3; ${needs}.`,
    () => said({ 'model.diffusion_model.joint_blocks.0.context_block.attn.qkv.weight': [4608, 1536] }),
  ],
  [
    'flux',
    `FILE is Flux, or HunyuanVideo, which is built alike; ${needs}.`,
    () => said({ 'double_blocks.0.img_attn.qkv.weight': [9216, 3072] }),
  ],
  [
    'diffusion-transformer',
    `FILE is a diffusion transformer (PixArt, Wan, LTX, Qwen-Image or alike); ${needs}.`,
    () => said({ 'pos_embed.proj.weight': [1152, 4, 2, 2], 'transformer_blocks.0.attn1.to_q.weight': [1152, 1152] }),
  ],
  [
    'video-diffusion',
    `FILE is Stable Video Diffusion, or a model made of it; ${needs}.`,
    () => said({ 'model.diffusion_model.input_blocks.1.0.time_stack.in_layers.2.weight': [320, 320, 3, 1, 1], [cross]: [320, 1024] }),
  ],
  [
    'inpainting',
    'FILE is an inpainting model (its UNet takes 9 channels: latents, mask and masked picture); the plain model that it was made from is needed.',
    () => said(sd15UNet({ input: 9 })),
  ],
  [
    'extra-channels',
    'FILE has a UNet that takes more than the 4 channels of a latent (depth, or a picture to edit); a plain text-to-image model is needed.',
    () => said(ldm(sd15UNet({ input: 8 }))),
  ],
  [
    'quantized',
    'FILE holds quantized weights with their scales beside them (scaled fp8, bitsandbytes or alike); the same model in fp16, bf16 or plain fp8 is needed.',
    () => said([...ldm(sd15UNet()), ['model.diffusion_model.input_blocks.0.0.scale_weight', [1]]]),
  ],
  [
    'control-net',
    'FILE is a ControlNet, which steers a picture by another; that is not supported.',
    () => said({ 'control_model.input_hint_block.0.weight': [16, 3, 3, 3] }),
  ],
  [
    'sparse-ctrl-sdxl',
    'FILE is a SparseCtrl for SDXL; one for Stable Diffusion 1.5 is needed.',
    () =>
      said([
        ['controlnet_cond_embedding.weight', [320, 5, 3, 3]],
        ['down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight', [640, 2048]],
        ...officialModules(),
      ]),
  ],
  [
    'ip-adapter',
    'FILE is an IP-Adapter, which steers by a picture; that is not supported.',
    () => said({ 'image_proj.norm.weight': [768] }),
  ],
  [
    'upscaler',
    'FILE is an image upscaler (ESRGAN or alike), not a diffusion model.',
    () => said({ 'body.0.rdb1.conv1.weight': [32, 64, 3, 3] }),
  ],
  [
    'other-vae',
    'FILE is a small or foreign decoder (TAESD, VQ, a consistency decoder or alike); a VAE of Stable Diffusion 1.x is needed.',
    () => said(sd15Vae({ latent: 16 })),
  ],
  [
    'sdxl-vae',
    "FILE is SDXL's VAE, by its name or its configuration: its latents are others than those of Stable Diffusion 1.x.",
    () => model({ checkpoint: join(reports, 'folders/plain'), vae: join(reports, 'folders/vae_sdxl') }),
  ],

  [
    'vae-scale',
    'FILE gives latents that are scaled by 0.08333, and those of this checkpoint are by 0.18215: they belong to different models.',
    () => model({ vae: folder({ 'config.json': { norm_num_groups: 8, scaling_factor: 0.08333 } }, join(reports, 'folders/plain/vae')) }),
  ],
  [
    'checkpoint-depth',
    'FILE has 2 blocks in down_blocks.0.attentions.0.transformer_blocks; those of Stable Diffusion 1.x and of its motion modules have one.',
    () => said([...sd15UNet(), ['down_blocks.0.attentions.0.transformer_blocks.1.norm1.weight', [320]]]),
  ],

  // Motion modules.
  [
    'hotshot-xl',
    'FILE is the motion module of HotShot-XL, which moves SDXL alone; a module of AnimateDiff for Stable Diffusion 1.5 is needed (v1, v2, v3).',
    () =>
      said({
        'down_blocks.0.temporal_attentions.0.transformer_blocks.0.attention_blocks.0.pos_encoder.positional_encoding': [1, 24, 320],
      }),
  ],
  [
    'pia',
    'FILE is PIA, a motion module that continues a given picture (its input has 9 channels); that is not supported.',
    () => said([...officialModules({ mid: true }), ['conv_in.weight', [320, 9, 3, 3]]]),
  ],
  [
    'motion-sdxl',
    "FILE is AnimateDiff's beta module for SDXL; one for Stable Diffusion 1.5 is needed (v1, v2, v3).",
    () => said(officialModules({ levels: [320, 640, 1280] })),
  ],
  [
    'motion-image-to-video',
    'FILE is a motion module that needs an image encoder (AnimateLCM-I2V or alike); that is not supported.',
    () => said([...officialModules({ mid: true }), ['img_encoder.conv_in.weight', [320, 4, 3, 3]]]),
  ],
  [
    'motion-base',
    'The motion module FILE was made for a base of widths 64, 128, 160; FILE has 32, 32, 64, 64.',
    () => model({ motion: 'models/pocket/motion' }),
  ],
  [
    'motion-base',
    'The motion module FILE was made for a base with 2 layers in a block; FILE has 1.',
    () => model({ checkpoint: join(reports, 'folders/plain'), motion: join(reports, 'motion/two_layers') }),
  ],

  // Checkpoints that are broken, and files in the wrong place.
  [
    'checkpoint-part',
    'FILE is a motion module; what is needed here is a checkpoint of Stable Diffusion 1.x, with a UNet.',
    () => model({ checkpoint: join(tiny, 'motion_v2.safetensors') }),
  ],
  [
    'checkpoint-part',
    'FILE is none of what is known here: checkpoint, VAE, text encoder, motion module, SparseCtrl, LoRA or textual inversion (its tensors: layer.weight).',
    () => model({ vae: tensors({ 'layer.weight': [3, 3] }) }),
  ],
  [
    'checkpoint-part',
    'FILE is a VAE and a text encoder without a UNet; what is needed here is a checkpoint of Stable Diffusion 1.x, with a UNet.',
    () => {
      const parts = [...openTensorFile(checkpoint).tensors.values()].filter(({ name }) => !name.startsWith('model.diffusion_model.'))
      return model({ checkpoint: tensors(Object.fromEntries(parts.map(({ name, shape }) => [name, shape]))) })
    },
  ],
  [
    'checkpoint-kind',
    'FILE reads text of width 160, but the text encoder in FILE writes 8: they belong to different models.',
    () => model({ checkpoint: pocketWithText() }),
  ],
  [
    'checkpoint-key-missing',
    'FILE has no down_blocks.0.resnets.0.conv1.weight; expected a tensor of 4 dimensions.',
    () => said({ 'model.diffusion_model.input_blocks.0.0.weight': [320, 4, 3, 3] }),
  ],
  [
    'checkpoint-shape',
    'text_model.embeddings.position_embedding.weight in FILE: expected positions for 77 tokens at least, got [32, 768].',
    () => said([...clipText()].map(([name, shape]) => [name, /position_embedding/.test(name) ? [32, 768] : shape] as const)),
  ],
  [
    'checkpoint-shape',
    'down_blocks.0.motion_modules.0.transformer_blocks.0.attn1.pos_encoder.pe in FILE: expected positions of 32 channels, as its module has, got [24, 33].',
    () => model({ motion: withPositions([1, 24, 33]) }),
  ],
  [
    'checkpoint-positions',
    'FILE has positions for 1025 frames; a motion module has them for 1024 at most.',
    () => model({ motion: withPositions([1, 1025, 32]) }),
  ],
  [
    'checkpoint-name-twice',
    'FILE holds conv_in.weight twice, as model.diffusion_model.input_blocks.0.0.weight and as diffusion_model.input_blocks.0.0.weight.',
    () =>
      said({ 'model.diffusion_model.input_blocks.0.0.weight': [320, 4, 3, 3], 'diffusion_model.input_blocks.0.0.weight': [320, 4, 3, 3] }),
  ],
  [
    'weight-missing',
    'FILE has no mid_block.resnets.0.norm1.weight, expected [8].',
    () => createModelCache()({ checkpoint: withUNet((name) => (name === 'mid_block.resnets.0.norm1.weight' ? undefined : name)) }),
  ],
  [
    'weight-shape',
    'conv_out.bias in FILE is [2,2], expected [4].',
    () => createModelCache()({ checkpoint: withUNet((name) => name, { 'conv_out.bias': [2, 2] }) }),
  ],

  // LoRAs.
  [
    'lora-other-base',
    'FILE is a LoRA for SDXL; only LoRAs for Stable Diffusion 1.x fit.',
    () => lora({ 'lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight': [1, 1] }),
  ],
  [
    'lora-other-base',
    'FILE is a LoRA for a diffusion transformer (Stable Diffusion 3, Qwen-Image, LTX or alike); only LoRAs for Stable Diffusion 1.x fit.',
    () => lora({ 'transformer.transformer_blocks.0.attn.to_q.lora_A.weight': [1, 1] }),
  ],
  [
    'lora-other-base',
    'FILE is a LoRA for Stable Diffusion 3; only LoRAs for Stable Diffusion 1.x fit.',
    () => said(['te1', 'te2', 'te3'].map((net) => [`lora_${net}_text_projection.lora_down.weight`, [1, 1]] as const)),
  ],
  [
    'lora-fits-nothing',
    'FILE is no LoRA: it has no tensor that one has (the first is conv_in.weight).',
    () => lora({ 'conv_in.weight': [1, 1] }),
  ],
  [
    'lora-fits-nothing',
    'No tensor of FILE fits these nets; it was made for another model (its first is lora_unet_blocks_0.lora_down.weight).',
    () => lora({ 'lora_unet_blocks_0.lora_down.weight': [1, 1] }),
  ],
  [
    'lora-fits-nothing',
    "FILE is a LoRA that numbers the layers it is for instead of naming them (cloneofsimo/lora); one with diffusers' or kohya's names is needed.",
    () => lora({ 'unet:0:up': [320, 4], 'unet:0:down': [4, 320] }),
  ],
  [
    'lora-numbered',
    "FILE is a LoRA that numbers the layers it is for instead of naming them (cloneofsimo/lora); one with diffusers' or kohya's names is needed.",
    () => said({ 'unet:0:up': [320, 4], 'unet:0:down': [4, 320] }),
  ],
  [
    'lora-incomplete',
    `FILE is incomplete: beside unet.${q}.lora_A.weight there should be its "up".`,
    () => lora({ [`unet.${q}.lora_A.weight`]: [2, 4] }),
  ],
  [
    'lora-shape',
    `unet.${q}.lora_B.weight in FILE: expected [6, 2] beside ${q} [6, 4], got [5, 2]. It was made for another base.`,
    () => lora({ [`unet.${q}.lora_A.weight`]: [2, 4], [`unet.${q}.lora_B.weight`]: [5, 2] }),
  ],
  [
    'lora-shape',
    `unet.${q}.bias_values in FILE holds 25 values for the 24 places of ${q}. It was made for another base.`,
    () => unreadLora({ 'lora_A.weight': [2, 4], 'lora_B.weight': [6, 2], bias_values: [25], bias_indices: [2, 25], bias_size: [2] }),
  ],
  [
    'lora-number',
    `unet.${q}.alpha in FILE: expected one number, got [250000000].`,
    () => unreadLora({ 'lora_A.weight': [2, 4], 'lora_B.weight': [6, 2], alpha: [250_000_000] }),
  ],
  [
    'lora-name-twice',
    `FILE changes ${q} twice, by unet.${q}.lora_A.one.weight and by unet.${q}.lora_A.two.weight, and does not say which is meant.`,
    () => lora({ [`unet.${q}.lora_A.one.weight`]: [2, 4], [`unet.${q}.lora_A.two.weight`]: [1, 4] }),
  ],
  [
    'lora-kind-unsupported',
    `unet.${q}.vera_lambda_b in FILE is of a kind that is not supported; LoRA, LoCon, LoHa, LoKr, GLoRA, DoRA, IA³, OFT, BOFT and full differences are, as kohya's programs and LyCORIS write them.`,
    () => lora({ [`unet.${q}.vera_lambda_b`]: [6] }),
  ],
  [
    'tensor-not-finite',
    `unet.${q}.lora_A.weight in FILE holds a value that is no number (NaN or infinite), at element 0.`,
    () => lora({ [`unet.${q}.lora_A.weight`]: [2, 4], [`unet.${q}.lora_B.weight`]: [6, 2] }, 'x.safetensors', Number.NaN),
  ],

  // Textual inversions.
  [
    'embedding-sdxl',
    'FILE is a textual inversion for SDXL (or a later model): it has vectors for several text encoders; one for Stable Diffusion 1.x is needed.',
    () => said({ clip_l: [2, 768], clip_g: [2, 1280] }),
  ],
  [
    'several-words',
    'FILE holds several words in one file of textual inversions; one word to a file is needed.',
    () => said({ '<one>': [768], '<two>': [768] }),
  ],
  [
    'embedding-kind',
    'FILE is no textual inversion but of kind motion-module.',
    () => readEmbedding(join(tiny, 'motion_v2.safetensors'), 64),
  ],
  [
    'embedding-base',
    'FILE is a textual inversion of width 768; this model reads text of width 64: it was made for another base.',
    () => readEmbedding(tensors({ emb_params: [2, 768] }), 64),
  ],
  [
    'embedding-word',
    'x.safetensors needs a word that stands for it in prompts.',
    () => readEmbeddings([{ file: tensors({ a: [64] }), word: ' ' }], 64),
  ],

  // SparseCtrls.
  [
    'checkpoint-part',
    'FILE is a SparseCtrl, which steers a clip by pictures; what is needed here is a motion module of AnimateDiff for Stable Diffusion 1.5.',
    () => model({ motion: control }),
  ],
  [
    'checkpoint-part',
    'FILE is a motion module; what is needed here is a SparseCtrl for Stable Diffusion 1.5.',
    () => model({ control: join(tiny, 'motion_v3.safetensors') }),
  ],
  [
    'control-base',
    'The SparseCtrl FILE was made for another base: widths 32, 32, 64, 64, where FILE has 64, 128, 160.',
    () => openModel({ checkpoint: 'models/pocket', control }),
  ],
  [
    'vae-encoder',
    'FILE has no VAE encoder, so pictures cannot be made into latents with it.',
    () => model({ control, vae: tensors(decoderShapes()) }),
  ],
  ['lora-fits-nothing', 'FILE is a SparseCtrl, and no LoRA.', () => readLora(openTensorFile(control), target)],

  // Uploads.
  [
    'file-sparse-control',
    'FILE is a SparseCtrl, which steers a clip by pictures: a style has none, so it is drawn with on the command line (animate --control).',
    () => upload(control),
  ],
  [
    'file-is-pickle',
    'FILE was written by torch.save and may run programs when it is read; only safetensors are taken here.',
    () => upload(join(reports, 'ckpt/plain.ckpt')),
  ],
  [
    'file-part-alone',
    'FILE is one net alone; a whole checkpoint, a VAE, a motion module or a LoRA is needed.',
    () => upload('models/pocket/unet/diffusion_pytorch_model.safetensors'),
  ],
  [
    'file-other-width',
    'FILE was made for text of width 768 (Stable Diffusion 1.x); the installed base reads 64.',
    () => upload(tensors({ emb_params: [1, 768] })),
  ],
  [
    'velocity-by-name-alone',
    'look-vpred.safetensors predicts velocity (v-prediction) by its name, and nothing in it says so: save it with modelspec.prediction_type = v in its metadata, or with a tensor v_pred.',
    () => upload(checkpoint, 'look-vpred.safetensors'),
  ],
  [
    'file-unreadable-in-time',
    'FILE could not be read within 0 seconds.',
    () => inspectInThread(checkpoint, { limits: {}, safetensorsOnly: true, bases: [], timeoutMs: 1, maxMegabytes: 100 }),
  ],
]

/** The tiny motion module with a table of positions of this shape. */
function withPositions(shape: readonly number[]): string {
  const module = [...openTensorFile(join(tiny, 'motion_v2.safetensors')).tensors.values()]
  const table = `${module[0]!.name.split('.temporal_transformer')[0]}.temporal_transformer.transformer_blocks.0.attention_blocks.0.pos_encoder.pe`
  return tensors({ ...Object.fromEntries(module.map(({ name, shape: own }) => [name, own])), [table]: shape })
}

/** The tiny VAE without its encoder. */
function decoderShapes(): Shapes {
  const { tensors } = openModel({ checkpoint }).vae
  const half = [...tensors].filter(([name]) => /^(decoder|post_quant_conv)\./.test(name))
  return Object.fromEntries(half.map(([name, { shape }]) => [name, shape]))
}

/** The small model that ships with the text encoder of another. */
function pocketWithText(): string {
  const path = folder({ text_encoder: null }, 'models/pocket')
  cpSync(join(reports, 'folders/plain/text_encoder'), join(path, 'text_encoder'), { recursive: true })
  return path
}

/** The report's small folder with a UNet of which some names or shapes are others. */
function withUNet(nameOf: (name: string) => string | undefined, shapes: Shapes = {}): string {
  const path = folder({})
  const file = join(path, 'unet/diffusion_pytorch_model.safetensors')
  const kept = [...openTensorFile(file).tensors.values()].flatMap(({ name, shape }) => {
    const kept = nameOf(name)
    return kept === undefined ? [] : [[kept, shapes[name] ?? shape] as const]
  })
  cpSync(tensors(Object.fromEntries(kept)), file)
  return path
}

/** Of what is made here, what ships, and the file of tensors in memory. */
const roots = [scratch, realpathSync('.'), '/models'].map((root) => RegExp.escape(root)).join('|')
const paths = new RegExp(`(?:${roots})/[\\w./-]*\\w`, 'g')

for (const [code, sentence, refuse] of rows) {
  test(`${code}: ${sentence.slice(0, 90)}`, async () => {
    const trouble: unknown = await Promise.resolve()
      .then(refuse)
      .then(
        () => undefined,
        (error: unknown) => error,
      )
    if (!(trouble instanceof UserError)) throw trouble ?? new Error('it is taken')
    assert.deepEqual([trouble.code, trouble.message.replaceAll(paths, 'FILE')], [code, sentence])
  })
}

test('what a terminal would obey in a file’s names is told as what it is', () => {
  assert.throws(() => openTensorFile(join(fixtures, 'reports/attack/bidi-c1-in-refusal.safetensors')), {
    code: 'safetensors-dtype-unknown',
    message: /holds tensor "a\\u009b31mRED\\u202egnp\.exe\\u2028" as "F32\\u009b2J"/,
  })
  const { sentence } = identify(fileOf({ 'a\u009b31mRED\u202egnp.exe\u2028': [3], b: [3] })) as { readonly sentence?: string }
  assert.match(sentence ?? '', /\(its tensors: a\\u009b31mRED\\u202egnp\.exe\\u2028, b\)/)
})

/** Nothing of what these say is true of a file: they are of disks, of strengths, or notes on what is drawn all the same. */
const ofNoFile = new Set([
  'no-disk-space',
  'not-writable',
  'lora-strength',
  'distilled-by-name',
  'velocity-by-name',
  'schedule-unknown',
  'lora-few-steps',
  'lora-scale-unknown',
  // Of a file that takes more memory than there is: held where such a thread is (test/engine/pipeline/inspect/inspect.test.ts).
  'file-too-large-to-read',
])

const reading = [
  ...['embeddings', 'tokenizer', 'tokenizer-files'].map((name) => `text/${name}`),
  ...['checkpoint-schedule', 'model', 'weight-files'].map((name) => `pipeline/model/${name}`),
  'pipeline/model-defaults',
  ...['inspect', 'inspect-in-thread'].map((name) => `pipeline/inspect/${name}`),
  'pipeline/loras/applied-loras',
  'nets/weights',
]

test('no sentence on a file is missing here', () => {
  const root = 'src/engine'
  const checkpoints = readdirSync(join(root, 'checkpoint'), { recursive: true, encoding: 'utf8' }).map((name) => `checkpoint/${name}`)
  const sources = [...checkpoints, ...reading.map((name) => `${name}.ts`)].filter((name) => name.endsWith('.ts'))
  const codes = sources.flatMap((name) =>
    [...readFileSync(join(root, name), 'utf8').matchAll(/(?:new UserError\(\s*|code: )'([a-z0-9-]+)'/g)].map(([, code]) => code!),
  )
  assert.ok(codes.length > 90)
  const held = new Set(rows.map(([code]) => code))
  assert.deepEqual([...new Set(codes)].filter((code) => !held.has(code) && !ofNoFile.has(code)).sort(), [])
})

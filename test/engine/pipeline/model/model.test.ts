import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { writeSafetensors } from '../../../../src/engine/checkpoint/safetensors/write-safetensors.ts'
import { openModel } from '../../../../src/engine/pipeline/model/model.ts'
import { tiny } from '../../cpu-session.ts'
import { rewritten } from '../../rewritten.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-model-'))
after(() => rmSync(scratch, { recursive: true }))

const checkpoint = join(tiny, 'checkpoint.safetensors')
const at = (name: string) => join(scratch, name)

const refused = (files: Parameters<typeof openModel>[0], code: string, sentence: RegExp) =>
  assert.throws(() => openModel(files), { name: 'UserError', code, message: sentence })

test('a single file is three nets and CLIP’s first tokens, as many as its text encoder knows', () => {
  const model = openModel({ checkpoint, motion: join(tiny, 'motion_v2.safetensors') })
  assert.deepEqual(model.unet.architecture.widths, [32, 32, 64, 64])
  assert.equal(model.vae.architecture.factor, 8)
  assert.equal(model.motion?.architecture.version, 'v2')
  assert.equal(model.tokenizer.vocabulary, 2000)
  assert.equal(model.trained.checkpointBetas, undefined)
})

test('a folder brings its motion module, its tokenizer, its heads and the betas of its scheduler', () => {
  const model = openModel({ checkpoint: 'models/pocket' })
  assert.equal(model.unet.architecture.heads, 2)
  assert.equal(model.vae.architecture.factor, 8)
  assert.equal(model.motion?.architecture.version, 'v3')
  assert.equal(model.motion?.architecture.heads, 2)
  assert.equal(model.tokenizer.pad, 1999)
  assert.equal(model.trained.checkpointBetas, 'linear')
})

test('a motion module of another base is refused with both widths', () => {
  refused(
    { checkpoint, motion: 'models/pocket/motion' },
    'motion-base',
    /made for a base of widths 64, 128, 160; .*checkpoint\.safetensors has 32, 32, 64, 64/,
  )
})

test('a VAE of another kind of latents is refused', () => {
  const wide = rewritten('models/pocket/vae/diffusion_pytorch_model.safetensors', at('vae.safetensors'), (tensor) => {
    if (!/^(decoder\.conv_in|post_quant_conv)/.test(tensor.name) && !/^(encoder\.conv_out|quant_conv)/.test(tensor.name)) return tensor
    return tensor.name === 'decoder.conv_in.weight' ? { ...tensor, shape: [128, 8, 3, 3], at: new Uint8Array(128 * 8 * 9 * 2) } : tensor
  })
  refused({ checkpoint, vae: wide }, 'other-vae', /a VAE of Stable Diffusion 1\.x is needed/)
})

test('a text encoder of another width than the UNet reads is refused', () => {
  const folder = at('mixed')
  cpSync('models/pocket', folder, { recursive: true })
  rmSync(join(folder, 'text_encoder'), { recursive: true })
  mkdirSync(join(folder, 'text_encoder'))
  rewritten(checkpoint, join(folder, 'text_encoder/model.safetensors'), (tensor) => {
    const name = /^cond_stage_model\.transformer\.(.*)$/.exec(tensor.name)?.[1]
    return name === undefined ? undefined : { ...tensor, name }
  })
  refused({ checkpoint: folder }, 'checkpoint-kind', /reads text of width 160, but the text encoder in .* writes 64/)
})

test('an inpainting model is refused by its nine channels', () => {
  const nine = rewritten(checkpoint, at('inpainting.safetensors'), (tensor) =>
    tensor.name === 'model.diffusion_model.input_blocks.0.0.weight'
      ? { ...tensor, shape: [32, 9, 3, 3], at: new Uint8Array(32 * 9 * 9 * 2) }
      : tensor,
  )
  refused({ checkpoint: nine }, 'inpainting', /an inpainting model .* 9 channels/)
})

test('a checkpoint without a VAE says so, and is whole with one of another file', () => {
  const pruned = rewritten(checkpoint, at('pruned.safetensors'), (tensor) =>
    tensor.name.startsWith('first_stage_model.') ? undefined : tensor,
  )
  refused({ checkpoint: pruned }, 'checkpoint-part', /a checkpoint without a VAE; what is needed here is a VAE/)
  assert.equal(openModel({ checkpoint: pruned, vae: checkpoint }).vae.architecture.factor, 8)
})

test('a file in the wrong place is called what it is', () => {
  const lora = join(tiny, 'lora_peft.safetensors')
  const motion = join(tiny, 'motion_v3.safetensors')
  refused({ checkpoint: lora }, 'checkpoint-part', /lora_peft\.safetensors is a LoRA; .*a checkpoint of Stable Diffusion 1\.x/)
  refused({ checkpoint: motion }, 'checkpoint-part', /motion_v3\.safetensors is a motion module; .*a checkpoint of Stable Diffusion 1\.x/)
  refused(
    { checkpoint, motion: checkpoint },
    'checkpoint-part',
    /is a checkpoint of Stable Diffusion 1\.x; .*a motion module of AnimateDiff/,
  )
  refused({ checkpoint, motion: join(tiny, 'motion_lora.safetensors') }, 'checkpoint-part', /is a motion LoRA; .*a motion module/)
  refused({ checkpoint, vae: motion }, 'checkpoint-part', /is a motion module; .*a VAE/)
})

test('models of other families are refused by name', () => {
  const bare = (name: string, tensors: readonly (readonly [string, readonly number[]])[]): string => {
    writeSafetensors(
      at(name),
      tensors.map(([name, shape]) => ({
        name,
        dtype: 'F16' as const,
        shape,
        bytes: new Uint8Array(2 * shape.reduce((n, side) => n * side, 1)),
      })),
    )
    return at(name)
  }
  const sdxl = bare('sdxl.safetensors', [
    ['model.diffusion_model.input_blocks.0.0.weight', [320, 4, 3, 3]],
    ['model.diffusion_model.label_emb.0.0.weight', [8, 8]],
  ])
  const sd2 = bare('sd2.safetensors', [
    ['model.diffusion_model.input_blocks.0.0.weight', [320, 4, 3, 3]],
    ['cond_stage_model.model.ln_final.weight', [8]],
  ])
  refused({ checkpoint: sdxl }, 'sdxl', /sdxl\.safetensors is SDXL; only Stable Diffusion 1\.x checkpoints are animated/)
  refused({ checkpoint: sd2 }, 'sd2', /sd2\.safetensors is Stable Diffusion 2; only Stable Diffusion 1\.x/)
})

test('what is missing is named: a file, the weights of a folder, a configuration that is no JSON', () => {
  refused({ checkpoint: at('nothing.safetensors') }, 'file-not-found', /There is no file .*nothing\.safetensors/)
  mkdirSync(at('bare/unet'), { recursive: true })
  refused({ checkpoint: at('bare') }, 'folder-weights', /bare\/unet holds no weights; expected one of diffusion_pytorch_model\.safetensors/)
  const folder = at('broken')
  cpSync('models/pocket', folder, { recursive: true })
  writeFileSync(join(folder, 'unet/config.json'), '{"sample_size": 16')
  refused({ checkpoint: folder }, 'json-broken', /unet\/config\.json is not JSON/)
})

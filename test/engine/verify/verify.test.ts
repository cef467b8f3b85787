import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { compare } from '../../../src/engine/arrays/comparison.ts'
import { swapAxes } from '../../../src/engine/arrays/swap-axes.ts'
import { openTensorFile } from '../../../src/engine/checkpoint/open.ts'
import { type TensorToWrite, writeSafetensors } from '../../../src/engine/checkpoint/safetensors/write-safetensors.ts'
import { bytesOf, float32Of, type Tensor, tensorOf } from '../../../src/engine/checkpoint/tensor/tensor.ts'
import { timestepEmbedding } from '../../../src/engine/nets/unet.ts'
import { decoderGraph, unetGraph } from '../../../src/engine/pipeline/graphs.ts'
import { openModel } from '../../../src/engine/pipeline/model/model.ts'
import { cpu } from '../../../src/engine/targets/cpu.ts'
import { runOnce } from '../../../src/engine/verify/test-session.ts'
import { tolerancesFor } from '../../../src/engine/verify/tolerance.ts'
import { verify } from '../../../src/engine/verify/verify.ts'
import { cpuSession, someNumbers, tiny } from '../cpu-session.ts'
import { channelsLastTarget, plainTarget } from '../plain-targets.ts'
import { rewritten } from '../rewritten.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-verify-'))
after(() => rmSync(scratch, { recursive: true }))

/** A set with these files of the tiny one and some of its answers. */
function setOf(name: string, files: readonly string[], answers: RegExp): string {
  const dir = join(scratch, name)
  mkdirSync(dir)
  for (const file of files) copyFileSync(join(tiny, `${file}.safetensors`), join(dir, `${file}.safetensors`))
  const { tensors, metadata } = openTensorFile(join(tiny, 'expected.safetensors'))
  const kept = [...tensors.values()].filter((tensor) => answers.test(tensor.name))
  writeSafetensors(join(dir, 'expected.safetensors'), kept.map(written), metadata)
  return dir
}

const written = (tensor: Tensor): TensorToWrite => ({ ...tensor, bytes: () => bytesOf(tensor) })

test('the measures are what they are called', () => {
  const measured = (measure: Parameters<typeof compare>[1]) => compare('x', measure, [1, 2, 4], [1, 2, 2], 1).error
  assert.equal(measured('relative'), 2 / 3)
  assert.equal(measured('largest'), 2)
  assert.equal(measured('mean'), 2 / 3)
  assert.equal(measured('differing'), 1)
  assert.throws(() => compare('x', 'largest', [1], [1, 2], 1), /x: 1 values to compare with 2/)
})

test('an answer that is no number is above every tolerance', () => {
  for (const measure of ['relative', 'largest', 'mean'] as const) {
    assert.ok(!compare('x', measure, [1, Number.NaN, 2], [1, 2, 2], 1e9).ok, measure)
  }
})

test('a set may hold some of the answers, and only those are asked for', async () => {
  const dir = setOf('some', ['checkpoint'], /^(text\.ids|text\.clip_skip_2|vae\.(latent|decoded))$/)
  const rows = await Array.fromAsync(verify(dir, cpuSession))
  assert.deepEqual(
    rows.map(({ tensor, ok }) => [tensor, ok]),
    [
      ['text.ids', true],
      ['text.clip_skip_2', true],
      ['vae.decoded', true],
    ],
  )
})

test('a weight that is off by a hundredth is seen', async () => {
  const dir = setOf('off', [], /^unet\./)
  rewritten(join(tiny, 'checkpoint.safetensors'), join(dir, 'checkpoint.safetensors'), (tensor) => {
    if (tensor.name !== 'model.diffusion_model.input_blocks.1.0.out_layers.3.weight') return tensor
    const values = Float32Array.from(new Float16Array(bytesOf(tensor).buffer), (value) => value * 1.01)
    return tensorOf(tensor.name, tensor.shape, values)
  })
  const [row] = await Array.fromAsync(verify(dir, cpuSession))
  assert.equal(row?.tensor, 'unet.eps')
  assert.ok(!row.ok && row.error > 1e-4 && row.error < 0.1, `error ${row.error}`)
})

test('a set that answers for a file it does not have is refused before anything runs', async () => {
  const dir = setOf('lacking', ['checkpoint', 'motion_v3'], /^(text\.|motion\.|lora\.peft)/)
  await assert.rejects(verify(dir, cpuSession).next(), {
    code: 'verify-file',
    message: /answers for lora\.peft_0\.6, but .*lacking has no lora_peft or peft\.safetensors/,
  })
})

test('a folder without answers is refused', () => {
  assert.throws(() => verify(scratch, cpuSession), { code: 'verify-nothing', message: /has no expected\.safetensors to compare with/ })
})

test('answers that others need and that are not there are named', async () => {
  const dir = setOf('inputless', ['checkpoint'], /^vae\.decoded$/)
  await assert.rejects(verify(dir, cpuSession).next(), { code: 'verify-answer', message: /has no tensor vae\.latent/ })
})

test('a set of other widths, sides and frames is checked as well: here the pocket model in one file with another text encoder, five frames, 12 × 18', async () => {
  const pocket = openModel({ checkpoint: 'models/pocket' })
  // Its text encoder's width is none that a single file could have without a configuration.
  const { text } = openModel({ checkpoint: join(tiny, 'checkpoint.safetensors') })
  const L = text.architecture.width
  const dir = join(scratch, 'other')
  mkdirSync(dir)
  const prefixed = [
    ['unet.', new Map([...pocket.unet.tensors].map(([name, tensor]) => [name, readingText(weakened(tensor), L)]))],
    ['vae.', pocket.vae.tensors],
    ['text_encoder.', text.tensors],
  ] as const
  const nets = prefixed.flatMap(([prefix, tensors]) => [...tensors].map(([name, tensor]) => written({ ...tensor, name: prefix + name })))
  writeSafetensors(join(dir, 'checkpoint.safetensors'), nets)
  copyFileSync('models/pocket/motion/diffusion_pytorch_model.safetensors', join(dir, 'motion_v3.safetensors'))

  // Its answers come from the plainest operators, with the heads that a single file is taken to have.
  const model = openModel({ checkpoint: join(dir, 'checkpoint.safetensors'), motion: join(dir, 'motion_v3.safetensors') })
  const [B, F, h, w] = [2, 5, 12, 18]
  const sample = someNumbers(B * 4 * F * h * w, 1)
  const context = someNumbers(B * 77 * L, 2)
  const graph = unetGraph(model, plainTarget, { animations: B, frames: F, h, w, tokens: 77 })
  const feed = { sample: swapAxes(sample, [B, 4, F, h * w]), time: timestepEmbedding(261, 64), context }
  const [noise] = await runOnce(cpuSession, graph, [feed])
  const latent = someNumbers(4 * h * w, 3)
  const decoder = decoderGraph(model, plainTarget, { pictures: 1, h, w })
  const [decoded] = await runOnce(cpuSession, decoder, [{ latents: latent.map((value) => value / 0.18215) }])
  const answers = [
    tensorOf('motion.sample', [B, 4, F, h, w], sample),
    tensorOf('motion.context', [B, 77, L], context),
    tensorOf('motion.v3.eps_t261', [B, 4, F, h, w], swapAxes(noise!['noise']!, [B, F, 4, h * w])),
    tensorOf('vae.latent', [1, 4, h, w], latent),
    tensorOf('vae.decoded', [1, 3, 8 * h, 8 * w], decoded!['pictures']!),
  ]
  writeSafetensors(join(dir, 'expected.safetensors'), answers.map(written))

  const rows = await Array.fromAsync(verify(dir, cpuSession))
  assert.deepEqual(
    rows.map(({ tensor, ok }) => [tensor, ok]),
    [
      ['vae.decoded', true],
      ['motion.v3.eps_t261', true],
    ],
  )
})

/** A UNet's tensor, weaker at the end of each branch: the answers are float32 as well, and rounding adds up from branch to branch. */
function weakened(tensor: Tensor): Tensor {
  if (!/(conv2|to_out\.0|proj_out)\.weight$/.test(tensor.name)) return tensor
  const values = float32Of(tensor).map((value) => value / 4)
  return tensorOf(tensor.name, tensor.shape, values)
}

/** A UNet's tensor, cut so that it reads text of this width. */
function readingText(tensor: Tensor, width: number): Tensor {
  if (!/attn2\.to_[kv]\.weight$/.test(tensor.name)) return tensor
  const [C, from] = tensor.shape as [number, number]
  const values = float32Of(tensor)
  return tensorOf(
    tensor.name,
    [C, width],
    Float32Array.from({ length: C * width }, (_, i) => values[Math.floor(i / width) * from + (i % width)]!),
  )
}

test('other devices and half precision have larger tolerances, Winograd a little', () => {
  const model = openModel({ checkpoint: join(tiny, 'checkpoint.safetensors') })
  const size = { pictures: 1, h: 8, w: 8 }
  const { target } = cpuSession
  const net = (...args: Parameters<typeof tolerancesFor>) => tolerancesFor(...args).net
  assert.equal(net(target, decoderGraph(model, target, size)), 1e-5)
  assert.equal(net(target, decoderGraph(model, cpu({ winograd: () => true }), size)), 1e-4)
  assert.equal(net({ ...channelsLastTarget, name: 'cuda' }), 1e-3)
  assert.equal(net({ ...target, name: 'cuda', type: 'float16' }), 5e-3)
  assert.equal(net({ ...target, name: 'webgpu', type: 'float16' }), 1e-2)
})

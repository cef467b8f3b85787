// Whole models as people train them: killed and resumed, and what comes out drawn with.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openTensorFile } from '../../src/engine/checkpoint/open.ts'
import { stepsIn, zoetropeIn } from './train-process.ts'

const tiny = join(import.meta.dirname, '../fixtures/tiny')
const folder = mkdtempSync(join(tmpdir(), 'zoetrope-whole-'))
after(() => rmSync(folder, { recursive: true }))

const run = zoetropeIn(join(folder, 'home'))
const motion = ['--motion', join(tiny, 'motion_v3.safetensors')]
const asked = (kind: string, out: string, ...more: readonly string[]): string[] => [
  ...['train', kind, '--world', 'pocket', '--count', '3', '--out', join(folder, out)],
  ...['--checkpoint', join(tiny, 'checkpoint.safetensors'), '--size', '64x64', '--batch', '1', '--threads', '1', ...more],
]

test('a whole model that was killed goes on to the same weights, and is a base to draw with', { timeout: 600_000 }, async () => {
  const longer = ['--steps', '30', '--save-every', '4', '--text-encoder', '--learning-rate', '0.001']
  const whole = await run(asked('t2i', 'whole', ...longer))
  assert.equal(whole.code, 0, whole.said)
  for (const step of [6, 17]) {
    const killed = await run(asked('t2i', 'killed', ...longer), {
      once: () => stepsIn(join(folder, 'killed.training')) >= step,
      signal: 'SIGKILL',
    })
    assert.equal(killed.code, null, killed.said)
  }
  const again = await run(asked('t2i', 'killed', ...longer))
  assert.equal(again.code, 0, again.said)
  assert.match(again.said, /goes on behind step/, 'it was killed between its first save and its end')
  const bytes = (path: string): Buffer => readFileSync(join(folder, path))
  assert.deepEqual(bytes('killed.training/state.safetensors'), bytes('whole.training/state.safetensors'))
  for (const net of ['unet/diffusion_pytorch_model', 'text_encoder/model']) {
    const [a, b] = ['killed', 'whole'].map((name) => openTensorFile(join(folder, `${name}/${net}.safetensors`)))
    assert.deepEqual(
      [...a!.tensors.values()].map(({ name, shape }) => [name, shape]),
      [...b!.tensors.values()].map(({ name, shape }) => [name, shape]),
    )
  }
  const { metadata } = openTensorFile(join(folder, 'whole/unet/diffusion_pytorch_model.safetensors'))
  assert.equal(metadata.get('ss_steps'), '30')
  assert.match(metadata.get('ss_new_sd_model_hash')!, /^[0-9a-f]{64}$/)
})

test('a VAE, a word, a SparseCtrl and a model that were trained draw together, and say what they are', { timeout: 600_000 }, async () => {
  const trained = [
    asked('vae', 'vae', '--steps', '2', '--part', 'whole', '--preview', 'a ball'),
    asked('textual-inversion', 'blorp.safetensors', '--steps', '2', '--init', 'ball', '--vectors', '2', '--preview', 'a blorp'),
    asked('sparsectrl', 'sparse.safetensors', '--steps', '2', ...motion, '--frames', '4', '--stride', '1', '--preview', 'a ball'),
  ]
  for (const args of trained) {
    const { code, said } = await run(args)
    assert.equal(code, 0, said)
  }
  for (const name of ['vae', 'blorp', 'sparse']) assert.ok(existsSync(join(folder, `${name}.training/previews/step-000002.webp`)), name)
  const drawn = await run([
    ...['animate', 'a blorp in the snow', '--checkpoint', join(folder, 'whole'), '--vae', join(folder, 'vae'), ...motion],
    ...['--control', join(folder, 'sparse.safetensors'), '--control-image', `0:${join(folder, 'sparse.training/previews/shown.png')}`],
    ...['--embedding', join(folder, 'blorp.safetensors'), '--size', '64x64', '--frames', '4', '--steps', '2'],
    ...['--device', 'cpu', '--out', join(folder, 'drawn.webp')],
  ])
  assert.equal(drawn.code, 0, drawn.said)
  for (const [name, kind] of [
    ['vae', /kind +VAE/],
    ['blorp.safetensors', /2 vectors of 64; the file calls it blorp/],
    [
      'sparse.safetensors',
      /SparseCtrl +shown pictures, as the VAE encodes them \(rgb\), for a UNet of widths 32 32 64 64, up to 32 frames/,
    ],
    ['whole', /kind +UNet of Stable Diffusion 1\.x/],
  ] as const) {
    assert.match((await run(['inspect', join(folder, name)])).said, kind)
  }
})

test('what they cannot be is said in a sentence', async () => {
  const cases: [readonly string[], RegExp][] = [
    [asked('t2i', 'x.safetensors'), /x\.safetensors should be a folder/],
    [asked('textual-inversion', 'x'), /required option '--init/],
    [asked('textual-inversion', 'x', '--init', 'ball'), /should be a file that ends in \.safetensors/],
    [asked('sparsectrl', 'x', '--frames', '4'), /none was named: --motion FILE/],
    [asked('sparsectrl', 'x', ...motion, '--shown-frames', '0'), /--shown-frames is at least 1, not 0/],
  ]
  for (const [args, sentence] of cases) {
    const { code, said } = await run(args)
    assert.ok(code === 2 || code === 3, `${code}: ${said}`)
    assert.match(said, sentence)
  }
})

// A training as people run it: processes of their own, killed at moments that nobody chose, and the files that are left.

import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import sharp from 'sharp'
import { openTensorFile } from '../../src/engine/checkpoint/open.ts'
import { encode } from '../../src/media/animation.ts'
import { type Ended, type Killed, stepsIn, zoetropeIn } from './train-process.ts'

const root = join(import.meta.dirname, '../..')
const tiny = join(root, 'test/fixtures/tiny')
const folder = mkdtempSync(join(tmpdir(), 'zoetrope-train-'))
after(() => rmSync(folder, { recursive: true }))

/** How often a training is killed; by hand with more. */
const kills = Number(process.env['KILLS'] ?? 3)

const run = zoetropeIn(join(folder, 'home'))
const train = (args: readonly string[], killed?: Killed): Promise<Ended> => run(['train', ...args], killed)

const pictures = join(folder, 'pictures')
const clips = join(folder, 'clips')
mkdirSync(pictures)
mkdirSync(clips)
for (const [i, background] of ['#c33', '#3c3', '#33c'].entries()) {
  await sharp({ create: { width: 96, height: 64, channels: 3, background } })
    .png()
    .toFile(join(pictures, `${i}.png`))
  writeFileSync(join(pictures, `${i}.txt`), `a ball ${i}`)
  const data = Uint8Array.from({ length: 5 * 64 * 64 * 3 }, (_, k) => (k * (i + 1)) >> 6)
  const { bytes } = await encode({ count: 5, width: 64, height: 64, data }, { format: 'webp', fps: 8, scale: 1, settings: {} })
  writeFileSync(join(clips, `${i}.webp`), bytes)
}

const base = ['--checkpoint', join(tiny, 'checkpoint.safetensors'), '--size', '64x64', '--threads', '1']
const loraTo = (out: string, ...more: string[]): string[] => [
  ...['lora', pictures, '--out', join(folder, out), ...base, '--rank', '2', '--steps', '60', '--batch', '2', '--save-every', '7'],
  ...['--average', '0.9', '--learning-rate', '0.01', '--flip', '--offset-noise', '0.1', '--min-timestep', '100', ...more],
]

const bytesOf = (name: string): Buffer => readFileSync(join(folder, name))

test('killed at any moment and asked for again, a training ends with the weights of one that was not', { timeout: 600_000 }, async () => {
  const whole = await train(loraTo('whole.safetensors'))
  assert.equal(whole.code, 0, whole.said)
  const stops: number[] = []
  for (let i = 0; i < kills; i++) {
    // Further on each time, as far as the kept state has come.
    const step = 8 + Math.floor((i * 45) / kills)
    const { code, said } = await train(loraTo('killed.safetensors'), {
      once: () => stepsIn(join(folder, 'killed.training')) >= step,
      signal: 'SIGKILL',
    })
    assert.equal(code, null, said)
    stops.push(Number(openTensorFile(join(folder, 'killed.training/state.safetensors')).metadata.get('step')))
  }
  const last = await train(loraTo('killed.safetensors'))
  assert.equal(last.code, 0, last.said)
  assert.ok(
    stops.every((step) => step > 0 && step < 60),
    `it was killed at steps ${stops}`,
  )
  assert.match(last.said, new RegExp(`goes on behind step ${stops.at(-1)}\\b`))
  assert.deepEqual(bytesOf('killed.training/state.safetensors'), bytesOf('whole.training/state.safetensors'))
  const [a, b] = ['killed', 'whole'].map((name) => openTensorFile(join(folder, `${name}.safetensors`)))
  assert.deepEqual([...a!.tensors.keys()], [...b!.tensors.keys()])
  const losses = (name: string): string => bytesOf(`${name}.training/losses.csv`).toString()
  assert.equal(losses('killed'), losses('whole'))
  assert.equal(losses('whole').trim().split('\n').length, 61)
})

test('the file says what it was made from, and the losses are drawn', async () => {
  const { metadata } = openTensorFile(join(folder, 'whole.safetensors'))
  const expected = {
    ss_network_dim: '2',
    ss_network_alpha: '2',
    ss_steps: '60',
    ss_num_train_images: '3',
    ss_sd_model_name: 'checkpoint.safetensors',
  }
  for (const [name, value] of Object.entries({
    ...expected,
    ss_total_batch_size: '2',
    ss_dataset: 'pictures',
    ss_ema_decay: '0.9',
    ss_min_timestep: '100',
  })) {
    assert.equal(metadata.get(name), value, name)
  }
  assert.match(metadata.get('ss_new_sd_model_hash')!, /^[0-9a-f]{64}$/)
  assert.deepEqual(JSON.parse(metadata.get('ss_tag_frequency')!), { pictures: {} }, 'no sentence is its word')
  const { width, format } = await sharp(bytesOf('whole.training/losses.png')).metadata()
  assert.deepEqual([width, format], [960, 'png'])
})

test('a training goes on with what it was begun with alone, or anew', async () => {
  cpSync(join(folder, 'whole.training'), join(folder, 'other.training'), { recursive: true })
  const other = await train(loraTo('other.safetensors', '--rank', '3', '--seed', '5'))
  assert.equal(other.code, 3)
  assert.match(other.said, /was begun otherwise: .*rank was 2 and is now 3; .*seed was 0 and is now 5\. Ask for the same again/s)
  const longer = await train(loraTo('other.safetensors', '--steps', '62'))
  assert.equal(longer.code, 0, longer.said)
  assert.match(longer.said, /goes on behind step 60/)
  const anew = await train(loraTo('other.safetensors', '--seed', '5', '--steps', '1', '--restart'))
  assert.equal(anew.code, 0, anew.said)
  assert.equal(openTensorFile(join(folder, 'other.safetensors')).metadata.get('ss_steps'), '1')
})

test('asked to stop, a training keeps its state and says where it is', async () => {
  const { code, said } = await train(loraTo('stopped.safetensors', '--steps', '100000'), {
    once: () => stepsIn(join(folder, 'stopped.training')) > 0,
    signal: 'SIGINT',
  })
  assert.equal(code, 130, said)
  const step = Number(/Stopped after step (\d+); the same command goes on from there/.exec(said)?.[1])
  assert.equal(Number(openTensorFile(join(folder, 'stopped.training/state.safetensors')).metadata.get('step')), step)
})

const motionTo = (out: string, ...more: string[]): string[] => [
  ...[
    'motion',
    clips,
    '--caption',
    'a shape',
    '--out',
    join(folder, out),
    ...base,
    '--frames',
    '4',
    '--steps',
    '2',
    '--batch',
    '1',
    ...more,
  ],
]

test('a motion module is begun and learned from loops, and a motion LoRA on it', { timeout: 300_000 }, async () => {
  const module = await train(motionTo('motion.safetensors'))
  assert.equal(module.code, 0, module.said)
  const { tensors } = openTensorFile(join(folder, 'motion.safetensors'))
  const last = tensors.get('down_blocks.0.motion_modules.0.temporal_transformer.proj_out.weight')!
  assert.ok(last, 'the official layout')
  const lora = await train([
    ...[
      'motion-lora',
      '--world',
      'pocket',
      '--count',
      '2',
      '--out',
      join(folder, 'pan.safetensors'),
      ...base,
      '--frames',
      '4',
      '--steps',
      '1',
    ],
    ...['--motion', join(folder, 'motion.safetensors'), '--rank', '2', '--batch', '1', '--preview', 'a shape'],
  ])
  assert.equal(lora.code, 0, lora.said)
  assert.ok(existsSync(join(folder, 'pan.training/previews/step-000001.webp')), 'a preview')
})

test('a LoRA is learned from clips beside the motion module, and gone on with', { timeout: 300_000 }, async () => {
  const to = (out: string, ...more: string[]): string[] => [
    ...['lora', clips, '--caption', 'a shape', '--out', join(folder, out), ...base, '--motion', join(tiny, 'motion_v3.safetensors')],
    ...['--frames', '4', '--steps', '2', ...more],
  ]
  const one = await train(to('clips.safetensors', '--rank', '2'))
  assert.equal(one.code, 0, one.said)
  const from = ['--from', join(folder, 'clips.safetensors')]
  const other = await train(to('longer.safetensors', ...from))
  assert.equal(other.code, 0, other.said)
  const [begun, longer] = ['clips', 'longer'].map((name) => openTensorFile(join(folder, `${name}.safetensors`)))
  assert.deepEqual([...longer!.tensors.keys()], [...begun!.tensors.keys()])
  assert.equal(longer!.metadata.get('ss_network_dim'), '2', 'its rank')
  assert.equal(longer!.metadata.get('ss_frames'), '4')
  const itself = await train(to('clips.safetensors', ...from, '--restart'))
  assert.equal(itself.code, 3)
  assert.match(itself.said, /--out would overwrite what --from goes on with/)
  const ranked = await train(to('x.safetensors', ...from, '--rank', '3'))
  assert.equal(ranked.code, 3)
  assert.match(ranked.said, /--from goes on with a file whose rank is as it is: leave --rank out/)
})

test('what cannot be learned from, or written, is said in a sentence', async () => {
  const cases: [readonly string[], RegExp][] = [
    [['motion', pictures, '--out', join(folder, 'x.safetensors'), ...base, '--frames', '4'], /0\.png does not move/],
    [['lora', pictures, '--out', join(folder, 'x.safetensors'), ...base, '--batch', '0'], /--batch is at least 1, not 0/],
    [
      ['lora', pictures, '--out', join(folder, 'x.safetensors'), ...base, '--min-timestep', '400', '--max-timestep', '400'],
      /Timesteps go from 0 to 1000: there are none from 400 up to 400/,
    ],
    [['lora', pictures, '--out', join(folder, 'x.ckpt'), ...base], /x\.ckpt should be a file that ends in \.safetensors/],
    [
      ['lora', pictures, '--out', join(folder, 'x.safetensors'), ...base, '--size', '72x64'],
      /multiples of \d+ pixels for this model, not 72×64/,
    ],
    [['motion', clips, '--caption', 'x', '--out', join(folder, 'x.safetensors'), ...base, '--frames', '64'], /at most 32 frames/],
    [['lora', clips, '--out', join(folder, 'x.safetensors'), ...base], /0\.webp has no caption/],
    [['lora', clips, '--world', 'pocket', '--out', join(folder, 'x.safetensors'), ...base], /either from a folder or from a world/],
    [
      ['lora', pictures, '--look', 'noir', '--out', join(folder, 'x.safetensors'), ...base],
      /--look is for scenes that are drawn by program/,
    ],
    [['motion', clips, '--camera', 'spin', '--out', join(folder, 'x.safetensors'), ...base], /--camera.*spin.*pan-left/s],
    [
      ['lora', pictures, ...base, '--checkpoint', 'sd15', '--out', join(folder, 'x.safetensors')],
      /sd15 is not installed: .*models pull sd15/,
    ],
    [['motion-lora', clips, '--caption', 'x', '--out', join(folder, 'x.safetensors'), ...base], /none was named: --motion FILE/],
    [['lora', clips, '--caption', 'x', '--frames', '4', '--out', join(folder, 'x.safetensors'), ...base], /none was named: --motion FILE/],
  ]
  for (const [args, sentence] of cases) {
    const { code, said } = await train(args)
    // 2 where it was called wrongly, 3 where what it was given is refused
    assert.ok(code === 2 || code === 3, `${code}: ${said}`)
    assert.match(said, sentence)
    assert.doesNotMatch(said, /\n\s+at /, 'no stack')
  }
})

// The `zoetrope animate` and `inspect` commands as people run them: a process of its own, real files.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { modelDefaults } from '../../src/engine/index.ts'
import { readSettings } from '../../src/media/inspect.ts'
import { writeTinySparseControl } from '../engine/sparse-control-files.ts'
import { decode } from '../media/decode.ts'

const cli = join(import.meta.dirname, '../../src/zoetrope.js')
const folder = mkdtempSync(join(tmpdir(), 'zoetrope-cli-'))
const environment = { ...process.env, ZOETROPE_HOME: join(folder, 'home') }
after(() => rmSync(folder, { recursive: true }))

function zoetrope(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
    timeout: 120_000,
  })
  return { code: status, out: stdout, err: stderr }
}

const lora = (name: string): string => join(import.meta.dirname, `../../models/pocket/loras/${name}.safetensors`)
const quick = ['--device', 'cpu', '--frames', '2', '--steps', '2', '--seed', '7']

test('a sentence becomes a file whose path alone is printed, and what inspect prints draws the same again', () => {
  const { code, out, err } = zoetrope('animate', 'a red ball bouncing in a meadow', ...quick)
  assert.equal(code, 0, err)
  assert.match(err, /encoding .* 2\/2/, 'progress is shown')
  assert.match(err, /2 frames of 256×256 at 12 a second, .*, seed 7, loop none with a seam of 1\.00\n/)
  const path = out.trimEnd()
  assert.equal(path, join('out', 'zoetrope-7.webp'))
  const { settings } = readSettings(readFileSync(join(folder, path)))
  assert.deepEqual(settings, {
    prompt: 'a red ball bouncing in a meadow',
    negative: '',
    width: 128,
    height: 128,
    frames: 2,
    fps: 12,
    steps: 2,
    guidance: modelDefaults({ checkpoint: join(import.meta.dirname, '../../models/pocket') }).guidance,
    seed: '7',
    clipSkip: 1,
    format: 'webp',
  })
  const inspected = zoetrope('inspect', path)
  assert.match(inspected.out, /WEBP, 256×256, 2 frames/)
  const command = inspected.out.trim().split('\n').at(-1)!
  assert.match(command, /^node \S+ animate 'a red ball bouncing in a meadow' .*--seed 7/)
  const again = spawnSync('sh', ['-c', `${command} --device cpu`], { cwd: folder, env: environment, encoding: 'utf8', timeout: 120_000 })
  assert.equal(again.stdout, `${join('out', 'zoetrope-7-2.webp')}\n`, again.stderr)
  assert.deepEqual(readFileSync(join(folder, 'out/zoetrope-7-2.webp')), readFileSync(join(folder, path)))
})

test('a length in seconds, a loop and words that travel are drawn, told with their seam, and given back by inspect', () => {
  const words = '0: a red ball | 2: a blue ball'
  const flags = ['--seconds', '0.34', '--loop', 'ping-pong', '--window-overlap', '1', '--size', '64x64']
  const { code, out, err } = zoetrope('animate', words, '--device', 'cpu', '--steps', '1', '--seed', '7', '--out', 'loop.webp', ...flags)
  assert.equal(code, 0, err)
  assert.equal(out, 'loop.webp\n')
  assert.match(err, /^4 frames of .*, loop ping-pong with a seam of [01]\.\d\d$/m)
  const command = zoetrope('inspect', 'loop.webp').out.trim().split('\n').at(-1)!
  assert.match(command, /^node \S+ animate '0: a red ball \| 2: a blue ball' .*--frames 4 .*--loop ping-pong --window-overlap 1/)
})

test('what was drawn before is not overwritten', () => {
  assert.match(zoetrope('animate', 'a ball', ...quick).out, /zoetrope-7-3\.webp/)
})

for (const format of ['gif', 'mp4']) {
  test(`--out says the format: ${format}`, () => {
    const { code, err } = zoetrope('animate', 'a ball', ...quick, '--out', `one.${format}`)
    assert.equal(code, 0, err)
    assert.equal(readSettings(readFileSync(join(folder, `one.${format}`))).format, format)
  })
}

test('several seeds stand side by side in one file, which says so', () => {
  assert.equal(zoetrope('animate', 'a ball', ...quick, '--count', '2', '--out', 'both.webp', '--scale', '1').code, 0)
  const { width, height, settings } = readSettings(readFileSync(join(folder, 'both.webp')))
  assert.deepEqual({ width, height, count: (settings as { count: number }).count }, { width: 258, height: 128, count: 2 })
  assert.match(zoetrope('inspect', 'both.webp').out, /--count 2/)
})

test('a LoRA that ships changes the picture', () => {
  assert.equal(zoetrope('animate', 'a red ball', ...quick, '--out', 'plain.webp').code, 0)
  assert.equal(zoetrope('animate', 'a red ball', ...quick, '--lora', `${lora('sepia')}:0.9`, '--out', 'sepia.webp').code, 0)
  const [plain, sepia] = ['plain.webp', 'sepia.webp'].map((name) => readFileSync(join(folder, name)))
  assert.notDeepEqual(plain, sepia)
  assert.match(zoetrope('inspect', 'sepia.webp').out, /sepia\.safetensors:0\.9/)
})

test('a style that ships draws as its LoRA does, and its file says the style, not the path', async () => {
  assert.equal(zoetrope('animate', 'a red ball', ...quick, '--style', 'Sepia', '--out', 'style.webp').code, 0)
  assert.equal(zoetrope('animate', 'a red ball', ...quick, '--lora', lora('sepia'), '--out', 'lora.webp').code, 0)
  const [style, named] = ['style.webp', 'lora.webp'].map((name) => readFileSync(join(folder, name)))
  const picture = async (bytes: Buffer) => (await decode({ bytes, format: 'webp', width: 256, height: 256 })).data
  assert.deepEqual(await picture(style!), await picture(named!))
  assert.match(JSON.stringify(readSettings(style!)), /"style":"Sepia"/)
  assert.doesNotMatch(JSON.stringify(readSettings(style!)), /safetensors/)
})

const refused: readonly { readonly what: string; readonly args: string[]; readonly sentence: RegExp; readonly exit?: number }[] = [
  { what: 'too many frames', args: ['--frames', '129'], sentence: /1 to 128 frames, not 129/ },
  { what: 'more seconds than frames', args: ['--seconds', '20'], sentence: /240 frames, and 128 are the most: ask for 10\.6 seconds/ },
  { what: 'frames and seconds', args: ['--seconds', '2', '--frames', '8'], sentence: /say the same/ },
  { what: 'an overlap of a whole window', args: ['--window-length', '8', '--window-overlap', '8'], sentence: /0 to 7 frames, not 8/ },
  { what: 'guidance beyond the clip', args: ['--guidance-travel', '0: 7 | 16: 3'], sentence: /no frame 16: this clip has 16/ },
  { what: 'a side that is no multiple of 8', args: ['--size', '60x64'], sentence: /multiple of 8.*60/ },
  { what: 'a file that is not there', args: ['--checkpoint', 'nowhere.safetensors'], sentence: /nowhere\.safetensors/ },
  { what: 'a style that is not there', args: ['--style', 'magic'], sentence: /style 'magic'/ },
  { what: 'a style and files', args: ['--style', 'sepia', '--vae', 'a.safetensors'], sentence: /not both/, exit: 2 },
  { what: 'a LoRA that is not there', args: ['--lora', 'a.safetensors:x'], sentence: /a\.safetensors:x/ },
  { what: 'a sampler that does not exist', args: ['--sampler', 'magic'], sentence: /Allowed choices are/, exit: 2 },
  { what: 'a seed beyond 64 bits', args: ['--seed', '18446744073709551616'], sentence: /2\^64/, exit: 2 },
  { what: 'formats that disagree', args: ['--out', 'a.gif', '--format', 'mp4'], sentence: /a\.gif should end in \.mp4/, exit: 2 },
  { what: 'a device that is not there', args: ['--device', 'coreml'], sentence: /CoreML/, exit: 4 },
  { what: 'a limit that nothing meets', args: [...quick, '--max-bytes', '10'], sentence: /limit is 10 bytes/ },
]

for (const { what, args, sentence, exit = 3 } of refused) {
  test(`${what}: one sentence, exit code ${exit}, and no file`, () => {
    const before = readdirSync(folder, { recursive: true }).length
    const { code, err } = zoetrope('animate', 'a ball', ...(args.includes('--device') ? [] : ['--device', 'cpu']), ...args)
    assert.equal(code, exit)
    assert.match(err, sentence)
    assert.doesNotMatch(err, /\n\s+at /, 'no stack')
    assert.equal(readdirSync(folder, { recursive: true }).length, before)
  })
}

test('a clip is steered by pictures, and what does not fit is said before anything is loaded', { timeout: 600_000 }, () => {
  const tiny = join(import.meta.dirname, '../fixtures/tiny')
  const control = writeTinySparseControl(join(folder, 'sparse-control.safetensors'))
  const picture = join(import.meta.dirname, '../fixtures/ball.webp')
  const base = ['--checkpoint', join(tiny, 'checkpoint.safetensors'), '--motion', join(tiny, 'motion_v3.safetensors'), '--size', '64x64']
  const steered = ['animate', 'a ball', ...quick, ...base, '--control', control]
  const { code, out, err } = zoetrope(
    ...steered,
    '--control-image',
    `0:${picture}`,
    '--control-image',
    `-1:${picture}`,
    '--control-strength',
    '0.5',
  )
  assert.equal(code, 0, err)
  const { settings } = readSettings(readFileSync(join(folder, out.trimEnd())))
  assert.deepEqual((settings as { readonly control?: unknown }).control, {
    pictures: [0, -1].map((frame) => ({ frame, file: picture })),
    strength: 0.5,
  })
  const cases: [readonly string[], number, RegExp][] = [
    [steered, 3, /sparse-control\.safetensors steers by pictures, and none was given: --control-image 0:first\.png\.\n$/],
    [[...steered, '--control-image', `2:${picture}`], 3, /There is no frame 2 to show a picture for: the clip has frames 0 to 1\.\n$/],
    [[...steered, '--control-image', '0:nothing.png'], 3, /There is no picture \/.*nothing\.png\.\n$/],
    [[...steered, '--control-image', picture], 2, /It is a frame and a picture for it, such as 0:first\.png\./],
    [['animate', 'a ball', ...quick, '--control-image', `0:${picture}`], 3, /none was named: --control FILE\.\n$/],
    [
      ['animate', 'a ball', ...quick, '--control', control, '--control-image', `0:${picture}`],
      3,
      /was made for another base: widths 32, 32, 64, 64,/,
    ],
  ]
  for (const [args, expected, sentence] of cases) {
    const refused = zoetrope(...args)
    assert.match(refused.err, sentence)
    assert.equal(refused.code, expected, refused.err)
    assert.ok(!refused.err.includes('loading'), refused.err)
  }
})

test('a place that cannot be written is said before anything is drawn', () => {
  writeFileSync(join(folder, 'a-file'), '')
  const { code, err } = zoetrope('animate', 'a ball', ...quick, '--out', 'a-file/a.webp')
  assert.equal(code, 1)
  assert.equal(err, 'a-file/a.webp cannot be written: a file stands where a folder should be.\n')
})

test('it tells its version', () => {
  assert.match(zoetrope('--version').out, /^\d+\.\d+\.\d+\n$/)
})

test('a graph is printed, one line a node', () => {
  const { code, out } = zoetrope(
    'inspect',
    join(import.meta.dirname, '../../models/pocket'),
    '--graph',
    'unet',
    '--size',
    '128x128',
    '--frames',
    '4',
  )
  assert.equal(code, 0)
  assert.match(out, /^graph unet-motion\ninput sample float32\[4,4,16,16\]/)
})

test('a reader who has read enough ends it without a word', async () => {
  const pocket = join(import.meta.dirname, '../../models/pocket')
  const child = spawn(process.execPath, [cli, 'inspect', pocket, '--graph', 'unet'], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.once('data', () => child.stdout.destroy())
  const said: Buffer[] = []
  child.stderr.on('data', (part: Buffer) => said.push(part))
  const [code] = await once(child, 'exit')
  assert.equal(code, 0)
  assert.equal(Buffer.concat(said).toString(), '')
})

test('a diffusers folder is described net by net', () => {
  const { out } = zoetrope('inspect', join(import.meta.dirname, '../../models/pocket'))
  for (const word of ['UNet', 'VAE', 'CLIP text encoder', 'motion module']) assert.match(out, new RegExp(word))
  assert.match(out, / 2 heads, text width 160/)
  assert.match(out, /text encoder {2}width 160, 3 layers, 2 heads/)
  assert.match(out, /trained on {2}linear betas/)
  const reported = (name: string): string => zoetrope('inspect', join(import.meta.dirname, '../fixtures/reports/engine', name)).out
  assert.match(reported('folders/v_prediction'), /trained on {2}velocity \(v-prediction\), nothing but noise at the end/)
  assert.match(reported('folders/lcm_checkpoint'), /distilled \(LCM\): 4 steps of lcm, guidance 1\.5/)
  assert.match(
    reported('loras/Hyper-SD15-8steps-lora.safetensors'),
    /8 steps of ddim, guidance 1: by its name it was distilled \(Hyper-SD\)/,
  )
})

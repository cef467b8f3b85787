// The `zoetrope compare` command as people run it.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const fixtures = join(root, 'test/fixtures')
const folder = mkdtempSync(join(tmpdir(), 'zoetrope-compare-'))
after(() => rmSync(folder, { recursive: true }))

function compare(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'src/zoetrope.js'), 'compare', ...args], {
    cwd: folder,
    env: { ...process.env, ZOETROPE_HOME: join(folder, 'home') },
    encoding: 'utf8',
    timeout: 300_000,
  })
  return { code: status, out: stdout, err: stderr }
}

const base = [
  '--base',
  join(fixtures, 'tiny/checkpoint.safetensors'),
  '--device',
  'cpu',
  '--size',
  '64x64',
  '--frames',
  '3',
  '--steps',
  '3',
]
const motion = ['--motion', join(fixtures, 'tiny/motion_v3.safetensors')]
const clip = ['--clip', join(fixtures, 'metrics/clip')]

test('every method draws every prompt, a table has the means, and a page shows them side by side', { timeout: 400_000 }, () => {
  const page = join(folder, 'page.html')
  const { code, out, err } = compare('a red ball', 'a blue <boat>', ...base, ...motion, ...clip, '--page', page)
  assert.equal(code, 0, err)
  const table = out.slice(out.indexOf('\n\n'))
  assert.match(table, /text +domain +smooth +motion +warp error +jitter +2nd difference +loop gap/)
  for (const name of ['animatediff', 'zero']) assert.match(table, new RegExp(`^${name}( +-?\\d+\\.\\d+){8}$`, 'm'))
  const html = readFileSync(page, 'utf8')
  assert.equal(html.match(/data:image\/webp;base64,/g)?.length, 4)
  assert.ok(html.includes('a blue &lt;boat&gt;') && !html.includes('<boat>'), 'what people write is text')
})

test('a motion module at strength 0 is none: every strength draws otherwise, and zero is not concerned', { timeout: 400_000 }, () => {
  const { code, out, err } = compare('a ball', ...base, ...motion, '--motion-strength', '0', '--motion-strength', '1', '--json')
  assert.equal(code, 0, err)
  const { variants } = JSON.parse(out) as { variants: { variant: string; figures: { motion: number } }[] }
  assert.deepEqual(
    variants.map(({ variant }) => variant),
    ['animatediff, motion 0', 'animatediff, motion 1', 'zero'],
  )
  assert.notEqual(variants[0]!.figures.motion, variants[1]!.figures.motion)
})

test('without a CLIP only pixels are measured, and it says so; JSON has every clip', { timeout: 400_000 }, () => {
  const { code, out, err } = compare('a ball', ...base, '--methods', 'zero', '--seeds', '2', '--json')
  assert.equal(code, 0, err)
  const { variants, clips } = JSON.parse(out) as {
    variants: { variant: string; figures: object }[]
    clips: { seed: number; figures: object }[]
  }
  assert.deepEqual(
    variants.map(({ variant }) => variant),
    ['zero'],
  )
  assert.deepEqual(Object.keys(variants[0]!.figures), ['motion', 'warpError', 'jitter', 'secondDifference', 'loopGap'])
  assert.deepEqual(
    clips.map(({ seed }) => seed),
    [0, 1],
  )
  assert.notDeepEqual(clips[0]!.figures, clips[1]!.figures)
})

test("on the small model's world the paper's questions are asked, and the judge says what frames show", { timeout: 600_000 }, () => {
  const sepia = `${join(root, 'models/pocket/loras/sepia.safetensors')}:1`
  const small = ['--count', '1', '--frames', '4', '--steps', '2', '--style', sepia, '--motion-strength', '0']
  const { code, out, err } = compare('--world', 'pocket', ...small, '--device', 'cpu', '--json')
  assert.equal(code, 0, err)
  const { questions, clips } = JSON.parse(out) as {
    questions: { title: string; variants: { variant: string; figures: Record<string, number> }[] }[]
    clips: { variant: string; prompt: string }[]
  }
  assert.deepEqual(
    questions.map(({ variants }) => variants.map(({ variant }) => variant)),
    [
      ['AnimateDiff', 'Text2Video-Zero'],
      ['AnimateDiff', 'sepia 1'],
      ['motion 0', 'AnimateDiff'],
    ],
  )
  assert.equal(clips.length, 4, 'what several questions ask for is drawn once')
  for (const { figures } of questions.flatMap(({ variants }) => variants)) {
    const { text, domain, smooth, subject, sharpness, seam } = figures
    for (const percent of [text, subject]) assert.ok(percent! >= 0 && percent! <= 100, `${percent}`)
    for (const likeness of [domain, smooth]) assert.ok(likeness! > 20 && likeness! <= 100.001, `${likeness}`)
    assert.ok(sharpness! > 0 && seam! > 0)
  }
})

test('what cannot be compared is said in a sentence', () => {
  const neither = compare()
  assert.equal(neither.code, 3)
  assert.match(neither.err, /either prompts or a world/)
  const still = compare('a ball', ...base)
  assert.equal(still.code, 3)
  assert.match(still.err, /animatediff has no motion module: name one with --motion/)
  const unknown = compare('a ball', ...base, '--methods', 'magic')
  assert.match(unknown.err, /There are animatediff, zero\./)
  const few = compare('a ball', ...base, ...motion, '--methods', 'animatediff', '--frames', '2')
  assert.match(few.err, /at least 3 frames/)
})

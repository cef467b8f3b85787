// The judge on the drawn truth, on what it refuses, and the page that it writes.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { judgeAsJson, runJudge } from './run-judge.ts'

const folder = mkdtempSync(join(tmpdir(), 'zoetrope-judge-'))
after(() => rmSync(folder, { recursive: true }))

test('the drawn truth gets what a perfect model would get', async () => {
  const { summary, judgements } = await judgeAsJson('--truth', '--count', '40')
  assert.deepEqual(
    judgements.map(({ seed }) => seed),
    Array.from({ length: 40 }, (_, i) => i),
  )
  assert.ok(summary.all >= 0.97 && summary.steady >= 0.97, `all ${summary.all}, steady ${summary.steady}`)
  // shared/pocket2's README says of 180 loops: largest step by median 1.21 in the middle, 95 % below 2; seam 99 % below 1.05.
  assert.ok(Math.abs(summary.jump.median - 1.21) < 0.1 && summary.jump.poor < 2.2, JSON.stringify(summary.jump))
  assert.ok(summary.seam.poor < 1.05, JSON.stringify(summary.seam))
  assert.ok(Math.abs(summary.sharpness.median - 1) < 0.1 && Math.abs(summary.liveliness.median - 1) < 0.2)
})

test('in a look that leaves no colour, colour does not count; a style that is its formula is off by nothing', async () => {
  const { summary, judgements, styles } = await judgeAsJson('--truth', '--count', '5', '--looks', 'pencil,neon')
  assert.deepEqual([judgements.length, summary.colour], [5, 1])
  assert.deepEqual(
    styles.map(({ name, strength }) => [name, strength]),
    [
      ['pencil', 1],
      ['neon', 1],
    ],
  )
  assert.deepEqual(
    styles.map(({ summary: { colour } }) => colour),
    [null, 1],
  )
  for (const { summary: inStyle } of styles) {
    const { kept, arrived, colour } = inStyle.styled!
    assert.deepEqual([kept, arrived, colour!.off], [1, 1, 0])
    assert.ok(colour!.way > 0.04 && colour!.offTruth > 0 && colour!.offTruth < colour!.way)
  }
})

test('a camera goes all of its way in the drawn truth', async () => {
  const { styles } = await judgeAsJson('--truth', '--count', '3', '--looks', 'pan-left')
  assert.deepEqual(
    styles.map(({ name, summary }) => [name, Math.round(summary.styled!.moved!)]),
    [['pan-left', 1]],
  )
})

test('the same seeds give the same table', async () => {
  const [first, again] = [
    await runJudge('--truth', '--count', '3', '--seed', '7'),
    await runJudge('--truth', '--count', '3', '--seed', '7'),
  ]
  assert.equal(first.out, again.out)
  assert.match(first.out, /^seed +subject .*\n7 .*\n8 .*\n9 .*\n\nsubject right +\d.* at least 95/)
})

test('the page holds its pictures and needs nothing else', async () => {
  const path = join(folder, 'page.html')
  const { code, out } = await runJudge('--truth', '--count', '2', '--looks', 'neon', '--page', path)
  assert.equal(code, 0)
  assert.equal(out.trim().split('\n').at(-1), path)
  const page = readFileSync(path, 'utf8')
  assert.equal(page.match(/<img [^>]*src="data:image\/webp;base64,/g)?.length, 2 * (2 + 3))
  assert.doesNotMatch(page, /(src|href)="(?!data:)/)
})

test('what there is not is said in a sentence', async () => {
  assert.deepEqual(await runJudge('--looks', 'cubist'), {
    code: 3,
    out: '',
    err: `${join(process.cwd(), 'models/pocket')} has no loras/cubist.safetensors.\n`,
  })
  const { err } = await runJudge('--truth', '--looks', 'cubist')
  assert.match(err, /^The program draws anime, sepia, .*, not cubist\.\n$/)
  assert.match((await runJudge('--count', '0')).err, /At least one prompt is judged, not 0/)
})

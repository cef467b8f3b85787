// Gradients, losses, AdamW and running averages against the published code (test/fixtures/train/README.md).

import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { openTrainingSession } from '../../../src/engine/training/training-session.ts'
import type { TestSession } from '../../../src/engine/verify/test-session.ts'
import { openTrainingAnswers, type TrainingTables } from '../../../src/engine/verify/training/training-answers.ts'
import { verify } from '../../../src/engine/verify/verify.ts'
import { cpuSession, fixtures } from '../cpu-session.ts'
import { plainTarget } from '../plain-targets.ts'

const dir = join(fixtures, 'train')
const session: TestSession = { ...cpuSession, load: (graph) => openTrainingSession(graph) }
const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-train-'))
after(() => rmSync(scratch, { recursive: true }))

test('every reference gradient is met on the CPU', async (t) => {
  const asked = new Set<string>()
  for await (const row of verify(dir, session)) {
    asked.add(row.tensor.split(' ')[0]!)
    await t.test(`${row.tensor} within ${row.tolerance.toExponential(0)}`, () =>
      assert.ok(row.ok, `${row.measure} error ${row.error.toExponential(2)}, at most ${row.tolerance.toExponential(0)}`),
    )
  }
  const { cases, optimizer } = openTrainingAnswers(dir).tables
  const left = new Set(['adam_l2']) // the decay that AdamW was made against
  assert.deepEqual(
    [...Object.keys(cases), ...Object.keys(optimizer)].filter((name) => !asked.has(name)),
    [...left],
  )
})

/** The set with some of its cases, changed. */
function setOf(name: string, cases: readonly string[], change: (tables: TrainingTables) => void = () => {}): string {
  const folder = join(scratch, name, 'train')
  mkdirSync(folder, { recursive: true })
  symlinkSync(resolve(fixtures, 'tiny'), join(scratch, name, 'tiny'))
  for (const file of readdirSync(dir)) if (file.endsWith('.safetensors')) copyFileSync(join(dir, file), join(folder, file))
  const tables = JSON.parse(readFileSync(join(dir, 'train.json'), 'utf8')) as TrainingTables
  const kept = Object.fromEntries(Object.entries(tables.cases).filter(([it]) => cases.includes(it)))
  const some = { ...tables, cases: kept, adamw: {}, optimizer: {} }
  change(some)
  writeFileSync(join(folder, 'train.json'), JSON.stringify(some))
  return folder
}

test('nets written with plain operators have the same gradients', async () => {
  const plain = { ...session, target: { ...plainTarget, name: 'webgpu' }, vaeTarget: { ...plainTarget, name: 'webgpu' } }
  const rows = await Array.fromAsync(verify(setOf('plain', ['adapter', 'textual_inversion']), plain))
  const limit = (tensor: string): number => (/loss|norm$/.test(tensor) ? 1e-5 : /all of/.test(tensor) ? 2e-5 : 1e-4)
  assert.deepEqual(
    rows.filter(({ tensor, error }) => !(error <= limit(tensor))),
    [],
  )
  assert.ok(rows.length >= 10)
})

test('a gradient that is off by a thousandth is seen', async () => {
  const folder = setOf('off', ['textual_inversion'], ({ cases }) => {
    const { tensors } = cases['textual_inversion']!
    tensors['emb_params']![1] += 1e-3 * tensors['emb_params']![0]
  })
  const rows = await Array.fromAsync(verify(folder, session))
  assert.deepEqual(
    rows.filter(({ ok }) => !ok).map(({ tensor }) => tensor),
    ['textual_inversion digests of 1, worst: emb_params'],
  )
})

test('a case that is not known is refused by name', async () => {
  const folder = setOf('unknown', [], ({ cases }) => {
    cases['motion_v9'] = { loss: 1, grad_norm: 1, tensors: {}, zero: [] }
  })
  await assert.rejects(verify(folder, session).next(), { code: 'verify-answer', message: /training case motion_v9, which is not known/ })
})

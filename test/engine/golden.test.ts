// Golden tests: the engine against the published AnimateDiff code (test/fixtures/tiny/README.md) and against what the pocket model draws in
// float64.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Comparison } from '../../src/engine/arrays/comparison.ts'
import { openModel } from '../../src/engine/pipeline/model/model.ts'
import { cpu } from '../../src/engine/targets/cpu.ts'
import type { Target } from '../../src/engine/targets/target.ts'
import { checkMotion, checkText, checkUNet, checkVae } from '../../src/engine/verify/nets.ts'
import { openReferenceTensors, promptsOf } from '../../src/engine/verify/reference-tensors.ts'
import { verify } from '../../src/engine/verify/verify.ts'
import { cpuSession, fixtures, tiny } from './cpu-session.ts'
import { channelsLastTarget, plainTarget } from './plain-targets.ts'

const answers = openReferenceTensors([join(tiny, 'expected.safetensors'), join(tiny, 'lycoris.safetensors')])

/** What the nets are asked, not what they answer. */
const inputs = new Set([
  'motion.context',
  'motion.sample',
  'pipeline.noise',
  'unet.context',
  'unet.sample',
  'unet.timestep',
  'vae.image',
  'vae.latent',
])

const within = (row: Comparison): void =>
  assert.ok(row.ok, `${row.tensor}: ${row.measure} error ${row.error.toExponential(2)}, at most ${row.tolerance.toExponential(0)}`)

test('every reference tensor is met on the CPU', async (t) => {
  const met = new Set<string>()
  const adapters: string[] = []
  for await (const row of verify(tiny, cpuSession)) {
    await t.test(`${row.tensor} within ${row.tolerance.toExponential(0)}`, () => within(row))
    if (row.tensor.endsWith(' beside')) adapters.push(row.tensor)
    met.add(row.tensor.replace(/\[\d+\]$| (merged|beside)$/, ''))
  }
  assert.deepEqual(met, new Set(answers.names.filter((name) => !inputs.has(name))), 'every answer is asked for')
  const lowRank = ['lora.motion_v2_0.9', 'lora.peft_0.6', 'lyco.locon_tucker_0.7']
  assert.deepEqual(
    adapters.toSorted(),
    lowRank.map((name) => `${name}.eps beside`),
    'low-rank kinds also as inputs of the graph',
  )
})

test('the pocket model draws what it drew in float64', async (t) => {
  const met: string[] = []
  for await (const row of verify('models/pocket', cpuSession, join(fixtures, 'pocket-expected.safetensors'))) {
    await t.test(`${row.tensor} within ${row.tolerance.toExponential(0)}`, () => within(row))
    met.push(row.tensor)
  }
  assert.deepEqual(met.toSorted(), openReferenceTensors([join(fixtures, 'pocket-expected.safetensors')]).names.toSorted())
})

const targets: Readonly<Record<string, Target>> = {
  "Winograd's form everywhere": cpu({ winograd: () => true }),
  'plain operators': plainTarget,
  'channels last': channelsLastTarget,
}

for (const [name, target] of Object.entries(targets)) {
  test(`the nets written with ${name} give the same answers`, async (t) => {
    const session = { ...cpuSession, target, vaeTarget: target }
    const model = openModel({ checkpoint: join(tiny, 'checkpoint.safetensors'), motion: join(tiny, 'motion_v1.safetensors') })
    const checks = [
      checkText(model, promptsOf(answers), answers, session),
      checkVae(model, answers, session),
      checkUNet(model, answers, session),
      checkMotion(model, [{ name: 'motion.v1.eps_t41', t: 41 }], answers, session),
    ]
    for (const rows of checks) for await (const row of rows) await t.test(row.tensor, () => within(row))
  })
}

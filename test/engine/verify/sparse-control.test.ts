import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { writeSafetensors } from '../../../src/engine/checkpoint/safetensors/write-safetensors.ts'
import { openReferenceTensors } from '../../../src/engine/verify/reference-tensors.ts'
import { verify } from '../../../src/engine/verify/verify.ts'
import { cpuSession, fixtures, tiny } from '../cpu-session.ts'
import { writeFirstLayer } from '../sparse-control-files.ts'

const dir = mkdtempSync(join(tmpdir(), 'zoetrope-control-'))
after(() => rmSync(dir, { recursive: true }))
const base = join(dir, 'control')
mkdirSync(base)
symlinkSync(resolve(tiny), join(dir, 'tiny'))
const answers = ['expected_common.safetensors', 'expected_sparsectrl.safetensors'] as const
for (const file of answers) copyFileSync(join(fixtures, 'control', file), join(base, file))

test('a folder whose SparseCtrls are missing is told so', async () => {
  await assert.rejects(Array.fromAsync(verify(base, cpuSession)), { code: 'verify-file' })
})

test('residuals of both published forms, in both layouts, are those of the published code', { timeout: 600_000 }, async () => {
  for (const name of ['sparsectrl_rgb', 'sparsectrl_scribble_diffusers'])
    writeFirstLayer(`${name}_first_layer`, join(base, `${name}.safetensors`))
  const rows = await Array.fromAsync(verify(base, cpuSession))
  assert.deepEqual(
    rows.filter(({ ok }) => !ok),
    [],
  )
  const names = rows.map(({ tensor }) => tensor)
  for (const kind of ['rgb', 'scribble'])
    for (const frames of ['0', '0_-1'])
      for (const place of ['00', '01']) assert.ok(names.includes(`${kind}.${frames}.residual_${place}`), `${kind} ${frames} ${place}`)
})

test('a wrong residual shows', { timeout: 600_000 }, async () => {
  const right = openReferenceTensors([join(base, answers[1])])
  const changed = right.names
    .filter((name) => name.startsWith('rgb.'))
    .map((name) => {
      const values = right.values(name).slice()
      if (name === 'rgb.0.residual_01') values[7]! += 0.1
      return { name, dtype: 'F32' as const, shape: right.shape(name), bytes: new Uint8Array(values.buffer) }
    })
  writeSafetensors(join(base, answers[1]), changed, right.metadata)
  const rows = await Array.fromAsync(verify(base, cpuSession))
  assert.deepEqual(
    rows.filter(({ ok }) => !ok).map(({ tensor }) => tensor),
    ['rgb.0.residual_01'],
  )
})

import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { kindOfFile } from '../../../src/engine/checkpoint/identify/kind-of-file.ts'
import { baseModels } from '../../../src/styles/catalog/base-models.ts'
import { installedModels } from '../../../src/styles/download/installed-models.ts'
import { tiny } from '../test-styles.ts'

test('what lies in the folder is told by its content; a checkpoint with a motion module becomes the base', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-models-'))
  assert.deepEqual(
    baseModels({ pocket: '/pocket', installed: [] }).map(({ name }) => name),
    ['pocket'],
  )
  copyFileSync(join(tiny, 'checkpoint.safetensors'), join(folder, 'large.safetensors'))
  copyFileSync(join(tiny, 'motion_v2.safetensors'), join(folder, 'mm_sd_v15_v2.ckpt'))
  copyFileSync(join(tiny, 'motion_v3.safetensors'), join(folder, 'v3_sd15_mm.ckpt'))
  writeFileSync(join(folder, 'page.safetensors'), '<!DOCTYPE html>')
  writeFileSync(join(folder, 'x.safetensors.aaa.part'), 'x')
  const installed = installedModels(folder, kindOfFile)
  assert.deepEqual(Object.fromEntries(installed.map(({ file, kind }) => [file, kind])), {
    'large.safetensors': 'sd1-checkpoint',
    'mm_sd_v15_v2.ckpt': 'motion-module',
    'page.safetensors': 'refused',
    'v3_sd15_mm.ckpt': 'motion-module',
  })
  const [base, small] = baseModels({ pocket: '/pocket', installed })
  assert.deepEqual(
    { best: base.name, motion: base.files.motion, last: small!.name },
    { best: 'large', motion: join(folder, 'v3_sd15_mm.ckpt'), last: 'pocket' },
  )
  assert.equal(baseModels({ pocket: '/pocket', installed: installed.slice(0, 1) })[0].name, 'pocket')
  assert.equal(baseModels({ pocket: '/pocket', checkpoint: '/x/my model.ckpt', installed })[0].name, 'my model')
  rmSync(folder, { recursive: true })
})

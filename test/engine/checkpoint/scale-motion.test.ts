import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { scaleMotion } from '../../../src/engine/checkpoint/scale-motion.ts'
import { float32Of } from '../../../src/engine/checkpoint/tensor/tensor.ts'
import { openModel } from '../../../src/engine/pipeline/model/model.ts'
import { pocket } from '../../../src/paths.ts'
import { tiny } from '../cpu-session.ts'

const dir = mkdtempSync(join(tmpdir(), 'zoetrope-scale-'))
after(() => rmSync(dir, { recursive: true }))

for (const [kind, checkpoint, motion] of [
  ['an official file', join(tiny, 'checkpoint.safetensors'), join(tiny, 'motion_v2.safetensors')],
  ["diffusers' folder", pocket, join(pocket, 'motion')],
  ['the file in that folder', pocket, join(pocket, 'motion/diffusion_pytorch_model.safetensors')],
] as const) {
  test(`the last projections of ${kind} alone are changed, and it stays the module that it is`, () => {
    const before = openModel({ checkpoint, motion }).motion!
    const half = openModel({ checkpoint, motion: scaleMotion(motion, 0.5, dir) }).motion!
    assert.deepEqual(half.architecture, before.architecture)
    assert.deepEqual([...half.tensors.keys()].sort(), [...before.tensors.keys()].sort())
    let scaled = 0
    for (const [name, tensor] of before.tensors) {
      const by = /\.proj_out\.(weight|bias)$/.test(name) ? 0.5 : 1
      if (by !== 1) scaled++
      assert.deepEqual(
        float32Of(half.tensors.get(name)!),
        float32Of(tensor).map((value) => value * by),
        name,
      )
    }
    assert.ok(scaled >= 20 && scaled < before.tensors.size / 4, `${scaled} of ${before.tensors.size}`)
  })
}

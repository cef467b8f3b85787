// Foretold device memory, at the real size: what deploy/README.md says of cards, and what was measured where it could be.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { textArchitecture, unetArchitecture, vaeArchitecture } from '../../../src/engine/checkpoint/architecture/architecture.ts'
import { motionArchitecture } from '../../../src/engine/checkpoint/architecture/motion-architecture.ts'
import { partsOf } from '../../../src/engine/checkpoint/dialects/parts.ts'
import { drawingMemory } from '../../../src/engine/pipeline/drawing-memory.ts'
import type { Model } from '../../../src/engine/pipeline/model/model.ts'
import { clipText, officialModules, sd15UNet, sd15Vae } from '../../../src/engine/synthetic/sd15.ts'
import { targetsFor } from '../../../src/engine/targets/table.ts'
import { fileOf } from '../checkpoint/tensor/tensors-in-memory.ts'

const fused = new Set(['self', 'cross', 'temporal'] as const)
const card = targetsFor('cuda', { type: 'float16', fused })
const gib = 2 ** 30

function modelWith(frames: number): Pick<Model, 'text' | 'unet' | 'vae' | 'motion'> {
  const shapes = [...sd15UNet(), ...sd15Vae(), ...clipText(), ...officialModules({ peRows: 32 })]
  const { text, unet, vae, motion } = partsOf(fileOf(shapes))
  const file = 'sd15.safetensors'
  return {
    text: { architecture: textArchitecture(text!), tensors: text!, file },
    unet: { architecture: unetArchitecture(unet!), tensors: unet!, file },
    vae: { architecture: vaeArchitecture(vae!), tensors: vae!, file },
    motion:
      frames === 1 ? null : { architecture: motionArchitecture(motion!, { path: 'v3_sd15_mm.ckpt', peRows: 32 }), tensors: motion!, file },
  }
}

test('what deploy/README.md says of cards is what the graphs foretell', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../deploy/README.md'), 'utf8')
  const rows = [...text.matchAll(/^\| (\d+) × (\d+)×(\d+) \| ([\d.]+) GiB \| ([\d.]+) GiB \| ([\d.]+) GiB \|$/gm)]
  assert.ok(rows.length >= 5)
  for (const [row, ...cells] of rows) {
    const [frames, width, height, weights, values, together] = cells.map(Number) as [number, number, number, number, number, number]
    const { weightBytes, valueBytes } = drawingMemory(modelWith(frames), { frames, width, height }, card)
    const rounded = [weightBytes, valueBytes, weightBytes + valueBytes].map((bytes) => Number((bytes / gib).toFixed(1)))
    assert.deepEqual(rounded, [weights, values, together], row)
  }
})

test('on the CPU it is what was measured there, without what its kernels keep besides', () => {
  const size = { frames: 16, width: 256, height: 256 }
  const { weightBytes, valueBytes, largest } = drawingMemory(modelWith(16), size, targetsFor('cpu', { type: 'float32', fused }))
  // `npm run bench -- --synthetic sd15`, as deploy/README.md has it: 8.2 GiB of the process, 0.2 of them Node's and the libraries'.
  const foretold = (weightBytes + valueBytes) / gib
  assert.ok(foretold > 0.85 * 8 && foretold < 8, `${foretold}`)
  assert.equal(largest, 'unet')
})

test('half precision takes half the weights, and frames take what each of them takes', () => {
  const size = { frames: 16, width: 512, height: 512 }
  const half = drawingMemory(modelWith(16), size, card)
  const whole = drawingMemory(modelWith(16), size, targetsFor('cuda', { type: 'float32', fused }))
  const { weightBytes } = drawingMemory(modelWith(16), size, { target: card.target, vaeTarget: card.target })
  assert.equal(whole.weightBytes, 2 * weightBytes)
  assert.ok(half.valueBytes < 0.6 * whole.valueBytes)
  const twice = drawingMemory(modelWith(32), { ...size, frames: 32 }, card)
  assert.ok(twice.valueBytes > 1.8 * half.valueBytes && twice.valueBytes < 2.05 * half.valueBytes)
})

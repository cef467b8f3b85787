// Golden files of the tiny nets as text. A change of a net shows here as a diff that one can read; UPDATE_PRINTED=1 writes the new text.

import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Graph } from '../../../src/engine/onnx/graph.ts'
import { printGraph } from '../../../src/engine/onnx/print.ts'
import { decoderGraph, textGraph, unetGraph } from '../../../src/engine/pipeline/graphs.ts'
import { openModel } from '../../../src/engine/pipeline/model/model.ts'
import { cpu } from '../../../src/engine/targets/cpu.ts'
import { fixtures, tiny } from '../cpu-session.ts'

const model = openModel({ checkpoint: join(tiny, 'checkpoint.safetensors'), motion: join(tiny, 'motion_v3.safetensors') })
const size = { animations: 1, h: 16, w: 16, tokens: 77 }

const nets: Readonly<Record<string, Graph>> = {
  'text-encoder': textGraph(model, cpu(), { prompts: 1, clipSkip: 1 }),
  'unet-still': unetGraph(model, cpu(), { ...size, frames: 1 }),
  'unet-v3-2-frames': unetGraph(model, cpu(), { ...size, frames: 2 }),
  'vae-decoder': decoderGraph(model, cpu(), { pictures: 1, h: 16, w: 16 }),
}

for (const [name, graph] of Object.entries(nets)) {
  test(`${name} is written as it was`, () => {
    const path = join(fixtures, 'printed', `${name}.txt`)
    const printed = printGraph(graph)
    if (process.env['UPDATE_PRINTED']) writeFileSync(path, printed)
    assert.ok(existsSync(path), `${path} is missing; UPDATE_PRINTED=1 writes it`)
    assert.equal(printed, readFileSync(path, 'utf8'), 'the net is written differently; if that is meant, run with UPDATE_PRINTED=1')
  })
}

test('a line is a node: its path, operator, inputs, attributes, type and shape', () => {
  const lines = printGraph(nets['unet-still']!).split('\n')
  assert.equal(lines[0], 'graph unet')
  assert.ok(lines.includes('input sample float32[1,4,16,16]'))
  assert.ok(lines.includes('output noise float32[1,4,16,16]'))
  const named = lines.filter((line) => line.includes(' = '))
  assert.equal(named.length, nets['unet-still']!.nodes.length)
  for (const line of named) assert.match(line, /^\S+ = [\w.]+\(.*\) → (?:\S+ )?(?:float32|int64)\[[\d,]*\]/)
})

// Clips that are steered by pictures, drawn whole.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { elementsOf } from '../../../../src/engine/checkpoint/tensor/tensor.ts'
import { drawingMemory } from '../../../../src/engine/pipeline/drawing-memory.ts'
import { createEngine, type EngineInput } from '../../../../src/engine/pipeline/engine.ts'
import { openModel } from '../../../../src/engine/pipeline/model/model.ts'
import { createSession } from '../../../../src/engine/runtime/session.ts'
import { createSessions } from '../../../../src/engine/runtime/sessions.ts'
import { cpuSession, fixtures, tiny } from '../../cpu-session.ts'
import { writeFirstLayer, writeTinySparseControl } from '../../sparse-control-files.ts'

const dir = mkdtempSync(join(tmpdir(), 'zoetrope-steered-'))
const loaded: { readonly name: string; readonly inputs: readonly string[] }[] = []
const sessions = createSessions({
  budgetBytes: 1e9,
  load: (graph) => {
    loaded.push({ name: graph.name, inputs: graph.inputs.map(({ name }) => name) })
    return createSession(graph)
  },
})
const engine = createEngine({ ...cpuSession, sessions })
after(async () => {
  await engine.close()
  rmSync(dir, { recursive: true })
})

const checkpoint = join(tiny, 'checkpoint.safetensors')
const plain = { checkpoint, motion: join(tiny, 'motion_v3.safetensors'), loras: [] }
const steered = { ...plain, control: writeTinySparseControl(join(dir, 'rgb.safetensors')) }
const drawn = {
  ...plain,
  control: writeFirstLayer('sparsectrl_scribble_diffusers_first_layer', join(dir, 'scribble.safetensors')),
}
const side = 64
const drawing: EngineInput = {
  ...{ model: plain, prompt: 'a red ball', negative: 'blurred', frames: 3, width: side, height: side, steps: 2, seed: 7n },
}
const picture = (shade: number) => ({ count: 1, width: side, height: side, data: new Uint8Array(side * side * 3).fill(shade) })

async function draw(changes: Partial<EngineInput>): Promise<Uint8Array> {
  const steps = engine.draw({ ...drawing, ...changes })
  let turn = await steps.next()
  while (!turn.done) turn = await steps.next()
  assert.deepEqual(
    turn.value.notes.filter(({ code }) => code === 'tensors-unused'),
    [],
  )
  return turn.value.frames.data
}

const apart = (a: Uint8Array, b: Uint8Array): number => a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length

test('pictures, their frames and the strength change what is drawn; strength 0 changes nothing', { timeout: 600_000 }, async () => {
  const without = await draw({})
  assert.ok(!loaded.some(({ inputs }) => inputs.some((name) => name.startsWith('control'))), 'without one the graph is as it was')
  const control = { pictures: picture(200), at: [0] }
  const off = await draw({ model: steered, control: { ...control, strength: 0 } })
  assert.ok(apart(off, without) < 0.01, 'only the order of additions')
  const graphs = loaded.length
  const whole = await draw({ model: steered, control })
  const half = await draw({ model: steered, control: { ...control, strength: 0.5 } })
  const other = await draw({ model: steered, control: { ...control, pictures: picture(20) } })
  const last = await draw({ model: steered, control: { ...control, at: [-1] } })
  assert.equal(loaded.length, graphs, 'one session draws them all')
  for (const [name, one] of Object.entries({ whole, half, other, last })) assert.ok(apart(one, without) > 0.1, name)
  for (const [name, one] of Object.entries({ half, other, last })) assert.ok(apart(one, whole) > 0.1, name)
  assert.deepEqual(await draw({ model: steered, control }), whole)
  assert.deepEqual(await draw({}), without, 'the session without one is as it was')
})

test('drawings steer as pixels, in windows around the UNet and inside the motion modules', { timeout: 600_000 }, async () => {
  const clip = { windowLength: 4, windowOverlap: 1 }
  const control = { pictures: picture(250), at: [1] }
  const [a, b] = [await draw({ model: drawn, control, frames: 7, clip }), await draw({ frames: 7, clip })]
  assert.ok(apart(a, b) > 0.1)
  const inside = { ...clip, windowLevel: 'motion-module' } as const
  assert.equal((await draw({ model: drawn, control, frames: 7, clip: inside })).length, a.length)
})

test('a still is steered too, and so is one whose words travel', { timeout: 600_000 }, async () => {
  const control = { pictures: picture(200), at: [0] }
  assert.ok(apart(await draw({ model: steered, control, frames: 1 }), await draw({ frames: 1 })) > 0.1)
  assert.equal((await draw({ model: steered, control, prompt: '0: a ball | 2: a boat' })).length, 3 * side * side * 3)
})

test('a clip that nobody insisted on how to loop keeps the frames that it was given pictures for', { timeout: 600_000 }, async () => {
  const pictures = { count: 2, width: side, height: side, data: new Uint8Array(2 * side * side * 3).fill(255, side * side * 3) }
  const frames = await draw({ model: steered, control: { pictures, at: [0, -1] }, frames: 6, clip: { loop: 'auto' } })
  const each = side * side * 3
  const shown = Array.from({ length: 6 }, (_, i) => frames.subarray(i * each, (i + 1) * each))
  assert.ok(apart(shown[1]!, shown[5]!) > 0, 'it is not played back')
})

test('memory is foretold with the SparseCtrl in it', () => {
  const size = { frames: 2, width: side, height: side }
  const [without, beside] = [openModel(plain), openModel(steered)].map((model) => drawingMemory(model, size, cpuSession))
  const own = [...openModel(steered).control!.tensors].filter(([name]) => name !== 'conv_in.weight')
  const numbers = own.reduce((sum, [, { shape }]) => sum + elementsOf(shape), 0)
  const more = beside!.weightBytes - without!.weightBytes - 4 * numbers
  assert.ok(more >= 0 && more < 100, `${more} bytes of shapes`)
  assert.ok(beside!.valueBytes > without!.valueBytes)
})

test('what does not fit is refused before anything is loaded', async () => {
  const control = { pictures: picture(0), at: [0] }
  const before = loaded.length
  const cases: [Partial<EngineInput>, string][] = [
    [{ control }, 'control-missing'],
    [{ model: steered }, 'control-pictures'],
    [{ model: steered, control: { ...control, at: [3] } }, 'control-frame'],
    [{ model: steered, control: { ...control, pictures: { ...picture(0), width: 32 } } }, 'given-size'],
    [{ model: steered, control, method: 'zero' }, 'control-zero'],
    [{ model: { ...plain, control: plain.motion }, control }, 'checkpoint-part'],
    [{ model: { ...plain, control: join(fixtures, 'train/sparsectrl_extra.safetensors') }, control }, 'control-net'],
    [{ model: { ...plain, motion: steered.control } }, 'checkpoint-part'],
    [{ model: { ...plain, checkpoint: steered.control } }, 'checkpoint-part'],
    [{ model: { ...plain, vae: steered.control } }, 'checkpoint-part'],
    [{ model: { ...plain, loras: [{ file: steered.control, strength: 1 }] } }, 'lora-fits-nothing'],
    [{ model: { ...steered, checkpoint: 'models/pocket', motion: 'models/pocket/motion' }, control }, 'control-base'],
  ]
  for (const [changes, code] of cases) await assert.rejects(draw(changes), { code }, code)
  assert.equal(loaded.length, before)
})

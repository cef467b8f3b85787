// What is trained, as other programs read it: begun, written, and read back through the readers for everybody's files.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { lowRankFactors } from '../../../../src/engine/checkpoint/lora/merge/merge.ts'
import { readLora } from '../../../../src/engine/checkpoint/lora/read.ts'
import { openTensorFile } from '../../../../src/engine/checkpoint/open.ts'
import { elementsOf, float32Of } from '../../../../src/engine/checkpoint/tensor/tensor.ts'
import { isSinusoidal } from '../../../../src/engine/nets/sinusoidal-positions.ts'
import { netsOf, openModel } from '../../../../src/engine/pipeline/model/model.ts'
import { trainingTarget } from '../../../../src/engine/targets/training.ts'
import type { Parameters } from '../../../../src/engine/training/parameters.ts'
import type { Trainee } from '../../../../src/engine/training/trainees/trainee.ts'
import { type TraineeName, type TraineeOptions, traineeFor } from '../../../../src/engine/training/trainees/trainee-for.ts'
import { writeTrained } from '../../../../src/engine/training/trainees/write-trained.ts'
import { cpuSession, someNumbers, tiny } from '../../cpu-session.ts'

const folder = mkdtempSync(join(tmpdir(), 'zoetrope-trained-'))
after(() => rmSync(folder, { recursive: true }))

const model = openModel({ checkpoint: join(tiny, 'checkpoint.safetensors'), motion: join(tiny, 'motion_v3.safetensors') })
const options = { rank: 3, alpha: 6, frames: 1, seed: 1n, writtenType: 'float32', layout: 'official', continues: false } as const
const clips = { frames: 2 }

const parametersOf = ({ objective, moves }: Trainee): Parameters =>
  objective.graph(trainingTarget(cpuSession.target), { frames: moves ? 2 : 1, h: 8, w: 8 }, {}).parameters

/** Some numbers for every parameter, and the file that they become. */
function written(name: TraineeName, change: Partial<TraineeOptions> = {}): { values: (parameter: string) => Float32Array; path: string } {
  const trainee = traineeFor(name, model, { ...options, ...change })
  const parameters = parametersOf(trainee)
  const all = someNumbers(parameters.length)
  const values = (parameter: string): Float32Array => parameters.view(all, parameter)
  const path = join(folder, `${name}.safetensors`)
  writeTrained(path, trainee.written(values), new Map([['ss_seed', '1']]))
  return { values, path }
}

for (const [name, first, alpha] of [
  ['lora', 'lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight', true],
  ['adapter', 'down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora.up.weight', false],
  [
    'motion-lora',
    'down_blocks.0.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks.0.processor.to_out_lora.down.weight',
    false,
  ],
] as const) {
  test(`every factor of the ${name} is found where it was learned, under the names that others read`, () => {
    const { values, path } = written(name, name === 'motion-lora' ? clips : {})
    const file = openTensorFile(path)
    assert.ok(file.tensors.has(first), [...file.tensors.keys()].slice(0, 4).join())
    assert.equal(file.metadata.get('ss_seed'), '1')
    assert.equal(
      [...file.tensors.keys()].some((tensor) => tensor.endsWith('.alpha')),
      alpha,
    )
    const { deltas, ignored } = readLora(file, netsOf(model))
    assert.deepEqual(ignored, [])
    assert.ok(deltas.length >= 20)
    for (const delta of deltas) {
      assert.ok(delta.kind === 'low-rank')
      assert.equal(delta.scale, alpha ? 2 : 1)
      const { down, up } = lowRankFactors(delta)
      assert.deepEqual(down, values(`${delta.weight}.lora_down`).slice())
      assert.deepEqual(up, values(`${delta.weight}.lora_up`).slice())
    }
  })
}

test('a motion module in the official layout opens as what it is, tensor by tensor', () => {
  const { values, path } = written('motion')
  const { motion } = openModel({ checkpoint: join(tiny, 'checkpoint.safetensors'), motion: path })
  assert.equal(motion!.architecture.version, 'v3')
  assert.deepEqual(motion!.architecture.widths, model.unet.architecture.widths)
  assert.equal(motion!.architecture.maxFrames, 32)
  for (const [name, tensor] of motion!.tensors) assert.deepEqual(float32Of(tensor), values(name).slice(), name)
  // Programs tell a module's kind by its tables; PositionalEncoding in animatediff/models/motion_module.py.
  const table = openTensorFile(path).tensors.get(
    'down_blocks.0.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks.1.pos_encoder.pe',
  )!
  const [, rows, C] = table.shape as [number, number, number]
  assert.deepEqual(table.shape, [1, 32, model.unet.architecture.widths[0]])
  const rate = (k: number): number => Math.exp(2 * k * (-Math.log(10_000) / C))
  const expected = Array.from({ length: rows * C }, (_, i) => {
    const [position, k] = [Math.floor(i / C), Math.floor((i % C) / 2)]
    return (i % 2 === 0 ? Math.sin : Math.cos)(position * rate(k))
  })
  assert.ok(float32Of(table).every((value, i) => Math.abs(value - expected[i]!) < 1e-5))
})

test('a folder has what diffusers needs to know besides', () => {
  const trainee = traineeFor('motion', model, { ...options, layout: 'diffusers' })
  const parameters = parametersOf(trainee)
  const out = join(folder, 'motion')
  writeTrained(
    out,
    trainee.written((name) => parameters.view(new Float32Array(parameters.length), name)),
    new Map(),
  )
  const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')) as Record<string, unknown>
  assert.deepEqual([config['_class_name'], config['motion_num_attention_heads']], ['MotionAdapter', 8])
  const { tensors } = openTensorFile(join(out, 'diffusion_pytorch_model.safetensors'))
  const tables = [...tensors.keys()].filter((name) => name.endsWith('.pos_embed.pe'))
  assert.equal(tables.length, [...tensors.keys()].filter((name) => name.endsWith('.proj_in.weight')).length, 'one a module')
  const [C] = model.unet.architecture.widths
  const table = tensors.get('down_blocks.0.motion_modules.0.transformer_blocks.0.pos_embed.pe')!
  assert.deepEqual(table.shape, [1, 32, C])
  assert.ok(isSinusoidal({ ...table, shape: [32, C!] }))
  assert.equal(openModel({ checkpoint: join(tiny, 'checkpoint.safetensors'), motion: out }).motion!.architecture.heads, 8)
})

test('what begins changes nothing: last projections and the ups are zero, the rest is within one over the root of the fan-in', () => {
  for (const name of ['motion', 'lora', 'motion-lora'] as const) {
    const trainee = traineeFor(name, model, { ...options, ...(name === 'motion-lora' && clips) })
    for (const parameter of parametersOf(trainee).all) {
      const values = trainee.start(parameter)
      assert.equal(values.length, elementsOf(parameter.shape))
      const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
      if (/\.proj_out\.(weight|bias)$|\.lora_up$|\.norm\d?\.bias$/.test(parameter.name)) assert.equal(most, 0, parameter.name)
      else if (/\.norm\d?\.weight$/.test(parameter.name)) assert.ok(values.every((value) => value === 1))
      else if (parameter.shape.length > 1) {
        const bound = 1 / Math.sqrt(elementsOf(parameter.shape.slice(1)))
        assert.ok(most <= bound && most > 0.7 * bound, `${parameter.name}: ${most} of ${bound}`)
      } else assert.ok(most > 0, parameter.name)
    }
  }
})

test('a LoRA of clips learns the same factors beside the motion module, which stays as it is', () => {
  const [still, moving] = [options, { ...options, ...clips }].map((it) => parametersOf(traineeFor('lora', model, it)))
  assert.deepEqual(moving!.all, still!.all)
  const graph = traineeFor('lora', model, { ...options, ...clips }).objective.graph(
    trainingTarget(cpuSession.target),
    { frames: 2, h: 8, w: 8 },
    {},
  )
  assert.ok([...graph.graph.initializers.keys()].some((name) => name.includes('motion_modules')))
})

/** Each weight's factors, with what they are multiplied by. */
function factorsIn(path: string): Record<string, unknown> {
  const { deltas } = readLora(openTensorFile(path), netsOf(model))
  return Object.fromEntries(
    deltas.map((delta) => {
      assert.ok(delta.kind === 'low-rank')
      return [delta.weight, { ...lowRankFactors(delta), rank: delta.rank, scale: delta.scale }]
    }),
  )
}

/** What a training that goes on with it writes before its first step. */
function goneOnWith(kind: TraineeName, from: string, change: Partial<TraineeOptions> = {}): string {
  const trainee = traineeFor(kind, model, { ...options, ...change, from })
  const start = new Map(parametersOf(trainee).all.map((parameter) => [parameter.name, trainee.start(parameter)]))
  const path = join(folder, 'gone-on-with.safetensors')
  writeTrained(
    path,
    trainee.written((name) => start.get(name)),
    new Map(),
  )
  return path
}

for (const kind of ['lora', 'adapter', 'motion-lora'] as const) {
  test(`a ${kind} goes on as it was, its ranks too`, () => {
    const change = kind === 'motion-lora' ? clips : {}
    const { path } = written(kind, { ...change, rank: 5, alpha: 2 })
    assert.deepEqual(factorsIn(goneOnWith(kind, path, change)), factorsIn(path))
  })
}

test('a LoRA of other programs goes on where it is, its convolutions too', () => {
  const path = join(tiny, 'lyco_locon_tucker.safetensors')
  const factors = factorsIn(path)
  assert.ok(Object.keys(factors).some((weight) => weight.includes('.resnets.')))
  assert.deepEqual(factorsIn(goneOnWith('lora', path)), factors)
})

test('what no training goes on with is refused in a sentence', () => {
  for (const [from, sentence] of [
    [
      join(tiny, 'motion_lora.safetensors'),
      /motion_lora\.safetensors changes the motion module, and what is learned here changes the UNet alone\.$/,
    ],
    [join(tiny, 'lyco_lokr_tucker.safetensors'), /changes \S+\.weight otherwise than by two factors \(kronecker\)/],
  ] as const) {
    assert.throws(() => traineeFor('lora', model, { ...options, from }), { code: 'train-from', message: sentence })
  }
})

test('a motion LoRA, and a LoRA of clips, need a motion module', () => {
  for (const [kind, sentence] of [
    ['motion-lora', /^A motion LoRA is learned on a motion module/],
    ['lora', /^A LoRA of clips is learned on a motion module/],
  ] as const) {
    const without = { ...model, motion: null }
    assert.throws(() => traineeFor(kind, without, { ...options, ...clips }), { code: 'train-no-motion', message: sentence })
  }
})

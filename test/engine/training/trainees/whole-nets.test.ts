// Whole image models, VAEs, new words and SparseCtrls: what they are shown, that they learn, and the files that they become.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { identify } from '../../../../src/engine/checkpoint/identify/identify.ts'
import { openTensorFile } from '../../../../src/engine/checkpoint/open.ts'
import { elementsOf, float32Of } from '../../../../src/engine/checkpoint/tensor/tensor.ts'
import { openModel } from '../../../../src/engine/pipeline/model/model.ts'
import { createSession } from '../../../../src/engine/runtime/session.ts'
import { trainingTarget } from '../../../../src/engine/targets/training.ts'
import { readEmbedding } from '../../../../src/engine/text/embeddings.ts'
import type { Objective, TrainingItem } from '../../../../src/engine/training/objectives/objective.ts'
import { animateDiffAdamW, startState } from '../../../../src/engine/training/optimizer.ts'
import type { Parameters } from '../../../../src/engine/training/parameters.ts'
import { type Example, takeStep } from '../../../../src/engine/training/step.ts'
import type { Trainee } from '../../../../src/engine/training/trainees/trainee.ts'
import { type TraineeName, type TraineeOptions, traineeFor } from '../../../../src/engine/training/trainees/trainee-for.ts'
import { writeTrained } from '../../../../src/engine/training/trainees/write-trained.ts'
import type { TrainingGraph } from '../../../../src/engine/training/training-graph.ts'
import { openTrainingSession } from '../../../../src/engine/training/training-session.ts'
import { cpuSession, someNumbers, tiny } from '../../cpu-session.ts'

const folder = mkdtempSync(join(tmpdir(), 'zoetrope-trainees-'))
after(() => rmSync(folder, { recursive: true }))

const checkpoint = join(tiny, 'checkpoint.safetensors')
const model = openModel({ checkpoint, motion: join(tiny, 'motion_v3.safetensors') })
const options: TraineeOptions = {
  ...{ rank: 2, alpha: 2, frames: 3, seed: 1n, writtenType: 'float32', layout: 'official', continues: false },
  ...{ word: 'blorp', initialWords: 'red ball', vectors: 3, textEncoder: true, shownFrames: 2 },
}
const traineeOf = (name: TraineeName, change: Partial<TraineeOptions> = {}): Trainee => traineeFor(name, model, { ...options, ...change })

const side = 8
const sizeOf = ({ moves }: Trainee) => ({ frames: moves ? 3 : 1, h: side, w: side })
const graphOf = (trainee: Trainee): TrainingGraph => trainee.objective.graph(trainingTarget(cpuSession.target), sizeOf(trainee), {})

/** Of one picture or clip of made-up numbers. */
async function exampleOf({ objective, ...trainee }: Trainee, n = 0): Promise<Example> {
  const { latentChannels: C, factor } = model.vae.architecture
  const length = objective.keeps === 'pixels' ? 3 * (side * factor) ** 2 : 2 * C * side ** 2
  const { frames } = sizeOf({ objective, ...trainee })
  const item: TrainingItem = { caption: 'a blorp', frames, read: (shown) => someNumbers(shown.length * length, 5) }
  const captions = await captionsOf(objective, ['a blorp'])
  const source = { items: [item], captions, window: { frames, stride: 1 }, seed: 1n }
  return objective.examples({ ...source, weighting: 'none', offsetNoise: 0, emptyCaptions: 0, flip: false })(n, 1)
}

const captionsOf = (objective: Objective, captions: readonly string[]) =>
  objective.captions(captions, { target: cpuSession.target, clipSkip: 1, load: (graph) => createSession(graph) })

function startOf(trainee: Trainee, parameters: Parameters): Float32Array {
  const weights = new Float32Array(parameters.length)
  for (const parameter of parameters.all) parameters.view(weights, parameter.name).set(trainee.start(parameter))
  return weights
}

const kinds = ['t2i', 'vae', 'textual-inversion', 'sparsectrl'] as const

for (const name of kinds) {
  test(`a few steps on one example make the loss of ${name} smaller`, { timeout: 300_000 }, async () => {
    const trainee = traineeOf(name, { vaePart: 'whole' })
    const { graph, parameters } = graphOf(trainee)
    const session = await openTrainingSession(graph)
    const state = startState(startOf(trainee, parameters))
    const example = await exampleOf(trainee)
    const losses: number[] = []
    const learningRate = name === 'textual-inversion' ? 0.03 : 1e-3
    for (let i = 0; i < 5; i++)
      losses.push((await takeStep(session, parameters, { ...animateDiffAdamW, learningRate }, state, [example])).loss)
    await session.release()
    assert.ok(losses.at(-1)! < 0.99 * losses[0]!, `${losses}`)
  })
}

/** What has some numbers for every parameter becomes, in the folder of this test. */
function written(name: TraineeName, out: string, change: Partial<TraineeOptions> = {}) {
  const trainee = traineeOf(name, change)
  const { parameters } = graphOf(trainee)
  const all = someNumbers(parameters.length)
  const values = (parameter: string): Float32Array | undefined => (parameters.has(parameter) ? parameters.view(all, parameter) : undefined)
  const path = join(folder, out)
  writeTrained(path, trainee.written(values), new Map([['ss_seed', '1']]))
  return { path, values }
}

test('a whole model is written as a folder that opens as what it was made from, with what was learned', () => {
  const { path, values } = written('t2i', 't2i')
  const back = openModel({ checkpoint: path })
  for (const part of ['unet', 'text', 'vae'] as const) {
    assert.deepEqual(back[part].architecture, model[part].architecture)
    assert.deepEqual(new Set(back[part].tensors.keys()), new Set(model[part].tensors.keys()))
    for (const [name, tensor] of back[part].tensors) {
      const learned = values(name)
      assert.equal(learned === undefined, part === 'vae', name)
      assert.deepEqual(float32Of(tensor).slice(), (learned ?? float32Of(model[part].tensors.get(name)!)).slice(), name)
    }
  }
  const words = 'A red ball, bouncing in a meadow; naïve'
  assert.deepEqual(back.tokenizer.encode(words), model.tokenizer.encode(words))
  assert.deepEqual({ ...back.tokenizer, encode: 0 }, { ...model.tokenizer, encode: 0 })
  assert.equal(back.trained.checkpointBetas, 'scaled_linear')
  assert.equal(openTensorFile(join(path, 'unet/diffusion_pytorch_model.safetensors')).metadata.get('ss_seed'), '1')
  const index = JSON.parse(readFileSync(join(path, 'model_index.json'), 'utf8')) as Record<string, unknown>
  assert.deepEqual(index['text_encoder'], ['transformers', 'CLIPTextModel'])
})

test('without the text encoder it stays as it was, and with it what the graph does not read does', () => {
  const alone = graphOf(traineeOf('t2i', { textEncoder: false })).parameters
  assert.ok(alone.all.every(({ name }) => model.unet.tensors.has(name)))
  const skipping = graphOf(traineeOf('t2i', { clipSkip: 2 })).parameters
  const last = `text_model.encoder.layers.${model.text.architecture.layers - 1}.`
  assert.ok(!skipping.all.some(({ name }) => name.startsWith(last)))
  assert.ok(skipping.has('text_model.final_layer_norm.weight'))
})

test('of a VAE the decoder learns, and where that is asked all of it', () => {
  for (const vaePart of ['decoder', 'whole'] as const) {
    const { path, values } = written('vae', `vae-${vaePart}`, { vaePart })
    const { vae } = openModel({ checkpoint, vae: path })
    assert.deepEqual(vae.architecture, model.vae.architecture)
    for (const [name, tensor] of vae.tensors) {
      const learns = vaePart === 'whole' || /^(decoder|post_quant_conv)/.test(name)
      assert.equal(values(name) !== undefined, learns, name)
      assert.deepEqual(float32Of(tensor).slice(), (values(name) ?? float32Of(model.vae.tensors.get(name)!)).slice(), name)
    }
  }
})

test('a word is written under its name, and begins as the words that it is near to, over and over', () => {
  const { path, values } = written('textual-inversion', 'word.safetensors')
  const file = openTensorFile(path)
  assert.deepEqual([...file.tensors.keys()], ['blorp'])
  const { width: D } = model.text.architecture
  const vectors = readEmbedding(path, D)
  assert.equal(vectors.length, 3)
  assert.deepEqual(Float32Array.from(vectors.flatMap((vector) => [...vector])), values('word_vectors')!.slice())
  const identity = identify(file)
  assert.ok(identity.kind === 'textual-inversion' && identity.embedding.word === 'blorp')

  const rows = float32Of(model.text.tensors.get('text_model.embeddings.token_embedding.weight')!)
  const ids = model.tokenizer.encode('red ball')
  const start = traineeOf('textual-inversion').start({ name: 'word_vectors', shape: [3, D], offset: 0 })
  for (let v = 0; v < 3; v++) {
    const id = ids[v % ids.length]!
    assert.deepEqual(start.slice(v * D, (v + 1) * D), rows.slice(id * D, (id + 1) * D))
  }
})

test('a caption has the word where it stands, or in front; the empty one has none', async () => {
  const { objective } = traineeOf('textual-inversion')
  const captions = await captionsOf(objective, ['a BLORP here', 'in the snow'])
  const placed = (caption: string): number[] => {
    const { keep } = captions.get(caption)! as { keep: Float32Array }
    return [...keep].flatMap((value, i) => (value === 0 ? [i] : []))
  }
  const first = 1 + model.tokenizer.encode('a').length
  assert.deepEqual(placed('a BLORP here'), [first, first + 1, first + 2])
  assert.deepEqual(placed('in the snow'), [1, 2, 3])
  assert.deepEqual(placed(''), [])
  const { placement } = captions.get('in the snow')! as { placement: Float32Array }
  assert.deepEqual([...placement.subarray(3, 12)], [1, 0, 0, 0, 1, 0, 0, 0, 1])
})

test('a word needs a name and words to begin as', () => {
  assert.throws(() => traineeOf('textual-inversion', { word: ' ' }), { code: 'train-word' })
  assert.throws(() => traineeOf('textual-inversion', { initialWords: '' }), { code: 'train-word' })
})

test('a SparseCtrl is written under the names that AnimateDiff publishes, or as diffusers has it', () => {
  const { path, values } = written('sparsectrl', 'sparse.safetensors')
  const file = openTensorFile(path)
  const identity = identify(file)
  assert.ok(identity.kind === 'sparse-control')
  const { condition, channels, widths, motion } = identity.control
  assert.deepEqual([condition, channels, widths, motion.attentionsPerBlock], ['latents', 5, model.unet.architecture.widths, 1])
  // animatediff/models/sparse_controlnet.py, its motion modules with one attention: 476 tensors that learn and 8 tables of positions.
  assert.equal(file.tensors.size, 484)
  for (const [name, tensor] of openTensorFile(join(tiny, '../train/sparsectrl_extra.safetensors')).tensors) {
    assert.deepEqual(file.tensors.get(name)?.shape, tensor.shape, name)
  }
  const module = 'down_blocks.0.motion_modules.0.temporal_transformer.transformer_blocks.0'
  const learned = (name: string) => values(`sparse_control.${name}`)!.slice()
  assert.deepEqual(
    float32Of(file.tensors.get(`${module}.attention_blocks.0.to_q.weight`)!).slice(),
    learned('down_blocks.0.motion_modules.0.transformer_blocks.0.attn1.to_q.weight'),
  )
  assert.deepEqual(float32Of(file.tensors.get('mid_block.resnets.0.conv1.weight')!).slice(), learned('mid_block.resnets.0.conv1.weight'))
  // The noisy latents are not shown to it: only the bias of its first convolution is read.
  assert.deepEqual(float32Of(file.tensors.get('conv_in.weight')!), float32Of(model.unet.tensors.get('conv_in.weight')!))

  const { path: out } = written('sparsectrl', 'sparse', { layout: 'diffusers' })
  const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')) as Record<string, unknown>
  assert.deepEqual([config['_class_name'], config['concat_conditioning_mask']], ['SparseControlNetModel', true])
  const again = openModel({ checkpoint: join(tiny, 'checkpoint.safetensors'), control: out }).control!
  const official = openModel({ checkpoint: join(tiny, 'checkpoint.safetensors'), control: path }).control!
  assert.deepEqual([...again.tensors.keys()].sort(), [...official.tensors.keys()].sort())
  assert.deepEqual(again.architecture, official.architecture)
  assert.ok(
    openTensorFile(join(out, 'diffusion_pytorch_model.safetensors')).tensors.has(
      'down_blocks.0.motion_modules.0.transformer_blocks.0.norm3.weight',
    ),
  )
})

test('a SparseCtrl begins as a copy between convolutions of zero, and sees some frames with a mask', async () => {
  const trainee = traineeOf('sparsectrl')
  for (const parameter of graphOf(trainee).parameters.all) {
    const values = trainee.start(parameter)
    assert.equal(values.length, elementsOf(parameter.shape))
    if (parameter.name.includes('controlnet_'))
      assert.ok(
        values.every((value) => value === 0),
        parameter.name,
      )
  }
  const shown: string[] = []
  for (let n = 0; n < 40; n++) {
    const { feeds } = await exampleOf(trainee, n)
    const condition = feeds['condition'] as Float32Array
    const frame = condition.length / 3
    const places = side * side
    const mask = [0, 1, 2].map((f) => condition[f * frame + frame - places]!)
    for (const [f, is] of mask.entries()) {
      const part = condition.subarray(f * frame, (f + 1) * frame)
      assert.ok(part.subarray(frame - places).every((value) => value === is))
      assert.equal(
        part.some((value) => value !== 0),
        is === 1,
      )
    }
    shown.push(mask.join(''))
  }
  assert.ok(shown.filter((mask) => mask === '100').length >= 14, 'the first alone, half of the time')
  assert.ok(!shown.includes('111') && !shown.includes('000'), 'two of three at most')
  assert.ok(shown.includes('010') || shown.includes('001'))
})

test('a SparseCtrl needs a motion module', () => {
  assert.throws(() => traineeFor('sparsectrl', { ...model, motion: null }, options), { code: 'train-no-motion' })
})

// Nets in training: what is trained, in how little memory, and what a step changes.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { elementsOf, float32Of } from '../../../src/engine/checkpoint/tensor/tensor.ts'
import { openModel } from '../../../src/engine/pipeline/model/model.ts'
import { trainingTarget } from '../../../src/engine/targets/training.ts'
import { denoiserTraining } from '../../../src/engine/training/objectives/denoiser.ts'
import { animateDiffAdamW, startState, update } from '../../../src/engine/training/optimizer.ts'
import { type Gradients, type Parameters, parametersOf } from '../../../src/engine/training/parameters.ts'
import { checkpointingFor, type Recomputation, recomputations } from '../../../src/engine/training/recompute.ts'
import { accumulate, type Example, takeStep } from '../../../src/engine/training/step.ts'
import type { TrainingGraph } from '../../../src/engine/training/training-graph.ts'
import { forecastMemory, openTrainingSession } from '../../../src/engine/training/training-session.ts'
import { cpuSession, someNumbers, tiny } from '../cpu-session.ts'

const model = openModel({ checkpoint: join(tiny, 'checkpoint.safetensors'), motion: join(tiny, 'motion_v3.safetensors') })
const trained = (name: string): boolean => model.motion!.tensors.has(name)

const motionTraining = (recomputation: Recomputation = 'none', frames = 3, side = 8): TrainingGraph =>
  denoiserTraining(model, trainingTarget(cpuSession.target), {
    frames,
    h: side,
    w: side,
    tokens: 77,
    trained,
    ...checkpointingFor(recomputation),
  })

function start(parameters: Parameters): Float32Array {
  const weights = new Float32Array(parameters.length)
  for (const { name } of parameters.all) parameters.view(weights, name).set(float32Of(model.motion!.tensors.get(name)!))
  return weights
}

/** Some numbers for everything that is neither trained nor the weight. */
function example({ graph, parameters }: TrainingGraph, weight: number, seed = 1): Example {
  const given = new Set([...parameters.views.map(({ input }) => input), 'weight'])
  const inputs = graph.inputs.filter(({ name }) => !given.has(name))
  return { feeds: Object.fromEntries(inputs.map(({ name, shape }, i) => [name, someNumbers(elementsOf(shape), seed + i)])), weight }
}

test('however little is kept, the gradients are the same to the last bit', async () => {
  const found: Gradients[] = []
  for (const recomputation of recomputations) {
    const built = motionTraining(recomputation)
    const session = await openTrainingSession(built.graph)
    found.push((await accumulate(session, built.parameters, start(built.parameters), [example(built, 1)])).gradients)
    await session.release()
  }
  assert.deepEqual(found[1], found[0])
  assert.deepEqual(found[2], found[0])
})

test('the less is kept, the less memory is foretold', () => {
  const bytes = recomputations.map((recomputation) => forecastMemory(motionTraining(recomputation, 16, 32)).valueBytes)
  assert.ok(bytes[1]! < 0.9 * bytes[0]! && bytes[2]! < 0.95 * bytes[1]!, `${bytes}`)
})

test('every trained tensor has its place in one array, in parts where the net reads parts', () => {
  const { parameters } = motionTraining()
  const names = new Set(parameters.all.map(({ name }) => name))
  assert.deepEqual(names, new Set(model.motion!.tensors.keys()))
  const halves = parameters.views.filter(({ input }) =>
    input.startsWith('down_blocks.0.motion_modules.0.transformer_blocks.0.ff.net.0.proj.weight'),
  )
  assert.deepEqual(
    halves.map(({ input }) => input.slice(-5)),
    ['[0/2]', '[1/2]'],
  )
  assert.equal(halves[1]!.offset, halves[0]!.offset + halves[0]!.length)
  const covered = parameters.views.reduce((sum, { length }) => sum + length, 0)
  assert.equal(covered, parameters.length)
})

test('the gradient of two examples is the sum of each, in the weights that they have', async () => {
  const built = motionTraining()
  const { parameters } = built
  const session = await openTrainingSession(built.graph)
  const weights = start(parameters)
  const gradients = async (examples: readonly Example[]): Promise<Gradients> =>
    (await accumulate(session, parameters, weights, examples)).gradients
  const both = await gradients([example(built, 0.25, 1), example(built, 0.75, 9)])
  const [one, other] = [await gradients([example(built, 1, 1)]), await gradients([example(built, 1, 9)])]
  await session.release()
  for (const [name, sum] of Object.entries(both)) {
    const size = Math.hypot(...sum)
    const apart = Math.hypot(...sum.map((value, i) => value - 0.25 * one[name]![i]! - 0.75 * other[name]![i]!))
    assert.ok(apart <= 1e-5 * size + 1e-8, `${name} is ${apart} of ${size} off`)
  }
})

test('a few steps on one clip make its loss smaller', async () => {
  const built = motionTraining('selective')
  const session = await openTrainingSession(built.graph)
  const state = startState(start(built.parameters))
  const losses: number[] = []
  for (let i = 0; i < 6; i++) {
    const { loss, norm } = await takeStep(session, built.parameters, { ...animateDiffAdamW, learningRate: 1e-3 }, state, [
      example(built, 1),
    ])
    losses.push(loss)
    assert.ok(norm > 0)
  }
  await session.release()
  assert.equal(state.step, 6)
  assert.ok(losses[5]! < 0.98 * losses[0]!, `${losses}`)
})

test('a gradient that is no number changes nothing', () => {
  const parameters = parametersOf([{ name: 'w', shape: [3] }])
  const state = startState(Float32Array.of(1, 2, 3))
  const norm = update(state, { w: Float32Array.of(0, Number.NaN, 1) }, parameters, animateDiffAdamW)
  assert.ok(Number.isNaN(norm))
  assert.deepEqual(state, startState(Float32Array.of(1, 2, 3)))
})

test('a tensor without a gradient only decays', () => {
  const parameters = parametersOf([
    { name: 'a', shape: [1] },
    { name: 'b', shape: [1] },
  ])
  const state = startState(Float32Array.of(1, 1))
  update(state, { a: Float32Array.of(0.5) }, parameters, { ...animateDiffAdamW, learningRate: 0.1, weightDecay: 0.5, clip: 0 })
  assert.deepEqual(
    [...state.weights].map((value) => value.toFixed(4)),
    ['0.8500', '0.9500'],
  )
})

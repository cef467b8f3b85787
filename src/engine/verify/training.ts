// Gradients, losses, AdamW and running averages against a folder of training answers, which holds every trainable tensor's gradient, whole
// or as a digest. Cases of one graph are computed in one session.

import { UserError } from '../errors.ts'
import type { Value } from '../onnx/graph.ts'
import type { Session } from '../runtime/session.ts'
import { trainingTarget } from '../targets/training.ts'
import { type AverageOptions, decayAt, follow } from '../training/moving-average.ts'
import { type AdamW, animateDiffAdamW, createOptimizer, normOf, type OptimizerState, startState } from '../training/optimizer.ts'
import { type Parameters, parametersOf } from '../training/parameters.ts'
import { accumulate, takeStep } from '../training/step.ts'
import { type Comparison, compare } from './comparison.ts'
import type { TestSession } from './test-session.ts'
import { tolerancesFor } from './tolerance.ts'
import { type Digest, openTrainingAnswers, type TrainingAnswers } from './training-answers.ts'
import { type TrainingCase, trainingCases } from './training-cases.ts'

/** On a CPU in float32; other devices may be off as many times as their nets may be. */
const limits = { loss: 1e-5, whole: 2e-5, tensor: 1e-4, zero: 1e-6, weights: 1e-6 }
type Limits = typeof limits

/** @throws UserError `verify-answer` for a case that is not known, and those of opening files */
export async function* checkTraining(dir: string, session: TestSession): AsyncGenerator<Comparison> {
  const answers = openTrainingAnswers(dir)
  const wide = tolerancesFor(session.target).net / 1e-5
  const allowed = Object.fromEntries(Object.entries(limits).map(([name, value]) => [name, value * wide])) as Limits
  const writers = { target: trainingTarget(session.target), vaeTarget: trainingTarget(session.vaeTarget) }
  const groups = new Map<string, { readonly name: string; readonly it: TrainingCase }[]>()
  for (const name of new Set([...Object.keys(answers.tables.cases), ...Object.keys(answers.tables.adamw)])) {
    const read = trainingCases[name]
    if (!read) throw new UserError('verify-answer', `${dir} answers for a training case ${name}, which is not known.`, { dir, name })
    const it = read(answers)
    groups.set(it.graph, [...(groups.get(it.graph) ?? []), { name, it }])
  }
  for (const cases of groups.values()) {
    const { graph, parameters } = cases[0]!.it.build(writers)
    const loaded = await session.load(graph)
    try {
      for (const { name, it } of cases) {
        const run = { name, it, answers, parameters, session: loaded, allowed }
        if (answers.tables.cases[name]) yield* checkCase(run)
        if (answers.tables.adamw[name]) yield* checkSteps(run, session)
      }
    } finally {
      await loaded.release()
    }
  }
  yield* checkOptimizers(answers, allowed, session)
}

interface Run {
  readonly name: string
  readonly it: TrainingCase
  readonly answers: TrainingAnswers
  readonly parameters: Parameters
  readonly session: Session
  readonly allowed: Limits
}

function startOf({ it, parameters }: Run): Float32Array {
  const weights = new Float32Array(parameters.length)
  for (const { name } of parameters.all) parameters.view(weights, name).set(it.trained.get(name)!.values())
  return weights
}

/** The tensors of an array of everything trained, by the answers' names; zeros for what the net does not read. */
function namedIn({ it, parameters }: Run, values: Float32Array): Map<string, Float32Array> {
  const read = new Set(parameters.all.map(({ name }) => name))
  return new Map(
    [...it.trained].map(([ours, { name, values: start, told = (it: Float32Array) => it }]) => [
      name,
      read.has(ours) ? told(parameters.view(values, ours)) : start().map(() => 0),
    ]),
  )
}

async function* checkCase(run: Run): AsyncGenerator<Comparison> {
  const { name, it, answers, parameters, session, allowed } = run
  const table = answers.tables.cases[name]!
  const sums = new Float32Array(parameters.length)
  const { loss, losses } = await accumulate(session, parameters, startOf(run), it.examples(0), sums)
  yield compare(`${name} loss`, 'relative', [loss], [table.loss], allowed.loss)
  if (table.of_clips) yield compare(`${name} losses`, 'relative', losses, table.of_clips, allowed.loss)
  yield compare(`${name} norm`, 'relative', [normOf(sums)], [table.grad_norm], allowed.whole)

  const got = namedIn(run, sums)
  const zero = new Set(table.zero)
  const whole = [...got].filter(([tensor]) => answers.gradients.has(`${name}/${tensor}`) && !zero.has(tensor))
  yield* checkWhole(
    `${name} gradients`,
    whole.map(([tensor, values]) => storedRows(answers, `${name}/${tensor}`, values)),
    {
      all: allowed.whole,
      each: allowed.tensor,
    },
  )
  const told = Object.entries(table.tensors).filter(([tensor]) => !zero.has(tensor))
  yield* checkDigests(`${name} digests`, told, got, allowed.tensor)
  if (zero.size > 0) {
    const largest = Math.max(...Object.values(table.tensors).map(([norm]) => norm))
    const most = Math.max(...[...zero].map((tensor) => normOf(found(got, tensor)) / largest))
    yield compare(`${name} zeros`, 'largest', [most], [0], allowed.zero)
  }
}

interface Pair {
  readonly tensor: string
  readonly got: Float32Array
  readonly expected: Float32Array
}

/** A table's gradient is stored as the rows that were used. */
function storedRows({ gradients }: TrainingAnswers, tensor: string, values: Float32Array): Pair {
  const expected = gradients.values(tensor)
  if (!gradients.has(`${tensor}.rows`)) return { tensor, got: values, expected }
  const [, width] = gradients.shape(tensor) as [number, number]
  const got = Float32Array.from(gradients.values(`${tensor}.rows`)).reduce<number[]>((all, row) => {
    all.push(...values.subarray(row * width, (row + 1) * width))
    return all
  }, [])
  return { tensor, got: Float32Array.from(got), expected }
}

function joined(pairs: readonly Pair[], which: 'got' | 'expected'): Float32Array {
  const all = new Float32Array(pairs.reduce((sum, pair) => sum + pair[which].length, 0))
  let at = 0
  for (const { [which]: values } of pairs) {
    all.set(values, at)
    at += values.length
  }
  return all
}

/** All tensors as one, and the worst of them. */
function* checkWhole(
  name: string,
  pairs: readonly Pair[],
  { all, each }: { readonly all: number; readonly each: number },
): Generator<Comparison> {
  if (pairs.length === 0) return
  yield compare(`${name}, all of ${pairs.length}`, 'relative', joined(pairs, 'got'), joined(pairs, 'expected'), all)
  const rows = pairs.map(({ tensor, got, expected }) => compare(tensor, 'relative', got, expected, each))
  yield { ...worstOf(rows), tensor: `${name}, worst: ${shortOf(worstOf(rows).tensor)}` }
}

/** The norm within `allowed`; the sums within as much of the norm, more where many numbers nearly cancel. */
function* checkDigests(
  name: string,
  told: readonly (readonly [string, Digest])[],
  got: ReadonlyMap<string, Float32Array>,
  allowed: number,
): Generator<Comparison> {
  if (told.length === 0) return
  const rows = told.flatMap(([tensor, expected]) =>
    offsets(found(got, tensor), expected).map((offset) => compare(tensor, 'relative', [expected[0] + offset], [expected[0]], allowed)),
  )
  yield { ...worstOf(rows), tensor: `${name} of ${told.length}, worst: ${shortOf(worstOf(rows).tensor)}` }
}

/** Of the three numbers; of the sums less, as far as many numbers nearly cancel. */
function offsets(values: Float32Array, expected: Digest): number[] {
  const room = Math.max(1, Math.sqrt(values.length) / 10)
  return digestOf(values).map((value, i) => (value - expected[i]!) / (i === 0 ? 1 : room))
}

function digestOf(values: Float32Array): [number, number, number] {
  let [squares, sum, wave] = [0, 0, 0]
  for (let i = 0; i < values.length; i++) {
    squares += values[i]! ** 2
    sum += values[i]!
    wave += values[i]! * Math.cos(i)
  }
  return [Math.sqrt(squares), sum, wave]
}

function found(tensors: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const tensor = tensors.get(name)
  if (!tensor) throw new UserError('verify-answer', `The answers speak of ${name}, which is not trained here.`, { name })
  return tensor
}

const worstOf = (rows: readonly Comparison[]): Comparison =>
  rows.find(({ error }) => Number.isNaN(error)) ?? rows.reduce((worst, row) => (row.error > worst.error ? row : worst))

/** The last two words of a long name. */
const shortOf = (tensor: string): string => tensor.split('/').at(-1)!

// Steps -----------------------------------------------------------------------------------------

const averages: Readonly<Record<string, AverageOptions>> = {
  ema5: { decay: 0.99, warmup: 'none' },
  ema_warm5: { decay: 0.9999, warmup: 'ramp' },
}

async function* checkSteps(run: Run, { load }: TestSession): AsyncGenerator<Comparison> {
  const { name, it, answers, parameters, session, allowed } = run
  const table = answers.tables.adamw[name]!
  const state = startState(startOf(run))
  const optimizer = await createOptimizer(animateDiffAdamW, parameters.length, load)
  const followers = new Map(Object.keys(averages).map((key) => [key, state.weights.slice()]))
  const losses: number[] = []
  const norms: number[] = []
  try {
    while (state.step < table.losses.length) {
      const { loss, norm } = await takeStep(session, parameters, optimizer, state, it.examples(state.step))
      losses.push(loss)
      norms.push(norm)
      for (const [key, average] of followers) follow(average, state.weights, decayAt(state.step, averages[key]!))
      const at = `step${state.step}`
      const stored = table.tensors[state.step]
      if (stored) yield* checkWeights(run, at, namedIn(run, state.weights), Object.entries(stored))
    }
    for (const [key, average] of followers) yield* checkWeights(run, key, namedIn(run, average), [])
  } finally {
    await optimizer.release()
  }
  yield compare(`${name} losses of ${losses.length} steps`, 'relative', losses, table.losses, allowed.loss)
  yield compare(`${name} norms of ${norms.length} steps`, 'relative', norms, table.norms_before_clip, allowed.whole)
}

function* checkWeights(
  { name, answers, allowed }: Run,
  at: string,
  got: ReadonlyMap<string, Float32Array>,
  told: readonly (readonly [string, Digest])[],
): Generator<Comparison> {
  // Without a gradient but rounding, Adam walks them at random.
  const left = new Set(answers.tables.adamw[name]!.left_out_of_float32)
  const key = (tensor: string): string => `${name}/${at}/${tensor}`
  const pairs = [...got]
    .filter(([tensor]) => !left.has(tensor) && answers.adamw!.has(key(tensor)))
    .map(([tensor, values]) => ({ tensor, got: values, expected: answers.adamw!.values(key(tensor)) }))
  // All together: the first steps of Adam are signs, so that a tensor which begins at zero is as far off as its smallest gradients.
  if (pairs.length > 0)
    yield compare(`${name} ${at}, all of ${pairs.length}`, 'relative', joined(pairs, 'got'), joined(pairs, 'expected'), allowed.weights)
  const digests = told.filter(([tensor]) => !left.has(tensor))
  if (digests.length === 0) return
  const rows = digests.flatMap(([tensor, expected]) => offsets(found(got, tensor), expected))
  const sizes = digests.flatMap(([, [norm]]) => [norm, norm, norm])
  const moved = rows.map((offset, i) => sizes[i]! + offset)
  yield compare(`${name} ${at}, digests of ${digests.length}`, 'relative', moved, sizes, allowed.weights)
}

// Optimisers alone ------------------------------------------------------------------------------

const followed: Readonly<Record<string, AverageOptions>> = {
  ema_constant: { decay: 0.99, warmup: 'none' },
  ema_diffusers: { decay: 0.9999, warmup: 'ramp' },
  ema_power: { decay: 0.9999, warmup: { power: 0.75 } },
}

async function* checkOptimizers(answers: TrainingAnswers, allowed: Limits, { load }: TestSession): AsyncGenerator<Comparison> {
  const { optimizer: reference, tables } = answers
  if (!reference) return
  const names = reference.names.flatMap((name) => /^start\/(.*)$/.exec(name)?.[1] ?? [])
  const parameters = parametersOf(names.map((name): Pick<Value, 'name' | 'shape'> => ({ name, shape: reference.shape(`start/${name}`) })))
  const read = (prefix: string): Float32Array => {
    const values = new Float32Array(parameters.length)
    for (const name of names) parameters.view(values, name).set(reference.values(`${prefix}/${name}`))
    return values
  }
  for (const [run, { norms_before_clip, clip = 0, weight_decay = 0.01, warmup = 0, accumulate: each = 1 }] of Object.entries(
    tables.optimizer,
  )) {
    // The decay inside the gradient is what AdamW was made against.
    if (run === 'adam_l2') continue
    const options: AdamW = { ...animateDiffAdamW, learningRate: 1e-3, clip, weightDecay: weight_decay }
    const optimizer = await createOptimizer(options, parameters.length, load)
    const state: OptimizerState = startState(read('start'))
    const followers = run === 'adamw_clip' ? Object.keys(followed).map((key) => [key, state.weights.slice()] as const) : []
    const norms: number[] = []
    try {
      for (let step = 1; step <= norms_before_clip.length; step++) {
        const gradient = new Float32Array(parameters.length)
        for (let i = 1; i <= each; i++) {
          const part = read(`gradient${(step - 1) * each + i}`)
          for (let k = 0; k < part.length; k++) gradient[k]! += part[k]! / each
        }
        const factor = warmup > 0 ? Math.min(1, (step - 1) / warmup) : 1
        norms.push((await optimizer.update(state, gradient, factor)).norm)
        yield compare(`${run} step ${step}`, 'relative', state.weights, read(`${run}/step${step}`), allowed.weights)
        for (const [key, average] of followers) {
          follow(average, state.weights, decayAt(step, followed[key]!))
          yield compare(`${key} step ${step}`, 'relative', average, read(`${key}/step${step}`), allowed.weights)
        }
      }
    } finally {
      await optimizer.release()
    }
    yield compare(`${run} norms`, 'relative', norms, norms_before_clip, allowed.weights)
    yield compare(`${run} first moment`, 'relative', state.firstMoment, read(`${run}/first_moment`), allowed.weights)
    yield compare(`${run} second moment`, 'relative', state.secondMoment, read(`${run}/second_moment`), allowed.weights)
  }
}

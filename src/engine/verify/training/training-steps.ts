// AdamW and running averages against the answers: after some steps of a net's training, and alone on three small tensors.

import { type Comparison, compare } from '../../arrays/comparison.ts'
import { type AverageOptions, decayAt, follow } from '../../training/moving-average.ts'
import { type AdamW, animateDiffAdamW, startState, update } from '../../training/optimizer.ts'
import { type Gradients, parametersOf } from '../../training/parameters.ts'
import { takeStep } from '../../training/step.ts'
import type { TrainingAnswers } from './training-answers.ts'
import { compareAll, compareDigestsTogether, type Told } from './training-comparison.ts'
import { namedIn, startOf, type TrainingRun } from './training-run.ts'

const averages: Readonly<Record<string, AverageOptions>> = {
  ema5: { decay: 0.99, warmup: 'none' },
  ema_warm5: { decay: 0.9999, warmup: 'ramp' },
}

export async function* checkSteps(run: TrainingRun): AsyncGenerator<Comparison> {
  const { name, it, answers, parameters, session, allowed } = run
  const table = answers.tables.adamw[name]!
  const state = startState(startOf(run))
  const followers = Object.entries(averages).map(([key, options]) => ({ key, options, average: state.weights.slice() }))
  const losses: number[] = []
  const norms: number[] = []
  while (state.step < table.losses.length) {
    const { loss, norm } = await takeStep(session, parameters, animateDiffAdamW, state, it.examples(state.step))
    losses.push(loss)
    norms.push(norm)
    for (const { options, average } of followers) follow(average, state.weights, decayAt(state.step, options))
    const stored = table.tensors[state.step]
    if (stored) yield* checkWeights(run, `step${state.step}`, state.weights, Object.entries(stored))
  }
  for (const { key, average } of followers) yield* checkWeights(run, key, average, [])
  yield compare(`${name} losses of ${losses.length} steps`, 'relative', losses, table.losses, allowed.loss)
  yield compare(`${name} norms of ${norms.length} steps`, 'relative', norms, table.norms_before_clip, allowed.whole)
}

/** All together: the first steps of Adam are signs, so that a tensor which begins at zero is as far off as its smallest gradients. */
function* checkWeights(run: TrainingRun, at: string, weights: Float32Array, told: Told): Generator<Comparison> {
  const { name, answers, allowed } = run
  const got = namedIn(run, weights)
  // Without a gradient but rounding, Adam walks them at random.
  const left = new Set(answers.tables.adamw[name]!.left_out_of_float32)
  const key = (tensor: string): string => `${name}/${at}/${tensor}`
  const stored = [...got].filter(([tensor]) => !left.has(tensor) && answers.adamw!.has(key(tensor)))
  const pairs = stored.map(([tensor, values]) => ({ tensor, got: values, expected: answers.adamw!.values(key(tensor)) }))
  if (pairs.length > 0) yield compareAll(`${name} ${at}`, pairs, allowed.weights)
  const digests = told.filter(([tensor]) => !left.has(tensor))
  if (digests.length > 0) yield compareDigestsTogether(`${name} ${at}`, digests, got, allowed.weights)
}

const followed: Readonly<Record<string, AverageOptions>> = {
  ema_constant: { decay: 0.99, warmup: 'none' },
  ema_diffusers: { decay: 0.9999, warmup: 'ramp' },
  ema_power: { decay: 0.9999, warmup: { power: 0.75 } },
}

export function* checkOptimizers({ optimizer: reference, tables }: TrainingAnswers, allowed: number): Generator<Comparison> {
  if (!reference) return
  const names = reference.names.flatMap((name) => /^start\/(.*)$/.exec(name)?.[1] ?? [])
  const parameters = parametersOf(names.map((name) => ({ name, shape: reference.shape(`start/${name}`) })))
  const read = (prefix: string): Float32Array => {
    const values = new Float32Array(parameters.length)
    for (const name of names) parameters.view(values, name).set(reference.values(`${prefix}/${name}`))
    return values
  }
  const against = (tensor: string, values: Float32Array): Comparison =>
    compare(tensor.replace('/', ' '), 'relative', values, read(tensor), allowed)

  for (const [run, settings] of Object.entries(tables.optimizer)) {
    // The decay inside the gradient is what AdamW was made against.
    if (run === 'adam_l2') continue
    const {
      norms_before_clip,
      clip = 0,
      weight_decay: weightDecay = animateDiffAdamW.weightDecay,
      warmup = 0,
      accumulate: each = 1,
    } = settings
    const options: AdamW = { ...animateDiffAdamW, learningRate: 1e-3, clip, weightDecay }
    const state = startState(read('start'))
    const followers =
      run === 'adamw_clip' ? Object.entries(followed).map(([key, decay]) => ({ key, decay, average: state.weights.slice() })) : []
    const norms: number[] = []
    for (let step = 1; step <= norms_before_clip.length; step++) {
      const parts = Array.from({ length: each }, (_, i) => read(`gradient${(step - 1) * each + i + 1}`))
      const mean = parts[0]!.map((_, i) => parts.reduce((sum, part) => sum + part[i]!, 0) / each)
      const factor = warmup > 0 ? Math.min(1, (step - 1) / warmup) : 1
      norms.push(update(state, parameters.feeds(mean) as Gradients, parameters, options, factor))
      yield against(`${run}/step${step}`, state.weights)
      for (const { key, decay, average } of followers) {
        follow(average, state.weights, decayAt(step, decay))
        yield against(`${key}/step${step}`, average)
      }
    }
    yield compare(`${run} norms`, 'relative', norms, norms_before_clip, allowed)
    yield against(`${run}/first_moment`, state.firstMoment)
    yield against(`${run}/second_moment`, state.secondMoment)
  }
}

// Gradients and losses against a folder of training answers, which holds every trainable tensor's gradient, whole or as a digest; then the
// steps of the optimiser. Cases of one graph are computed in one session.

import { type Comparison, compare } from '../../arrays/comparison.ts'
import { UserError } from '../../errors.ts'
import { trainingTarget } from '../../targets/training.ts'
import { normOf } from '../../training/parameters.ts'
import { accumulate } from '../../training/step.ts'
import type { TestSession } from '../test-session.ts'
import { tolerancesFor } from '../tolerance.ts'
import { openTrainingAnswers, type TrainingAnswers } from './training-answers.ts'
import { type TrainingCase, trainingCases } from './training-cases.ts'
import { compareAll, compareDigests, compareWorst, digestOf, found, type Pair } from './training-comparison.ts'
import { namedIn, startOf, type TrainingLimits, type TrainingRun } from './training-run.ts'
import { checkOptimizers, checkSteps } from './training-steps.ts'

/** On a CPU in float32; other devices may be off as many times as their nets may be. */
const limits: TrainingLimits = { loss: 1e-5, whole: 2e-5, tensor: 1e-4, zero: 1e-6, weights: 1e-6 }

/** @throws UserError `verify-answer` for a case that is not known, and those of opening files */
export async function* checkTraining(dir: string, { target, vaeTarget, load }: TestSession): AsyncGenerator<Comparison> {
  const answers = openTrainingAnswers(dir)
  const wide = tolerancesFor(target).net / 1e-5
  const allowed = Object.fromEntries(Object.entries(limits).map(([name, value]) => [name, value * wide])) as unknown as TrainingLimits
  const { cases, adamw } = answers.tables
  const groups = Map.groupBy(
    [...new Set([...Object.keys(cases), ...Object.keys(adamw)])].map((name) => ({ name, it: caseOf(name, answers) })),
    ({ it }) => it.graph,
  )
  for (const group of groups.values()) {
    const { graph, parameters } = group[0]!.it.build({ target: trainingTarget(target), vaeTarget: trainingTarget(vaeTarget) })
    const session = await load(graph)
    try {
      for (const one of group) {
        const run = { ...one, answers, parameters, session, allowed }
        if (cases[one.name]) yield* checkCase(run)
        if (adamw[one.name]) yield* checkSteps(run)
      }
    } finally {
      await session.release()
    }
  }
  yield* checkOptimizers(answers, allowed.weights)
}

function caseOf(name: string, answers: TrainingAnswers): TrainingCase {
  const read = trainingCases[name]
  if (read) return read(answers)
  const { dir } = answers
  throw new UserError('verify-answer', `${dir} answers for a training case ${name}, which is not known.`, { dir, name })
}

async function* checkCase(run: TrainingRun): AsyncGenerator<Comparison> {
  const { name, it, answers, parameters, session, allowed } = run
  const table = answers.tables.cases[name]!
  const { gradients, loss, losses } = await accumulate(session, parameters, startOf(run), it.examples(0))
  yield compare(`${name} loss`, 'relative', [loss], [table.loss], allowed.loss)
  if (table.of_clips) yield compare(`${name} losses`, 'relative', losses, table.of_clips, allowed.loss)
  yield compare(`${name} norm`, 'relative', [normOf(gradients)], [table.grad_norm], allowed.whole)

  const all = new Float32Array(parameters.length)
  for (const [input, place] of Object.entries(parameters.feeds(all))) if (gradients[input]) place.set(gradients[input])
  const got = namedIn(run, all)
  const zero = new Set(table.zero)
  const whole = [...got].filter(([tensor]) => answers.gradients.has(`${name}/${tensor}`) && !zero.has(tensor))
  const pairs = whole.map(([tensor, values]) => storedRows(answers, name, tensor, values))
  if (pairs.length > 0) {
    yield compareAll(`${name} gradients`, pairs, allowed.whole)
    yield compareWorst(`${name} gradients`, pairs, allowed.tensor)
  }
  const told = Object.entries(table.tensors).filter(([tensor]) => !zero.has(tensor))
  if (told.length > 0) yield compareDigests(`${name} digests`, told, got, allowed.tensor)
  if (zero.size > 0) {
    const largest = Math.max(...Object.values(table.tensors).map(([norm]) => norm))
    const most = Math.max(...[...zero].map((tensor) => digestOf(found(got, tensor))[0] / largest))
    yield compare(`${name} zeros`, 'largest', [most], [0], allowed.zero)
  }
}

/** A table's gradient is stored as the rows that were used. */
function storedRows({ gradients }: TrainingAnswers, name: string, tensor: string, values: Float32Array): Pair {
  const key = `${name}/${tensor}`
  const expected = gradients.values(key)
  if (!gradients.has(`${key}.rows`)) return { tensor, got: values, expected }
  const [, width] = gradients.shape(key) as [number, number]
  const got = new Float32Array(expected.length)
  for (const [i, row] of gradients.values(`${key}.rows`).entries()) got.set(values.subarray(row * width, (row + 1) * width), i * width)
  return { tensor, got, expected }
}

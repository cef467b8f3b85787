// Verification of the engine against what other programs computed: how somebody checks a new GPU or driver.
// Kinds of folders: reference tensors of every net (format: test/fixtures/tiny), long clips (test/fixtures/long), gradients and optimiser
// steps (test/fixtures/train), SparseCtrl (test/fixtures/control), Text2Video-Zero (test/fixtures/zero), measures of clips
// (test/fixtures/metrics), and a model folder with what it draws.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Comparison } from '../arrays/comparison.ts'
import { UserError } from '../errors.ts'
import { type Model, openModel } from '../pipeline/model/model.ts'
import { adaptedIn, adapterTimestep, checkAdapted } from './adapters.ts'
import { checkModelFolder, checkPipeline } from './drawing.ts'
import { checkLong, longTable } from './long/long.ts'
import { checkMetrics, metricsTable } from './metrics.ts'
import { checkMotion, checkText, checkUNet, checkVae } from './nets.ts'
import { openReferenceTensors, promptsOf, type ReferenceTensors } from './reference-tensors.ts'
import { checkSparseControl, sparseControlAnswers } from './sparse-control.ts'
import type { TestSession } from './test-session.ts'
import { checkTraining } from './training/training.ts'
import { trainingTablesIn } from './training/training-answers.ts'
import { checkZero, zeroTable } from './zero/zero.ts'

/**
 * A row for each answer, as it is computed. Frees every session before the next is loaded.
 * @param expected the references, where they do not lie in the folder
 * @throws UserError `verify-nothing`, `verify-file`, `verify-answer`, and those of opening a model
 */
export function verify(dir: string, session: TestSession, expected = join(dir, 'expected.safetensors')): AsyncGenerator<Comparison> {
  if (existsSync(trainingTablesIn(dir))) return checkTraining(dir, session)
  if (existsSync(join(dir, sparseControlAnswers))) return checkSparseControl(dir, session)
  if (!existsSync(expected)) {
    throw new UserError('verify-nothing', `${dir} has no expected.safetensors to compare with.`, { dir, expected })
  }
  if (existsSync(join(dir, 'checkpoint.safetensors'))) {
    return checkReferences(dir, openReferenceTensors([expected, join(dir, 'lycoris.safetensors')]), session)
  }
  if (existsSync(join(dir, metricsTable))) return checkMetrics(dir, openReferenceTensors([expected]), session)
  if (existsSync(join(dir, zeroTable))) return checkZero(dir, openReferenceTensors([expected]), session)
  if (existsSync(join(dir, longTable))) return checkLong(dir, openReferenceTensors([expected]), session)
  return checkModelFolder(openModel({ checkpoint: dir }), openReferenceTensors([expected]), session)
}

async function* checkReferences(dir: string, references: ReferenceTensors, session: TestSession): AsyncGenerator<Comparison> {
  const checkpoint = join(dir, 'checkpoint.safetensors')
  const adapted = adaptedIn(dir, references)
  const opened = new Map<string, Model>()
  const withMotion = (version: string): Model => {
    const model = opened.get(version) ?? openModel({ checkpoint, motion: join(dir, `motion_${version}.safetensors`) })
    opened.set(version, model)
    return model
  }

  const model = openModel({ checkpoint })
  if (references.has('text.ids')) yield* checkText(model, promptsOf(references), references, session)
  yield* checkVae(model, references, session)
  if (references.has('unet.eps')) yield* checkUNet(model, references, session)
  for (const version of ['v1', 'v2', 'v3']) {
    const wanted = references.names.flatMap((name) => {
      const t = new RegExp(`^motion\\.${version}\\.eps_t(\\d+)$`).exec(name)?.[1]
      if (t !== undefined) return [{ name, t: Number(t) }]
      const plain = version === 'v3' && (name === 'lora.base_eps' || name === 'lyco.plain.eps')
      return plain ? [{ name, t: adapterTimestep(references) }] : []
    })
    if (wanted.length > 0) yield* checkMotion(withMotion(version), wanted, references, session)
  }
  for (const one of adapted) yield* checkAdapted(withMotion(one.motion), one, references, session)
  if (references.has('pipeline.latents_per_step')) yield* checkPipeline(withMotion('v3'), promptsOf(references), references, session)
}

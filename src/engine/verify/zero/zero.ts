// Text2Video-Zero against what its published programs draw: the field, the nets' cross-frame attention, whole runs.
// F frames  C channels  h w latent sides  H W pixels  L tokens  D token width

import { join } from 'node:path'
import { z } from 'zod'
import { type Comparison, compare } from '../../arrays/comparison.ts'
import { concat } from '../../arrays/concat.ts'
import { timestepEmbedding } from '../../nets/unet.ts'
import { unetGraph } from '../../pipeline/graphs.ts'
import { type Model, openModel } from '../../pipeline/model/model.ts'
import { smoothBackground } from '../../pipeline/zero/background-smoothing.ts'
import { motionGrid, warp } from '../../pipeline/zero/motion-field.ts'
import { forwardJump } from '../../pipeline/zero/text-to-video-zero.ts'
import { createSampler } from '../../samplers/create-sampler.ts'
import type { ReferenceTensors } from '../reference-tensors.ts'
import { readTables } from '../tables.ts'
import type { TestSession } from '../test-session.ts'
import { tolerancesFor } from '../tolerance.ts'
import { clip, decoded, firstAlone, halvesOf, scheduleOf, withoutField, type ZeroRun, type ZeroSessions, zeroNets } from './zero-runs.ts'

/** The file by which such a folder is known. */
export const zeroTable = 'zero.json'

const strength = z.tuple([z.number(), z.number()])
const format = z.object({
  /** The folder beside this one with the nets. */
  base: z.string().regex(/^[\w.-]+$/),
  guidance: z.number(),
  strength,
  steps: z.number().int(),
  index_t0: z.number().int(),
  index_t1: z.number().int(),
  shown_steps: z.array(z.number().int()),
  chunk: z.object({
    frame_ids: z.array(z.number().int()),
    steps: z.number().int(),
    strength,
    guidance: z.number(),
    index_t0: z.number().int(),
    index_t1: z.number().int(),
  }),
})

/** @throws UserError `json-broken`, `verify-answer` for tables of another form, and of opening the base folder, which lies beside this one */
export async function* checkZero(dir: string, answers: ReferenceTensors, session: TestSession): AsyncGenerator<Comparison> {
  const {
    base,
    chunk,
    index_t0,
    index_t1,
    shown_steps: shown,
    ...tables
  } = readTables(join(dir, zeroTable), format, 'the tables of Text2Video-Zero')
  const model = openModel({ checkpoint: join(dir, '..', base, 'checkpoint.safetensors') })
  const [F] = answers.shape('default.x_t1_all') as [number]
  const usual: ZeroRun = { ...tables, bounds: { t0: index_t0, t1: index_t1 }, numbers: Array.from({ length: F }, (_, k) => k) }
  const far: ZeroRun = { ...chunk, bounds: { t0: chunk.index_t0, t1: chunk.index_t1 }, numbers: chunk.frame_ids }
  yield* checkFields('default', usual, answers)
  yield* checkFields('chunk', far, answers)
  yield* checkSmoothing(usual, answers)
  yield* checkNets(model, answers, session)

  const nets = zeroNets(model, answers, session)
  const decode = (latents: Float32Array): Promise<Float32Array> => decoded(model, latents, answers, session)
  const { latents: within, frames } = tolerancesFor(session.target)
  try {
    yield* checkUsual(usual, shown, answers, nets, session, decode)
    yield* checkFar(far, answers, nets, session)
    if (answers.has('smooth.final')) {
      const smooth = (await clip('forward_noise', usual, answers, nets, answers.values('masks'))).at(-1)!
      yield compare('smooth.final', 'relative', smooth, answers.values('smooth.final'), within)
      yield compare('smooth.frames', 'mean', await decode(smooth), answers.values('smooth.frames'), frames)
    }
    if (answers.has('plain.final')) {
      yield compare('plain.final', 'relative', await withoutField(usual, answers, nets), answers.values('plain.final'), within)
    }
  } finally {
    await nets.release()
  }
  yield unknownNames(answers)
}

/** All fifty steps: the first frame alone, and every frame. */
async function* checkUsual(
  run: ZeroRun,
  shown: readonly number[],
  answers: ReferenceTensors,
  nets: ZeroSessions,
  { target }: TestSession,
  decode: (latents: Float32Array) => Promise<Float32Array>,
): AsyncGenerator<Comparison> {
  if (!answers.has('default.steps')) return
  const { latents: within, frames } = tolerancesFor(target)
  const { steps, bounds } = run
  const first = await firstAlone(run, answers, nets)
  for (const [name, done] of [
    ['default.x_t1', steps - 1 - bounds.t1],
    ['default.x_t0', steps - 1 - bounds.t0],
    ['default.first_alone', steps],
  ] as const) {
    yield compare(name, 'relative', first[done - 1]!, answers.values(name), within)
  }
  const all = await clip('forward_noise', run, answers, nets)
  const expected = answers.values('default.steps')
  for (const [i, step] of shown.entries()) {
    const each = expected.length / shown.length
    const latents = all[steps - 1 - bounds.t1 + step]!
    yield compare(`default.steps[${step}]`, 'relative', latents, expected.subarray(i * each, (i + 1) * each), within)
  }
  yield compare('default.final', 'relative', all.at(-1)!, answers.values('default.final'), within)
  yield compare('default.frames', 'mean', await decode(all.at(-1)!), answers.values('default.frames'), frames)
}

/** Frames of a longer clip, with a motion that runs over its edges. */
async function* checkFar(run: ZeroRun, answers: ReferenceTensors, nets: ZeroSessions, { target }: TestSession): AsyncGenerator<Comparison> {
  const { latents: within } = tolerancesFor(target)
  const { steps, bounds } = run
  const first = await firstAlone(run, answers, nets, steps - 1 - bounds.t0)
  yield compare('chunk.x_t1', 'relative', first[steps - 2 - bounds.t1]!, answers.values('chunk.x_t1'), within)
  yield compare('chunk.x_t0', 'relative', first[steps - 2 - bounds.t0]!, answers.values('chunk.x_t0'), within)
  yield compare('chunk.final', 'relative', (await clip('chunk_noise', run, answers, nets)).at(-1)!, answers.values('chunk.final'), within)
}

/** Formulas alone, from the answers' own latents. */
function* checkFields(name: 'default' | 'chunk', run: ZeroRun, answers: ReferenceTensors): Iterable<Comparison> {
  const { strength, numbers } = run
  const [, , h, w] = answers.shape(`${name}.x_t0`) as [number, number, number, number]
  const grids = numbers.slice(1).map((k) => motionGrid(k, h, w, strength))
  yield compare(`${name}.grid`, 'relative', concat(grids), answers.values(`${name}.grid`), formula)
  const warped = grids.map((grid) => warp(answers.values(`${name}.x_t0`), grid, h, w))
  yield compare(`${name}.warped`, 'relative', concat(warped), answers.values(`${name}.warped`), formula)
  const { t0, t1 } = run.bounds
  const timesteps = createSampler(scheduleOf(run).sampler).timesteps.toReversed()
  const noise = answers.values(name === 'chunk' ? 'chunk_noise' : 'forward_noise')
  const jumped = forwardJump(warped, noise, timesteps[t0]!, timesteps[t1]!, scheduleOf(run))
  const all = concat([answers.values(`${name}.x_t1`), ...jumped])
  yield compare(`${name}.x_t1_all`, 'relative', all, answers.values(`${name}.x_t1_all`), formula)
}

const formula = 1e-5

function* checkSmoothing({ strength, numbers }: ZeroRun, answers: ReferenceTensors): Iterable<Comparison> {
  const [, , h, w] = answers.shape('default.x_t0') as [number, number, number, number]
  const grids = numbers.slice(1).map((k) => motionGrid(k, h, w, strength))
  const smoothed = smoothBackground(answers.values('default.x_t1_all'), answers.values('masks'), grids, { h, w })
  yield compare('smooth.x_t1_all', 'relative', smoothed, answers.values('smooth.x_t1_all'), formula)
}

/** One call with cross-frame attention, and one of frames that know nothing of each other. */
async function* checkNets(model: Model, answers: ReferenceTensors, session: TestSession): AsyncGenerator<Comparison> {
  const [frames, , h, w] = answers.shape('cross_sample') as [number, number, number, number]
  const time = timestepEmbedding(timestep, model.unet.architecture.widths[0]!)
  const [, tokens] = answers.shape('context') as [number, number]
  for (const [name, crossFrames] of [
    ['eps_cross', true],
    ['eps_self', false],
  ] as const) {
    const graph = unetGraph(model, session.target, { animations: 1, frames, h, w, tokens, crossFrames })
    const loaded = await session.load(graph)
    try {
      const halves: Float32Array[] = []
      for (const context of halvesOf(answers))
        halves.push((await loaded.run({ sample: answers.values('cross_sample'), time, context }))['noise']!)
      yield compare(name, 'relative', concat(halves), answers.values(name), tolerancesFor(session.target, graph).net)
    } finally {
      await loaded.release()
    }
  }
}

/** Of eps_cross and eps_self. */
const timestep = 481

const inputs = ['x_T', 'context', 'cross_sample', 'forward_noise', 'chunk_noise', 'masks', 'plain_noise', 'plain.x_T']
const answered =
  /^(eps_(cross|self)|default\.(x_t[01]|x_t1_all|grid|warped|steps|final|frames|first_alone)|chunk\.(x_t[01]|x_t1_all|grid|warped|final)|smooth\.(x_t1_all|final|frames)|plain\.final)$/

function unknownNames({ names }: ReferenceTensors): Comparison {
  const unknown = names.filter((name) => !inputs.includes(name) && !answered.test(name))
  return compare(
    'names that nothing looked at',
    'differing',
    unknown.map(() => 1),
    unknown.map(() => 0),
    0,
  )
}

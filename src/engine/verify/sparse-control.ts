// SparseCtrl against what AnimateDiff's published code computes: the picture's latents, the residuals, and the noise that the UNet then says.
// F frames  K channels of a condition  h w latent sides  H W pixels  L tokens

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Comparison, compare } from '../arrays/comparison.ts'
import { concat } from '../arrays/concat.ts'
import { swapAxes } from '../arrays/swap-axes.ts'
import type { SparseControlArchitecture } from '../checkpoint/architecture/sparse-control-architecture.ts'
import { UserError } from '../errors.ts'
import { type ControlPicture, sparseCondition } from '../nets/sparse-control.ts'
import { timestepEmbedding } from '../nets/unet.ts'
import { encoderGraph, residualsGraph, unetGraph } from '../pipeline/graphs.ts'
import { type Model, openModel } from '../pipeline/model/model.ts'
import { openReferenceTensors, type ReferenceTensors } from './reference-tensors.ts'
import { runOnce, type TestSession } from './test-session.ts'
import { tolerancesFor } from './tolerance.ts'

/** The file by which such a folder is known; what all its parts share lies beside it. */
export const sparseControlAnswers = 'expected_sparsectrl.safetensors'
const common = 'expected_common.safetensors'

/** `normalize_condition_images`, which the published settings leave off. */
const notMet = ['scribble.normalised_grey']

type ControlledModel = Model & { readonly control: NonNullable<Model['control']> }

/** @throws UserError `verify-file`, `verify-answer`, and those of opening the base folder, which lies beside this one */
export async function* checkSparseControl(dir: string, session: TestSession): AsyncGenerator<Comparison> {
  const answers = openReferenceTensors([join(dir, sparseControlAnswers), join(dir, common)])
  const base = join(dir, '..', answers.metadata.get('base') ?? 'tiny')
  const motion = join(base, `${answers.metadata.get('net') ?? 'motion_v3'}.safetensors`)
  const seen = new Set<string>(['sample', 'context', 'timestep', 'rgb.images', 'scribble.images', ...notMet])
  yield* checkPlain(openModel({ checkpoint: join(base, 'checkpoint.safetensors'), motion }), answers, seen, session)
  for (const kind of ['rgb', 'scribble'] as const) {
    if (!answers.names.some((name) => name.startsWith(`${kind}.`))) continue
    const control = fileOf(dir, kind)
    const model = openModel({ checkpoint: join(base, 'checkpoint.safetensors'), motion, control }) as ControlledModel
    const condition = model.control.architecture.condition
    if (condition !== conditions[kind]) {
      throw new UserError(
        'verify-file',
        `${control} is shown ${condition}; the answers for ${kind} are of one that is shown ${conditions[kind]}.`,
        {
          ...{ control, kind },
        },
      )
    }
    if (kind === 'rgb') yield* checkLatents(model, answers, seen, session)
    yield* checkKind(kind, model, answers, seen, session)
  }
  // Of the other parts that such a folder has nothing is drawn with here; names of this part that are passed over are told.
  const unseen = answers.names.filter((name) => !seen.has(name))
  const zeros = unseen.map(() => 0)
  yield compare(
    'names that nothing looked at',
    'differing',
    zeros.map(() => 1),
    zeros,
    0,
  )
}

const conditions: Readonly<Record<'rgb' | 'scribble', SparseControlArchitecture['condition']>> = { rgb: 'latents', scribble: 'pixels' }

/** @throws UserError `verify-file` */
function fileOf(dir: string, kind: string): string {
  const found = readdirSync(dir).find((name) => name.startsWith(`sparsectrl_${kind}`))
  if (found !== undefined) return join(dir, found)
  throw new UserError('verify-file', `${dir} answers for sparsectrl_${kind}, but has no file of that name.`, { dir, kind })
}

/** One clip, which guidance takes twice. */
function inputsOf(answers: ReferenceTensors, model: Model) {
  const [, C, frames, h, w] = answers.shape('sample') as [number, number, number, number, number]
  const [animations, tokens] = answers.shape('context') as [number, number]
  const one = swapAxes(answers.values('sample'), [1, C, frames, h * w])
  const sample = concat(Array.from({ length: animations }, () => one))
  const time = timestepEmbedding(answers.values('timestep')[0]!, model.unet.architecture.widths[0]!)
  return { size: { animations, frames, h, w, tokens }, C, feeds: { sample, time, context: answers.values('context') } }
}

/** Without a SparseCtrl. */
async function* checkPlain(model: Model, answers: ReferenceTensors, seen: Set<string>, session: TestSession): AsyncGenerator<Comparison> {
  if (!answers.has('plain.eps')) return
  seen.add('plain.eps')
  const { size, C, feeds } = inputsOf(answers, model)
  const graph = unetGraph(model, session.target, size)
  const [result] = await runOnce(session, graph, [feeds])
  const noise = swapAxes(result!['noise']!, [size.animations, size.frames, C, size.h * size.w])
  yield compare('plain.eps', 'relative', noise, answers.values('plain.eps'), tolerancesFor(session.target, graph).net)
}

async function* checkLatents(model: Model, answers: ReferenceTensors, seen: Set<string>, session: TestSession): AsyncGenerator<Comparison> {
  seen.add('rgb.latents')
  if (!answers.has('rgb.images')) return
  const [pictures, , h, w] = answers.shape('rgb.latents') as [number, number, number, number]
  const graph = encoderGraph(model, session.vaeTarget, { pictures, h, w })
  const [result] = await runOnce(session, graph, [{ pictures: answers.values('rgb.images').map((byte) => byte / 127.5 - 1) }])
  const latents = result!['mean']!.map((value) => value * model.vae.architecture.scalingFactor)
  yield compare('rgb.latents', 'relative', latents, answers.values('rgb.latents'), tolerancesFor(session.vaeTarget, graph).net)
}

/** Frames that the residuals are kept of. */
const kept = [0, 1, 5]

async function* checkKind(
  kind: 'rgb' | 'scribble',
  model: ControlledModel,
  answers: ReferenceTensors,
  seen: Set<string>,
  session: TestSession,
): AsyncGenerator<Comparison> {
  const { size, C, feeds } = inputsOf(answers, model)
  const { animations, frames, h, w } = size
  const shown = (list: string) => ({ control_condition: conditionFor(kind, list, answers, model, frames, animations) })
  const wanted = matching(answers, new RegExp(`^${kind}\\.(?<list>none|[-\\d_]+)\\.eps_(?<strength>[\\d.]+)$`))
  if (wanted.length > 0) {
    const graph = unetGraph(model, session.target, size)
    const runs = wanted.map(({ list, strength }) => ({ ...feeds, ...shown(list!), control_strength: Float32Array.of(Number(strength)) }))
    const results = await runOnce(session, graph, runs)
    for (const [i, { name }] of wanted.entries()) {
      seen.add(name)
      const noise = swapAxes(results[i]!['noise']!, [animations, frames, C, h * w])
      yield compare(name, 'relative', noise, answers.values(name), tolerancesFor(session.target, graph).net)
    }
  }

  const residuals = matching(answers, new RegExp(`^${kind}\\.(?<list>none|[-\\d_]+)\\.residual_(?<place>\\d+)$`))
  const lists = [...new Set(residuals.map(({ list }) => list!))]
  const alone = residualsGraph(model.control, model.unet.architecture, session.target, size)
  const { time, context } = feeds
  const runs = lists.map((list) => ({ time, context, ...shown(list), control_strength: Float32Array.of(1) }))
  const found = await runOnce(session, alone, runs)
  for (const { name, list, place } of residuals) {
    seen.add(name)
    const all = found[lists.indexOf(list!)]![`residual_${place}`]!
    const positive = all.subarray(all.length - all.length / animations)
    const got = firstChannels(positive, frames, answers.shape(name))
    yield compare(name, 'relative', got, answers.values(name), tolerancesFor(session.target, alone).net)
  }
}

const matching = ({ names }: ReferenceTensors, pattern: RegExp) =>
  names.flatMap((name) => {
    const groups = pattern.exec(name)?.groups
    return groups ? [{ name, ...(groups as { readonly list?: string; readonly strength?: string; readonly place?: string }) }] : []
  })

/** The first pictures, for frames that are counted as in Python; the same for every half of guidance. */
function conditionFor(
  kind: 'rgb' | 'scribble',
  list: string,
  answers: ReferenceTensors,
  { control: { architecture } }: ControlledModel,
  frames: number,
  animations: number,
): Float32Array {
  const all = kind === 'rgb' ? answers.values('rgb.latents') : answers.values('scribble.images').map((byte) => byte / 255)
  const [count] = answers.shape(kind === 'rgb' ? 'rgb.latents' : 'scribble.images') as [number]
  const each = all.length / count
  const numbers = list === 'none' ? [] : list.split('_').map(Number)
  const pictures = numbers.map(
    (number, i): ControlPicture => ({ frame: (number + frames) % frames, values: all.subarray(i * each, (i + 1) * each) }),
  )
  const places = each / (architecture.channels - 1)
  const one = sparseCondition(pictures, [...Array(frames).keys()], { channels: architecture.channels, places })
  return concat(Array.from({ length: animations }, () => one))
}

/** Of [F, C, h, w] the kept frames, and as many channels as are stored: [1, c, 3, h, w] */
function firstChannels(all: Float32Array, frames: number, [, c, , h, w]: readonly number[]): Float32Array {
  const [places, each] = [h! * w!, all.length / frames]
  const got = new Float32Array(c! * kept.length * places)
  for (const [n, frame] of kept.entries()) {
    for (let channel = 0; channel < c!; channel++) {
      const at = frame * each + channel * places
      got.set(all.subarray(at, at + places), (channel * kept.length + n) * places)
    }
  }
  return got
}

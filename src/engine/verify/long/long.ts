// Long clips against what the published programs make of them: their tables, and the UNet's noise in windows of every kind.
// F frames of the clip  c frames of a window  h w latent sides  L tokens  D token width

import { join } from 'node:path'
import { type Comparison, compare } from '../../arrays/comparison.ts'
import { swapAxes } from '../../arrays/swap-axes.ts'
import type { FuseMethod } from '../../draw-settings.ts'
import type { WeightedWindow } from '../../nets/motion.ts'
import { timestepEmbedding } from '../../nets/unet.ts'
import { freeNoiseWindows } from '../../pipeline/clip/free-noise.ts'
import { fuseWeights, shareOut, weighted } from '../../pipeline/clip/fuse-weights.ts'
import { predictInWindows } from '../../pipeline/clip/predict-in-windows.ts'
import { type ClipText, type TravellingText, textsOf } from '../../pipeline/clip/travelling-text.ts'
import { loopedUniform, standardStatic, standardUniform, type Window, wrapped } from '../../pipeline/clip/windows.ts'
import { unetGraph } from '../../pipeline/graphs.ts'
import { openModel } from '../../pipeline/model/model.ts'
import type { Nets } from '../../pipeline/nets.ts'
import { blendAt } from '../../text/keyframes.ts'
import { openReferenceTensors, type ReferenceTensors } from '../reference-tensors.ts'
import { readTables } from '../tables.ts'
import type { TestSession } from '../test-session.ts'
import { tolerancesFor } from '../tolerance.ts'
import { checkCoefficients, checkTables, keysOf, type LongTables, longTables, travelRules } from './long-tables.ts'
import { a1111 } from './published-windows.ts'

/** The file by which a folder of long clips is known. */
export const longTable = 'long.json'

/** @throws UserError `json-broken`, `verify-answer` for tables of another form, and of opening the base folder, which lies beside this one */
export async function* checkLong(dir: string, answers: ReferenceTensors, session: TestSession): AsyncGenerator<Comparison> {
  const tables = readTables(join(dir, longTable), longTables, 'the tables of long clips')
  yield* checkTables(tables)

  const base = join(dir, '..', tables.base)
  const states = openReferenceTensors([join(base, 'expected.safetensors')])
  const [count] = states.shape('text.last_hidden_state') as [number]
  const state = states.values('text.last_hidden_state')
  const texts = Array.from({ length: count }, (_, i) => state.subarray((i * state.length) / count, ((i + 1) * state.length) / count))
  yield* checkCoefficients(tables, texts)
  yield* checkTexts(tables, texts, answers)

  const model = openModel({ checkpoint: join(base, 'checkpoint.safetensors'), motion: join(base, 'motion_v3.safetensors') })
  const [, C, , h, w] = answers.shape('sample') as [number, number, number, number, number]
  const clip = swapAxes(answers.values('sample'), [1, C, answers.shape('sample')[2]!, h * w])
  const [, tokens] = answers.shape('context') as [number, number]
  const time = timestepEmbedding(tables.timestep, model.unet.architecture.widths[0]!)
  const cases = casesOf(tables, answers, texts)
  for (const [name, { windows, motionWindows, text = answers.values('context') }] of Object.entries(cases)) {
    if (!answers.has(name)) continue
    const [frames] = answers.shape(name) as [number]
    const textPerFrame = !(text instanceof Float32Array)
    const atOnce = motionWindows ? frames : windows[0]!.frames.length
    const graph = unetGraph(model, session.target, {
      ...{ animations: 1, frames: atOnce, h, w, tokens, textPerFrame },
      ...(motionWindows && { motionWindows }),
    })
    const loaded = await session.load(graph)
    try {
      const predictNoise: Nets['predictNoise'] = (sample, _t, contexts) =>
        Promise.all(contexts.map(async (context) => (await loaded.run({ sample, time, context }))['noise']!))
      const sample = clip.subarray(0, frames * C * h * w)
      const [noise] = await predictInWindows(predictNoise, { sample, t: tables.timestep, texts: [text], frames, windows })
      yield compare(name, 'relative', noise!, answers.values(name), tolerancesFor(session.target, graph).net)
    } finally {
      await loaded.release()
    }
  }
  const known = new Set([...Object.keys(cases), ...Object.keys(travelRules).map((rule) => `travel.${rule}`), ...inputs, ...notMet])
  const unknown = answers.names.filter((name) => !known.has(name))
  yield compare(
    'names that nothing looked at',
    'differing',
    unknown.map(() => 1),
    unknown.map(() => 0),
    0,
  )
}

const inputs = ['sample', 'context']

/** Texts that AnimateDiff-Evolved's schedule compounds from frame to frame: half-way between two keys the first is nearly gone. */
const notMet = ['travel.evolved_lerp', 'travel.evolved_slerp']

function* checkTexts({ travel }: LongTables, texts: readonly Float32Array[], answers: ReferenceTensors): Generator<Comparison> {
  for (const [rule, { interpolation, cyclic }] of Object.entries(travelRules)) {
    const name = `travel.${rule}`
    if (!answers.has(name)) continue
    const text = travelling(travel, texts, { interpolation, cyclic })
    yield compare(name, 'relative', textsOf(text, travel.shown), answers.values(name), 1e-6)
  }
}

function travelling(
  travel: LongTables['travel'],
  texts: readonly Float32Array[],
  { interpolation, cyclic }: (typeof travelRules)[string],
): TravellingText {
  const keys = keysOf(travel)
  const blends = Array.from({ length: travel.frames }, (_, frame) => blendAt(keys, frame, { frames: travel.frames, cyclic }))
  return { keys: keys.map(({ value }) => texts[value]!), blends, interpolation }
}

interface Case {
  readonly windows: readonly WeightedWindow[]
  readonly motionWindows?: readonly WeightedWindow[]
  readonly text?: ClipText
}

/** What each answer was computed with: which windows, at which step, how averaged (test/fixtures/long/README.md). */
function casesOf(
  { frames: F, context: c, overlap, travel, freenoise }: LongTables,
  answers: ReferenceTensors,
  texts: readonly Float32Array[],
): Readonly<Record<string, Case>> {
  const clip = { frames: F, overlap, closed: false }
  const size = { frames: F, length: c, overlap, stride: 1 }
  const fused = (windows: readonly Window[], method: FuseMethod): Case => ({ windows: weighted(windows, method, clip) })
  const later = (windows: readonly Window[]): Case => ({ windows: shareOut(windows, overwriting(windows), F) })
  const still = standardStatic(size)
  const framesOf = (name: string): number => (answers.has(name) ? answers.shape(name)[0]! : F)
  const whole = (frames: number): WeightedWindow[] => [{ frames: wrapped(0, 1, frames, frames), weights: Array(frames).fill(1) }]
  const within = (name: string, motionWindows: readonly WeightedWindow[]): Case => ({ windows: whole(framesOf(name)), motionWindows })
  const strideFor = (frames: number): number => freenoise.find((row) => row.frames === frames && row.context === c)?.stride ?? overlap
  const free = (frames: number): WeightedWindow[] => {
    const pyramid = (window: Window): number[] => fuseWeights('pyramid', window, clip)
    return asPublished(freeNoiseWindows({ frames, length: c, stride: strideFor(frames) }, pyramid, false))
  }
  const equal = { frames: c, overlap, closed: false }
  return {
    'eps.flat_closed': fused(loopedUniform({ ...size, step: 0, closed: true }), 'flat'),
    'eps.flat_closed_step3': fused(loopedUniform({ ...size, step: 3, closed: true }), 'flat'),
    'eps.pyramid_open': fused(loopedUniform({ ...size, step: 1, closed: false }), 'pyramid'),
    'eps.pyramid_stride2': fused(standardUniform({ ...size, stride: 2, step: 1 }), 'pyramid'),
    'eps.static_pyramid': fused(still, 'pyramid'),
    'eps.static_overlap_linear': fused(still, 'overlap-linear'),
    'eps.static_relative': fused(still, 'relative'),
    'eps.static_sawtooth': fused(still, 'delayed-reverse-sawtooth'),
    'eps.overwrite_N': later(a1111('N', { ...size, step: 3 })),
    'eps.overwrite_A': later(a1111('A', { ...size, step: 3 })),
    'eps.equal_length_rotated': {
      windows: weighted(loopedUniform({ ...size, frames: c, step: 1, closed: false, rotates: true }), 'pyramid', equal),
    },
    'eps.freenoise': within('eps.freenoise', free(framesOf('eps.freenoise'))),
    'eps.freenoise_incomplete': within('eps.freenoise_incomplete', free(framesOf('eps.freenoise_incomplete'))),
    'eps.views_static': within('eps.views_static', weighted(still, 'pyramid', clip)),
    'eps.travel_slerp_first_window': {
      windows: whole(framesOf('eps.travel_slerp_first_window')),
      text: travelling(travel, texts, travelRules['prompt_travel_slerp']!),
    },
    'eps.one_window': { windows: whole(framesOf('eps.one_window')) },
  }
}

/** The later window wins in every frame (sd-webui-animatediff). */
const overwriting = (windows: readonly Window[]): number[][] =>
  windows.map((window, k) => window.map((frame) => (windows.slice(k + 1).some((later) => later.includes(frame)) ? 0 : 1)))

/**
 * diffusers divides all frames of the last, incomplete window by the weight of the first that counts, so that the last ones fade
 * (FreeNoiseTransformerBlock.forward: an index where a slice was meant). The answer was computed so; the engine's shares are a mean.
 */
function asPublished(windows: readonly WeightedWindow[]): WeightedWindow[] {
  const last = windows.at(-1)!
  const pyramid = fuseWeights('pyramid', last.frames, { frames: 0, overlap: 0, closed: false })
  const first = last.weights.findIndex((weight) => weight > 0)
  if (first === 0) return [...windows]
  const faded = last.weights.map((weight, n) => (weight > 0 ? pyramid[n]! / pyramid[first]! : 0))
  return [...windows.slice(0, -1), { frames: last.frames, weights: faded }]
}

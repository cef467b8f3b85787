// Measures of clips against what other programs say of the same ones: CLIP's towers, LPIPS, and every figure made of them and of pixels.
// n frames  H W pixels  E width of an embedding

import { join } from 'node:path'
import { z } from 'zod'
import { type Comparison, compare } from '../arrays/comparison.ts'
import { openTensorFile } from '../checkpoint/open.ts'
import { UserError } from '../errors.ts'
import { type Frames, frameAt } from '../frames.ts'
import { type ClipModel, embedFrames, embedTexts, imageGraph, openClip } from '../measures/clip-model.ts'
import { clipPixels } from '../measures/clip-pixels.ts'
import * as score from '../measures/clip-scores.ts'
import { frechetDistance } from '../measures/frechet-distance.ts'
import { pixelMotionOf } from '../measures/pixel-motion.ts'
import { perceptualDistance } from '../nets/perceptual-distance.ts'
import { Weights } from '../nets/weights.ts'
import { Graph } from '../onnx/graph.ts'
import type { ReferenceTensors } from './reference-tensors.ts'
import { readTables } from './tables.ts'
import { runOnce, type TestSession } from './test-session.ts'
import { tolerancesFor } from './tolerance.ts'

/** The file by which such a folder is known. */
export const metricsTable = 'metrics.json'

const figures = z.record(z.string(), z.union([z.number(), z.array(z.number()), z.record(z.string(), z.number())]))
const format = z.object({
  clips: z.record(z.string(), figures),
  /** Which text each clip was made for. */
  prompt_of: z.record(z.string(), z.number().int()),
  frechet: z.record(z.string(), z.number()),
})

/** @throws UserError `json-broken`, `verify-answer` for tables of another form, and those of opening the nets in the folder */
export async function* checkMetrics(dir: string, answers: ReferenceTensors, session: TestSession): AsyncGenerator<Comparison> {
  const { clips, prompt_of: promptOf, frechet } = readTables(join(dir, metricsTable), format, 'figures of clips')
  const clip = openClip(join(dir, 'clip'))
  const E = clip.image.embedding
  const within = tolerancesFor(session.target).net
  const texts = await embedTexts(clip, Int32Array.from(answers.values('text_ids')), session)
  yield compare('text_embeds', 'relative', texts, answers.values('text_embeds'), within)
  const references = await embedFrames(clip, framesIn(answers, 'references'), session)
  yield compare('reference_embeds', 'relative', references, answers.values('reference_embeds'), within)
  yield* checkFirst(clip, answers, session)

  const lpips = openTensorFile(join(dir, 'lpips.safetensors')).tensors
  for (const [name, table] of Object.entries(clips)) {
    const frames = framesIn(answers, `${name}.frames`)
    yield compare(`${name}.pixel_values`, 'relative', clipPixels(frames, clip.image.side), answers.values(`${name}.pixel_values`), formula)
    const embeds = await embedFrames(clip, frames, session)
    yield compare(`${name}.image_embeds`, 'relative', embeds, answers.values(`${name}.image_embeds`), within)
    const distance = (a: readonly number[], b: readonly number[]) => lpipsOf(lpips, frames, a, b, session)
    const all = Array.from({ length: frames.count }, (_, i) => i)
    const toFirst = await distance(all.slice(1), Array(frames.count - 1).fill(0))
    yield compare(`${name}.lpips_to_first`, 'relative', toFirst, answers.values(`${name}.lpips_to_first`), within)
    const neighbours = await distance(all.slice(1), all.slice(0, -1))
    const steps = neighbours.reduce((sum, value) => sum + value, 0) / neighbours.length
    const found = {
      ...clipFigures(score.unitRows(embeds, E), score.unitRows(texts, E), score.unitRows(references, E), promptOf[name]!),
      ...pixelFigures(frames),
      lpips_neighbours: steps,
      loop_gap_lpips: toFirst.at(-1)! / steps,
    }
    yield* checkFigures(name, table, found, within)
  }
  yield* checkFrechet(frechet, answers)
}

const formula = 1e-5

/** [n, H, W, 3] bytes. */
function framesIn(answers: ReferenceTensors, name: string): Frames {
  const [count, height, width] = answers.shape(name) as [number, number, number, number]
  return { count, width, height, data: Uint8Array.from(answers.values(name)) }
}

/** What the tower has before its projection, of the first frame. */
async function* checkFirst(clip: ClipModel, answers: ReferenceTensors, session: TestSession): AsyncGenerator<Comparison> {
  const { data, ...size } = framesIn(answers, 'loop.frames')
  const first = { ...size, count: 1, data: frameAt({ data, ...size }, 0) }
  const graph = imageGraph(clip, session.target, 1)
  const [outputs] = await runOnce(session, graph, [{ pixels: clipPixels(first, clip.image.side) }])
  const { net } = tolerancesFor(session.target, graph)
  yield compare('loop.first_last_hidden_state', 'relative', outputs!['hidden']!, answers.values('loop.first_last_hidden_state'), net)
  yield compare('loop.first_pooler_output', 'relative', outputs!['pooled']!, answers.values('loop.first_pooler_output'), net)
}

/** Of pairs of frames. */
async function lpipsOf(
  tensors: ReturnType<typeof openTensorFile>['tensors'],
  frames: Frames,
  a: readonly number[],
  b: readonly number[],
  session: TestSession,
): Promise<Float32Array> {
  const graph = new Graph('lpips')
  const shape = [a.length, 3, frames.height, frames.width]
  const inputs = ['a', 'b'].map((name) => graph.input(name, 'float32', shape))
  const weights = new Weights({ graph, target: session.target, tensors, file: 'lpips.safetensors' })
  graph.output('distance', perceptualDistance(weights, inputs[0]!, inputs[1]!))
  const planes = (of: readonly number[]): Float32Array => {
    const pixels = frames.width * frames.height
    return Float32Array.from({ length: of.length * 3 * pixels }, (_, i) => {
      const [n, c, at] = [Math.floor(i / (3 * pixels)), Math.floor(i / pixels) % 3, i % pixels]
      return frameAt(frames, of[n]!)[at * 3 + c]! / 127.5 - 1
    })
  }
  return (await runOnce(session, graph, [{ a: planes(a), b: planes(b) }]))[0]!['distance']!
}

function clipFigures(x: score.ClipEmbeddings, texts: score.ClipEmbeddings, references: score.ClipEmbeddings, prompt: number) {
  const own = texts[prompt]!
  return {
    clip_text: score.textAlignment(x, own),
    clip_text_torchmetrics: score.clampedTextAlignment(x, own),
    clipscore_2_5: score.clipScore(x, own),
    clip_text_logit: score.textAlignment(x, own),
    clip_domain: score.domainSimilarity(x, references),
    clip_smooth: score.motionSmoothness(x),
    clip_frame_consistency_all_pairs: score.frameConsistency(x),
    vbench_background_consistency: score.backgroundConsistency(x),
    first_frame_similarity: score.firstFrameSimilarity(x),
    loop_gap_clip: score.clipLoopGap(x),
    clip_text_of_prompts: texts.map((text) => score.textAlignment(x, text)),
  }
}

function pixelFigures(frames: Frames) {
  const { motion, jitter, closedJitter, loopGap, secondDifference, temporalFlickering } = pixelMotionOf(frames)
  return {
    vbench_temporal_flickering: temporalFlickering,
    motion,
    loop_gap: loopGap,
    jitter,
    jitter_closed: closedJitter,
    second_difference: secondDifference,
  }
}

/** What another way of making pictures small would have said. */
const notMet = ['pixel_values_by_tensor_bicubic_differ']

function* checkFigures(
  clip: string,
  table: z.infer<typeof figures>,
  found: Readonly<Record<string, number | readonly number[]>>,
  within: number,
): Iterable<Comparison> {
  for (const [name, expected] of Object.entries(table)) {
    if (notMet.includes(name)) continue
    const got = found[name]
    if (got === undefined || (typeof expected === 'object' && !Array.isArray(expected))) {
      throw new UserError('verify-answer', `There is a figure ${name} of ${clip}, which is not known.`, { clip, name })
    }
    yield compare(`${clip}.${name}`, 'relative', [got].flat(), [expected].flat(), within)
  }
}

function* checkFrechet(table: Readonly<Record<string, number>>, answers: ReferenceTensors): Iterable<Comparison> {
  const rows = (name: string, by = 0): Float64Array[] => {
    const [count, width] = answers.shape(name) as [number, number]
    const values = answers.values(name)
    return Array.from({ length: count }, (_, n) => Float64Array.from({ length: width }, (_, i) => values[n * width + i]! + by))
  }
  const [a, b, c] = [rows('frechet_a'), rows('frechet_b'), rows('frechet_c')]
  const found: Readonly<Record<string, number>> = {
    a_b: frechetDistance(a, b),
    a_a: frechetDistance(a, a),
    a_c: frechetDistance(a, c),
    b_b_moved: frechetDistance(b, rows('frechet_b', 0.3)),
  }
  for (const [name, expected] of Object.entries(table)) {
    const got = found[name]
    if (got === undefined) throw new UserError('verify-answer', `There is a distance ${name}, which is not known.`, { name })
    // Of equal sets it is nothing but rounding.
    yield compare(`frechet.${name}`, name === 'a_a' ? 'largest' : 'relative', [got], [expected], name === 'a_a' ? 1e-9 : formula)
  }
}

// A step of motion training beside a step of drawing, in a process of its own: how long both take by turns, and the most memory that it had.
// Its one argument says what, its one line of output what came of it.

import { elementsOf, float32Of } from '../../engine/checkpoint/tensor.ts'
import { openModel } from '../../engine/index.ts'
import { unetGraph } from '../../engine/pipeline/graphs.ts'
import { createSession, type Feeds } from '../../engine/runtime/session.ts'
import { cpu } from '../../engine/targets/cpu.ts'
import { trainingTarget } from '../../engine/targets/training.ts'
import { denoiserTraining } from '../../engine/training/denoiser.ts'
import { animateDiffAdamW, startState } from '../../engine/training/optimizer.ts'
import { checkpointingFor, type Recomputation } from '../../engine/training/recompute.ts'
import { takeStep } from '../../engine/training/step.ts'
import { openTrainingSession } from '../../engine/training/training-session.ts'
import { pocket } from '../../paths.ts'

export interface TrainingTask {
  readonly draws: boolean
  /** Absent: no training. */
  readonly recomputation?: Recomputation
  readonly times: number
  readonly threads?: number
}

export interface TrainingResult {
  /** The middle one of a step by the forward passes before and after it; 0 where there are not both. */
  readonly ratio: number
  readonly drawS: number
  readonly stepS: number
  readonly peakBytes: number
}

type Work = () => Promise<unknown>

const size = { frames: 16, h: 16, w: 16, tokens: 77 }

async function measure({ draws, recomputation, times, ...threads }: TrainingTask): Promise<TrainingResult> {
  const model = openModel({ checkpoint: pocket })
  const draw = draws ? await drawing(model, threads) : null
  const step = recomputation ? await training(model, recomputation, threads) : null
  for (let i = 0; i < 2; i++) for (const work of [draw, step]) await work?.() // the first runs ask for memory
  const taken = { draw: [] as number[], step: [] as number[] }
  for (let i = 0; i < times; i++) {
    if (draw) taken.draw.push(await seconds(draw))
    if (step) taken.step.push(await seconds(step))
  }
  if (draw) taken.draw.push(await seconds(draw))
  const ratios = taken.step.map((stepS, i) => (2 * stepS) / (taken.draw[i]! + taken.draw[i + 1]!)).sort((a, b) => a - b)
  return {
    ratio: draw && step ? ratios[ratios.length >> 1]! : 0,
    drawS: Math.min(...taken.draw),
    stepS: Math.min(...taken.step),
    peakBytes: process.resourceUsage().maxRSS * 1024,
  }
}

type Pocket = ReturnType<typeof openModel>
type Threads = { readonly threads?: number }

/** One pass of the UNet, as an animation's steps take two. */
async function drawing(model: Pocket, threads: Threads): Promise<Work> {
  const graph = unetGraph(model, cpu(), { animations: 1, ...size })
  const session = await createSession(graph, threads)
  const feeds = someFeeds(graph.inputs)
  return () => session.run(feeds)
}

async function training(model: Pocket, recomputation: Recomputation, threads: Threads): Promise<Work> {
  const { tensors } = model.motion!
  const options = { ...size, trained: (name: string) => tensors.has(name), ...checkpointingFor(recomputation) }
  const { graph, parameters } = denoiserTraining(model, trainingTarget(cpu()), options)
  const session = await openTrainingSession(graph, threads)
  const weights = new Float32Array(parameters.length)
  for (const { name } of parameters.all) parameters.view(weights, name).set(float32Of(tensors.get(name)!))
  const state = startState(weights)
  const trained = new Set([...parameters.views.map(({ input }) => input), 'weight'])
  const feeds = someFeeds(graph.inputs.filter(({ name }) => !trained.has(name)))
  return () => takeStep(session, parameters, animateDiffAdamW, state, [{ feeds, weight: 1 }])
}

/** Numbers of the size that latents and tokens have. */
const someFeeds = (inputs: readonly { readonly name: string; readonly shape: readonly number[] }[]): Feeds =>
  Object.fromEntries(
    inputs.map(({ name, shape }) => [name, Float32Array.from({ length: elementsOf(shape) }, (_, i) => Math.sin(i * 12.9898))]),
  )

async function seconds(work: Work): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2]!) as TrainingTask)))
process.exit()

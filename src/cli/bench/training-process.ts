// A step of motion training beside a step of drawing, in a process of its own: how long both take by turns, and the most memory that it had.
// Its one argument says what, its one line of output what came of it.

import { cpu, type Model, openModel, unetGraph } from '../../engine/index.ts'
import { createSession } from '../../engine/run.ts'
import { openTrainer, type Recomputation, traineeFor } from '../../engine/train.ts'
import { cacheFolder, pocket } from '../../paths.ts'

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

async function measure({ draws, recomputation, times, threads: count }: TrainingTask): Promise<TrainingResult> {
  const threads = count === undefined ? {} : { threads: count }
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

type Threads = { readonly threads?: number }

/** One pass of the UNet, as an animation's steps take two. */
async function drawing(model: Model, threads: Threads): Promise<Work> {
  const graph = unetGraph(model, cpu(), { animations: 1, ...size })
  const session = await createSession(graph, threads)
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, shape }) => [name, someNumbers(shape.reduce((product, side) => product * side, 1))]),
  )
  return () => session.run(feeds)
}

/** One clip a step, that a module which is there goes on with. */
async function training(model: Model, recomputation: Recomputation, threads: Threads): Promise<Work> {
  const { frames, h, w, tokens } = size
  const { factor, latentChannels } = model.vae.architecture
  const seed = 1n
  const whole = { continues: true, layout: 'diffusers', writtenType: 'float32' } as const
  const trainee = traineeFor('motion', model, { ...whole, rank: 0, alpha: 0, frames, seed })
  const trainer = await openTrainer(model, trainee, {
    ...{ frames, width: w * factor, height: h * factor, stride: 1, clipSkip: 1, steps: 1000, batch: 1 },
    ...{ learningRate: 1e-4, schedule: 'constant', warmup: 0, weightDecay: 0.01, clip: 1, weighting: 'none', offsetNoise: 0 },
    ...{ emptyCaptions: 0, flip: false, seed: String(seed), device: 'cpu', recomputation, availableBytes: Infinity },
    ...{ weightDir: cacheFolder(), ...threads },
  })
  const moments = someNumbers(frames * 2 * latentChannels * h * w)
  const captions = new Map([['', { context: someNumbers(tokens * model.text.architecture.width) }]])
  const { steps } = await trainer.start({ items: [{ caption: '', frames, read: () => moments }], captions, settings: {} })
  const all = steps()
  return () => all.next()
}

/** Of the size that latents and tokens have. */
const someNumbers = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898))

async function seconds(work: Work): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2]!) as TrainingTask)))
process.exit()

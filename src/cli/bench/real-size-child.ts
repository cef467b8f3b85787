// One measurement of the real size, in a process of its own as the worker is one: what it took to load, to step and to decode, and the
// most memory it had. Its one argument says what, its one line of output what came of it.

import { join } from 'node:path'
import { type BaseFiles, createEngine, createSessions, openModel, startDevice } from '../../engine/index.ts'
import { flopsOf } from '../../engine/onnx/flops.ts'
import { unetGraph } from '../../engine/pipeline/graphs.ts'
import { cpu, noWinograd } from '../../engine/targets/cpu.ts'
import { createReference } from './reference.ts'

export interface Task {
  readonly files: BaseFiles
  readonly frames: number
  readonly side: number
  readonly steps: number
  readonly cacheDir: string
  readonly winograd: boolean
  readonly threads?: number
}

export interface Outcome {
  /** From the start of the process until every net was loaded, and until the first step was done. */
  readonly loadedS: number
  readonly firstStepS: number
  /** The best of the steps after the first. */
  readonly stepS: number
  readonly vaeFrameS: number
  readonly stepGflops: number
  /** Of the reference in the same run, at its best. */
  readonly referenceGflops: number
  /** Before anything was decoded, and in the end. */
  readonly stepPeakBytes: number
  readonly peakBytes: number
  readonly notes: readonly string[]
}

const sinceStartS = (): number => performance.now() / 1000
const peakBytes = (): number => process.resourceUsage().maxRSS * 1024

async function measure({ files, frames, side, steps, cacheDir, winograd, ...threads }: Task): Promise<Outcome> {
  const notes: string[] = []
  const started = await startDevice('cpu', { weightDir: join(cacheDir, 'weights'), onNote: (note) => notes.push(note), ...threads })
  const plain = cpu(noWinograd)
  const { target, vaeTarget } = winograd ? started : { target: plain, vaeTarget: plain }
  const sessions = createSessions({ budgetBytes: Infinity, load: started.load })
  const engine = createEngine({ sessions, target, vaeTarget, cacheDir })
  const model = { ...files, loras: [] }
  const size = { frames, width: side, height: side }
  await engine.warm({ model, ...size })
  const loadedS = sinceStartS()

  // Guidance of 1 asks the UNet once a step.
  const drawing = engine.draw({ model, ...size, prompt: 'a red ball', negative: '', steps: steps + 1, guidance: 1, seed: 1n, clipSkip: 1 })
  let turn = await drawing.next()
  turn = await drawing.next()
  const firstStepS = sinceStartS()
  const reference = await createReference(threads)
  let referenceGflops = await reference.measure()
  let stepS = Infinity
  for (;;) {
    const start = performance.now()
    turn = await drawing.next()
    if (turn.done || turn.value.stage !== 'denoising') break
    stepS = Math.min(stepS, (performance.now() - start) / 1000)
    referenceGflops = Math.max(referenceGflops, await reference.measure())
  }
  const stepPeakBytes = peakBytes()
  const start = performance.now()
  await drawing.next()
  const vaeFrameS = (performance.now() - start) / 1000 / frames

  const graph = unetGraph(openModel(files), plain, { animations: 1, frames, h: side / 8, w: side / 8, tokens: 77 })
  const stepGflops = flopsOf(graph) / 1e9
  return {
    loadedS,
    firstStepS,
    stepS,
    vaeFrameS,
    stepGflops,
    referenceGflops,
    stepPeakBytes,
    peakBytes: peakBytes(),
    notes: [...started.notes, ...notes],
  }
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2]!) as Task)))
process.exit()

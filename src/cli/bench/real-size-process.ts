// A child process that measures the real size once, as the local pool would draw: what it took to load, to step and to decode, and the
// most memory it had. Its one argument says what, its one line of output what came of it.

import { join } from 'node:path'
import { type BaseFiles, cpu, flopsOf, noWinograd, openModel, unetGraph } from '../../engine/index.ts'
import { createEngine, createSessions, startDevice } from '../../engine/run.ts'
import { createReference } from './reference.ts'

export interface RealSizeTask {
  readonly files: BaseFiles
  readonly frames: number
  readonly side: number
  readonly steps: number
  readonly cacheDir: string
  readonly winograd: boolean
  readonly threads?: number
}

export interface RealSizeResult {
  /** From the start of the process until every net was loaded, and until the first step was done. */
  readonly loadedS: number
  readonly firstStepS: number
  readonly stepS: number
  readonly vaeFrameS: number
  readonly stepGflops: number
  /** Of the reference just before and after a step; and a step's by that, for the middle one of the steps. */
  readonly referenceGflops: number
  readonly ratio: number
  /** Before anything was decoded, and in the end. */
  readonly stepPeakBytes: number
  readonly peakBytes: number
  readonly notes: readonly string[]
}

const sinceStartS = (): number => performance.now() / 1000
const peakBytes = (): number => process.resourceUsage().maxRSS * 1024

async function measure({ files, frames, side, steps, cacheDir, winograd, ...threads }: RealSizeTask): Promise<RealSizeResult> {
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
  const drawing = engine.draw({ model, ...size, prompt: 'a red ball', negative: '', steps: steps + 1, guidance: 1, seed: 1n })
  let turn = await drawing.next()
  turn = await drawing.next()
  const firstStepS = sinceStartS()
  const reference = await createReference(threads)
  const taken: { stepS: number; referenceGflops: number }[] = []
  for (let before = await reference.measure(); ; ) {
    const start = performance.now()
    turn = await drawing.next()
    if (turn.done || turn.value.stage !== 'denoising') break
    const stepS = (performance.now() - start) / 1000
    const after = await reference.measure()
    taken.push({ stepS, referenceGflops: (before + after) / 2 })
    before = after
  }
  const stepPeakBytes = peakBytes()
  const start = performance.now()
  await drawing.next()
  const vaeFrameS = (performance.now() - start) / 1000 / frames

  const graph = unetGraph(openModel(files), plain, { animations: 1, frames, h: side / 8, w: side / 8, tokens: 77 })
  const stepGflops = flopsOf(graph) / 1e9
  const middle = taken.sort((a, b) => a.stepS * a.referenceGflops - b.stepS * b.referenceGflops)[taken.length >> 1]!
  return {
    loadedS,
    firstStepS,
    ...middle,
    ratio: stepGflops / middle.stepS / middle.referenceGflops,
    vaeFrameS,
    stepGflops,
    stepPeakBytes,
    peakBytes: peakBytes(),
    notes: [...started.notes, ...notes],
  }
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2]!) as RealSizeTask)))
process.exit()

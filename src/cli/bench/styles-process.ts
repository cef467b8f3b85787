// A child process that measures what styles cost at the real size: two LoRAs of rank 32 beside the weights of one warm session, and one
// merged. Its one argument says what, its one line of output what came of it.

import { join } from 'node:path'
import type { BaseFiles } from '../../engine/index.ts'
import { createEngine, createSessions, startDevice } from '../../engine/run.ts'
import type { LoraFile } from '../../jobs/request.ts'

export interface StylesTask {
  readonly files: BaseFiles
  readonly loras: readonly [LoraFile, LoraFile]
  readonly side: number
  readonly rounds: number
  readonly cacheDir: string
  readonly threads?: number
}

export interface StylesResult {
  /** From asking for the other style to the UNet's first run, without the text encoder's. */
  readonly switchMs: number
  /** Graphs that were loaded by going to and fro. */
  readonly reloads: number
  /** Best steps: without a style, with one beside, with one merged. */
  readonly stepS: { readonly plain: number; readonly beside: number; readonly merged: number }
  /** After one style, and after two by turns. */
  readonly oneBytes: number
  readonly bothBytes: number
}

const { files, loras, side, rounds, cacheDir, ...threads } = JSON.parse(process.argv[2]!) as StylesTask

let loads = 0
/** When the UNet first ran since the drawing began, and what the text encoder took before. */
let unetAtMs: number | undefined
let textMs = 0
const started = await startDevice('cpu', { weightDir: join(cacheDir, 'weights'), ...threads })
const sessions = createSessions({
  budgetBytes: Infinity,
  async load(graph) {
    loads++
    const session = await started.load(graph)
    return {
      ...session,
      async run(feeds) {
        const start = performance.now()
        if (graph.name.startsWith('unet')) unetAtMs ??= start
        const results = await session.run(feeds)
        if (unetAtMs === undefined) textMs += performance.now() - start
        return results
      },
    }
  },
})
const engine = createEngine({ sessions, target: started.target, vaeTarget: started.vaeTarget, cacheDir })

/** Seconds of the best step after the first, and milliseconds of everything before the UNet but the text encoder. */
async function draw(style: readonly LoraFile[], steps: number): Promise<{ stepS: number; beforeMs: number }> {
  const start = performance.now()
  unetAtMs = undefined
  textMs = 0
  const size = { frames: 1, width: side, height: side }
  const drawing = engine.draw({
    model: { ...files, loras: style },
    ...size,
    prompt: 'a red ball',
    negative: '',
    steps,
    guidance: 1,
    seed: 1n,
  })
  await drawing.next()
  await drawing.next()
  const beforeMs = unetAtMs! - start - textMs
  let stepS = Infinity
  for (let i = 1; i < steps; i++) {
    const begun = performance.now()
    await drawing.next()
    stepS = Math.min(stepS, (performance.now() - begun) / 1000)
  }
  await drawing.return(undefined as never)
  return { stepS, beforeMs }
}

const [a, b] = loras
await draw([a], 2)
await draw([], 2)
await draw([{ ...a, merged: true }], 2)
const best = { plain: Infinity, beside: Infinity, merged: Infinity }
for (let i = 0; i < rounds; i++) {
  best.plain = Math.min(best.plain, (await draw([], 3)).stepS)
  best.beside = Math.min(best.beside, (await draw([a], 3)).stepS)
  best.merged = Math.min(best.merged, (await draw([{ ...a, merged: true }], 3)).stepS)
}
await draw([a], 2)
const oneBytes = process.memoryUsage.rss()
const before = loads
await draw([b], 2)
const switches: number[] = []
for (let i = 0; i < 10; i++) switches.push((await draw([i % 2 === 0 ? a : b], 2)).beforeMs)
const result: StylesResult = {
  switchMs: switches.toSorted((x, y) => x - y)[5]!,
  reloads: loads - before,
  stepS: best,
  oneBytes,
  bothBytes: process.memoryUsage.rss(),
}
console.log(JSON.stringify(result))
process.exit()

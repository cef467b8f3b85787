// Measures the small size: the model that ships, from a warm render pool and from a cold command line to a finished file.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { requiredSettingsIn } from '../../draw-settings.ts'
import { cpu, decoderGraph, flopsOf, modelDefaults, noWinograd, openModel, unetGraph } from '../../engine/index.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { cacheFolder, pocket } from '../../paths.ts'
import { createLocalPool } from '../../render/local/local-pool.ts'
import type { Recipe } from '../../render/recipe.ts'
import { atMost, type Measurement, seconds } from './measurement.ts'
import { createReference } from './reference.ts'

const prompt = 'a red ball bouncing in a meadow'
/** Of so many, the least disturbed counts. */
const times = 3

export async function* measureSmallSize(threads: { readonly threads?: number }): AsyncGenerator<Measurement> {
  const scratch = mkdtempSync(join(tmpdir(), 'zoetrope-bench-'))
  try {
    let cold = Infinity
    for (let i = 0; i < times; i++) cold = Math.min(cold, await secondsOf(() => fromColdCommandLine(join(scratch, 'cold.webp'), threads)))
    yield atMost('cold command line to finished WebP', cold, 9, seconds)
    yield* fromWarmPool(threads)
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

async function* fromWarmPool(threads: { readonly threads?: number }): AsyncGenerator<Measurement> {
  const pool = createLocalPool({ device: 'cpu', cacheDir: cacheFolder(), ...threads })
  try {
    const recipe = pocketRecipe()
    await pool.warm(recipe)
    const reference = await createReference(threads)
    let gflops = await reference.measure()
    let warm = Infinity
    for (let i = 0; i < times; i++) {
      warm = Math.min(warm, await secondsOf(() => pool.render(recipe)))
      gflops = Math.max(gflops, await reference.measure())
    }
    yield atMost('warm worker to finished WebP', warm, 3, seconds)
    const rate = gflopOf(recipe) / warm
    yield { what: `GFLOP/s of it (${Math.round(gflopOf(recipe))} GFLOP)`, got: rate.toFixed(0) }
    yield { what: 'GFLOP/s of a product of 2048 × 2048 in the same run', got: gflops.toFixed(0) }
    yield { what: 'the one by the other', got: (rate / gflops).toFixed(2) }
  } finally {
    await pool.close()
  }
}

/** Both passes of every step, and the VAE. */
function gflopOf({ request: { frames, width, height, steps } }: Recipe): number {
  const model = openModel({ checkpoint: pocket })
  const [h, w] = [height, width].map((side) => side / model.vae.architecture.factor) as [number, number]
  const step = flopsOf(unetGraph(model, cpu(noWinograd), { animations: 1, frames, h, w, tokens: 77 }))
  return (2 * steps * step + flopsOf(decoderGraph(model, cpu(noWinograd), { pictures: frames, h, w }))) / 1e9
}

/** 16 frames with guidance, as the model draws when nothing is asked otherwise. */
function pocketRecipe(): Recipe {
  const model = { checkpoint: pocket, loras: [] }
  const request = { ...requiredSettingsIn(modelDefaults(model)), prompt, negative: '', seed: '1', format: 'webp' } as const
  return { request, model, prompt, negative: '' }
}

async function fromColdCommandLine(out: string, { threads }: { readonly threads?: number }): Promise<void> {
  const program = join(import.meta.dirname, '../../zoetrope.js')
  const flags = Object.entries({ seed: 1, out, ...omitUndefined({ threads }) }).flatMap(([name, value]) => [`--${name}`, `${value}`])
  const args = [program, 'animate', prompt, ...flags]
  await promisify(execFile)(process.execPath, args)
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

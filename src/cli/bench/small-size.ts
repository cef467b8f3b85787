// The small size: the model that ships, from a warm worker and from a cold command line to a finished file.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { factsOf } from '../../engine/index.ts'
import { cacheFolder, pocket } from '../../places.ts'
import type { Recipe } from '../../render.ts'
import { createWorker } from '../../worker/host.ts'
import { atMost, type Finding, seconds } from './finding.ts'

const prompt = 'a red ball bouncing in a meadow'
const times = 3

export async function* measureSmallSize(threads: { readonly threads?: number }): AsyncGenerator<Finding> {
  const scratch = mkdtempSync(join(tmpdir(), 'zoetrope-bench-'))
  try {
    const cold = await best(() => fromColdCommandLine(join(scratch, 'cold.webp'), threads))
    yield atMost('cold command line to finished WebP', cold, 6, seconds)
    yield* fromWarmWorker(threads)
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

async function* fromWarmWorker(threads: { readonly threads?: number }): AsyncGenerator<Finding> {
  const worker = createWorker({ device: 'cpu', cacheDir: cacheFolder(), ...threads })
  try {
    const recipe = pocketRecipe()
    await worker.warm(recipe)
    let steps: readonly number[] = []
    const warm = await best(async () => {
      steps = (await worker.draw(recipe)).stepMs
    })
    yield atMost('warm worker to finished WebP', warm, 3, seconds)
    yield { what: 'of which steps', got: seconds(steps.reduce((a, b) => a + b) / 1000) }
  } finally {
    await worker.close()
  }
}

/** 16 frames, 12 steps, with guidance: what the model draws when nothing is asked otherwise. */
function pocketRecipe(): Recipe {
  const model = { checkpoint: pocket, loras: [] }
  const { width, height, frames, fps, steps, guidance, clipSkip } = factsOf(model)
  const request = { prompt, negative: '', width, height, frames, fps, steps, guidance, seed: '1', clipSkip, format: 'webp' } as const
  return { request, model, prompt, negative: '' }
}

async function fromColdCommandLine(out: string, { threads }: { readonly threads?: number }): Promise<void> {
  const program = new URL('../../cli.ts', import.meta.url).pathname
  const args = [program, 'animate', prompt, '--seed', '1', '--out', out, ...(threads === undefined ? [] : ['--threads', String(threads)])]
  await promisify(execFile)(process.execPath, args)
}

/** Seconds, of the least disturbed. */
async function best(work: () => Promise<void>): Promise<number> {
  let least = Infinity
  for (let i = 0; i < times; i++) {
    const start = performance.now()
    await work()
    least = Math.min(least, (performance.now() - start) / 1000)
  }
  return least
}

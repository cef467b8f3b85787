// Loading progress (a decorator of a render pool): loading blocks the process that does it, so how far it is, is told from here, by how
// long the same model took last time, or where it was never loaded, by how large its files are.

import { globSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import type { RenderProgress } from '../jobs/renderer.ts'
import type { ModelFiles } from '../jobs/request.ts'
import type { RenderPool } from './pool.ts'

export interface LoadingProgressOptions {
  /** Where times are kept, as JSON. */
  readonly file: string
  /** Milliseconds of any steady clock. */
  readonly now: () => number
}

const tellEveryMs = 500
/** Of files that were never loaded here: what a disk gives, and what is computed from it. */
const bytesPerMs = 100_000
/** The bar waits there for a load that takes longer than it should. */
const mostShare = 0.95

const timesSchema = z.record(z.string(), z.number().positive())

export function withLoadingProgress(pool: RenderPool, { file, now }: LoadingProgressOptions): RenderPool {
  const times = readTimes(file)
  /** What was rendered last is loaded still. */
  let loaded = ''

  function learn(key: string, ms: number | undefined): void {
    if (loaded !== key && ms !== undefined) {
      times[key] = Math.max(1, Math.round(ms))
      keepTimes(file, times)
    }
    loaded = key
  }

  return {
    ...pool,
    async warm(recipe) {
      const began = now()
      await pool.warm(recipe)
      learn(keyOf(recipe.model), now() - began)
    },

    async render(recipe, options = {}) {
      const { onProgress } = options
      if (!onProgress) return pool.render(recipe, options)
      const key = keyOf(recipe.model)
      const watch = watchLoading(loaded === key ? 0 : (times[key] ?? bytesOf(recipe.model) / bytesPerMs), now, onProgress)
      try {
        const drawn = await pool.render(recipe, { ...options, onProgress: watch.onProgress })
        const ms = watch.measuredMs()
        learn(key, ms)
        return drawn
      } finally {
        watch.stop()
      }
    },
  }
}

function watchLoading(expectedMs: number, now: () => number, onProgress: (progress: RenderProgress) => void) {
  let began: number | undefined
  let timer: NodeJS.Timeout | undefined
  const steps: number[] = []
  const tell = (): void => {
    const spentMs = now() - began!
    const loading = { share: Math.min(mostShare, spentMs / expectedMs), leftMs: Math.max(0, expectedMs - spentMs) }
    onProgress({ stage: 'loading', step: 0, of: 0, loading })
  }
  const stop = (): void => clearInterval(timer)
  return {
    stop,
    onProgress(progress: RenderProgress): void {
      if (progress.stage === 'loading') {
        stop()
        began = now()
        steps.length = 0
        if (expectedMs > tellEveryMs) {
          timer = setInterval(tell, tellEveryMs)
          tell()
        } else onProgress(progress)
        return
      }
      stop()
      if (progress.stage === 'denoising' && steps.length < 2) steps.push(now())
      onProgress(progress)
    },
    /** Until the first step, less a step; undefined where there was but one. */
    measuredMs(): number | undefined {
      const [first, second] = steps
      return began === undefined || first === undefined || second === undefined ? undefined : Math.max(1, first - began - (second - first))
    },
  }
}

const keyOf = ({ checkpoint, motion, control }: ModelFiles): string =>
  [checkpoint, motion ?? '', ...(control === undefined ? [] : [control])].map((path) => basename(path)).join('+')

function bytesOf({ checkpoint, motion, control }: ModelFiles): number {
  const files = [checkpoint, motion, control].flatMap((path) =>
    path === undefined ? [] : [path, ...globSync(join(path, '**/*.{safetensors,bin}'))],
  )
  return files.map((path) => statSync(path, { throwIfNoEntry: false })).reduce((sum, stat) => sum + (stat?.isFile() ? stat.size : 0), 0)
}

/** A bar is worth no error: what cannot be read or written is estimated anew. */
function readTimes(file: string): Record<string, number> {
  try {
    return timesSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return {}
  }
}

function keepTimes(file: string, times: Readonly<Record<string, number>>): void {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(times))
    renameSync(`${file}.new`, file)
  } catch {
    // told from the files' sizes next time
  }
}

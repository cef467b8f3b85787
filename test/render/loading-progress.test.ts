// How far loading is, told while the process that loads cannot tell anything.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { RenderProgress } from '../../src/jobs/renderer.ts'
import { withLoadingProgress } from '../../src/render/loading-progress.ts'
import type { PoolRenderOptions, RenderPool } from '../../src/render/pool.ts'
import type { Drawn } from '../../src/render/render.ts'
import { smallRecipe } from './small-recipe.ts'

/** Loads for 1300 ms, then makes two steps of 100 ms. */
const pool = {
  async render(_recipe: unknown, { onProgress }: PoolRenderOptions = {}) {
    onProgress?.({ stage: 'loading', step: 0, of: 0 })
    await setTimeout(1400)
    onProgress?.({ stage: 'denoising', step: 1, of: 2 })
    await setTimeout(100)
    onProgress?.({ stage: 'denoising', step: 2, of: 2 })
    return {} as Drawn
  },
} as unknown as RenderPool

test('the bar of loading goes by how long it took last time; what is loaded has none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-loading-'))
  const file = join(folder, 'load-times.json')
  const told = async (loading: RenderPool) => {
    const all: RenderProgress[] = []
    await loading.render(smallRecipe(), { onProgress: (progress) => void all.push(progress) })
    return all.flatMap(({ loading }) => loading ?? [])
  }
  try {
    await told(withLoadingProgress(pool, { file, now: () => performance.now() }))
    const [ms] = Object.values(JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>)
    assert.ok(ms! > 900 && ms! < 5000, `${ms} ms, less a step`)

    const again = withLoadingProgress(pool, { file, now: () => performance.now() })
    const shown = await told(again)
    assert.ok(shown.length >= 2)
    assert.equal(Math.round(shown[0]!.share * 10), 0)
    for (const [n, { share, leftMs }] of shown.entries()) {
      assert.ok(share <= 0.95 && share >= (shown[n - 1]?.share ?? 0))
      assert.ok(leftMs <= (shown[n - 1]?.leftMs ?? ms!))
    }
    assert.deepEqual(await told(again), [], 'it is loaded now')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

// Checks of what draws: the base models, and every device by drawing on it.

import { existsSync } from 'node:fs'
import { modelDefaults } from '../../engine/index.ts'
import type { RenderPool } from '../../render/pool.ts'
import type { Recipe } from '../../render/recipe.ts'
import type { BaseModel } from '../../styles/catalog/base-models.ts'
import { bad, badly, type Finding, good, off, poor } from './finding.ts'

/** Drawn in a second on two cores; more than this is no GPU and no recent CPU. */
const slowMs = 30_000

/** @param prefix what stands before `models pull` where this program was called */
export async function checkModel({ name, files }: BaseModel, setting: string, prefix: string): Promise<Finding> {
  const what = `Model ${name}`
  for (const path of [files.checkpoint, files.motion]) {
    if (path === undefined || existsSync(path)) continue
    return bad(what, `${path} is not there`, `Name a file that is there in ${setting}, or pull one: ${prefix} models pull sd15 motion-v3`)
  }
  try {
    const { width, height, motion } = modelDefaults(files)
    const moves = motion === null ? 'draws stills: no motion module' : `${motion} motion module`
    return good(what, `${files.checkpoint}, ${width} × ${height}, ${moves}`)
  } catch (error) {
    return badly(what, error)
  }
}

/** @param recipe of the small model: the smallest animation that there is */
export async function checkDevice(pool: RenderPool, recipe: Recipe): Promise<readonly Finding[]> {
  try {
    const { name, notes } = await pool.device()
    const begun = performance.now()
    await pool.render(recipe)
    const ms = performance.now() - begun
    const drew = `draws on ${name}: ${recipe.request.frames} frames of the small model in ${(ms / 1000).toFixed(1)} s`
    // What `auto` passed over is no fault: most machines have one kind of card.
    const passed = notes.map((note) => off('Device', note))
    const slow = 'Something else keeps this machine busy, or it is too small to draw on.'
    return [ms > slowMs ? poor('Device', drew, slow) : good('Device', drew), ...passed]
  } catch (error) {
    return [badly('Device', error)]
  }
}

// A recipe from the flags of `zoetrope animate`: what the pool renders.

import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Format } from '../../animation-format.ts'
import { checkClip, defaultsBy, framesBy, framesIn } from '../../clip.ts'
import type { Config } from '../../config.ts'
import { clipSettingsIn, type DrawSettings, drawSettings, drawSettingsIn, requiredSettingsIn } from '../../draw-settings.ts'
import { checkControl, modelDefaults } from '../../engine/index.ts'
import { UserError } from '../../errors.ts'
import type { AnimationRequest, LoraFile, ModelFiles } from '../../jobs/request.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { pocket } from '../../paths.ts'
import type { Recipe } from '../../render/recipe.ts'
import { recipeFor } from '../../styles/catalog/recipe.ts'
import type { ReadModelDefaults } from '../../styles/catalog/style.ts'
import { readPublishedModels } from '../../styles/download/published-models.ts'
import { modelPath, type NamedModels } from '../command-line/model-path.ts'
import { formatOf } from './output-file.ts'
import { type ReadCatalog, readStyleCatalog } from './read-style-catalog.ts'

export interface Flags extends Partial<DrawSettings> {
  readonly negative?: string
  readonly style?: string
  readonly checkpoint?: string
  readonly motion?: string
  readonly vae?: string
  readonly lora: readonly LoraFile[]
  readonly embedding: readonly { readonly file: string; readonly word: string }[]
  readonly control?: string
  readonly controlImage?: readonly { readonly frame: number; readonly file: string }[]
  readonly controlStrength?: number
  readonly size?: readonly [width: number, height: number]
  readonly seconds?: number
  readonly seed?: string
  readonly count?: string
  readonly format?: Format
  readonly maxBytes?: number
  readonly scale?: number
  readonly out?: string
  readonly device: string
  readonly threads?: number
  readonly verbose?: true
}

/** @param prefix what stands before commands that are told */
export async function recipeFromFlags(prompt: string, flags: Flags, config: Config, prefix: string): Promise<Recipe> {
  const styles = await readStyleCatalog(config)
  const models = { installed: styles.installed, published: readPublishedModels(dirname(pocket)), prefix }
  return recipeOf(prompt, flags, styles, models).finally(styles.close)
}

async function recipeOf(prompt: string, flags: Flags, styles: ReadCatalog, models: NamedModels): Promise<Recipe> {
  const model = modelOf(flags, styles.base, models)
  const own: ReturnType<ReadModelDefaults> = model ? modelDefaults(model) : await styles.catalog.model(flags.style)
  const method = flags.method ?? own.method
  const frames = framesOf(flags, own.fps) ?? framesBy(method, own.frames)
  const defaults = defaultsBy({ frames, ...omitUndefined({ method }) }, own)
  const [width, height] = flags.size ?? [defaults.width, defaults.height]
  const { style, maxBytes, scale } = flags
  const control = controlOf(flags)
  const request: AnimationRequest = {
    prompt,
    negative: flags.negative ?? defaults.negative,
    ...omitUndefined({ style, model }),
    ...requiredSettingsIn(defaults),
    width,
    height,
    ...drawSettingsIn(flags),
    frames,
    seed: flags.seed ?? String(randomInt(2 ** 32)),
    format: formatOf(flags),
    ...(Number(flags.count ?? 1) > 1 && { count: Number(flags.count) }),
    ...omitUndefined({ maxBytes, control }),
  }
  checkControl(
    model?.control === undefined ? null : { file: model.control },
    control && { at: control.pictures.map(({ frame }) => frame), ...omitUndefined({ strength: control.strength }) },
    request,
  )
  checkClip({ ...clipSettingsIn(defaults), ...request }, defaults.positions)
  const recipe = await recipeFor(request, styles.catalog, styles.base, styles.loras)
  return { ...recipe, ...omitUndefined({ scale, pictures: control?.pictures.map(({ file }) => file) }) }
}

/** @throws UserError `file-missing` */
function controlOf({ controlImage: pictures = [], controlStrength: strength }: Flags): AnimationRequest['control'] {
  if (pictures.length === 0 && strength === undefined) return undefined
  const missing = pictures.find(({ file }) => !existsSync(file))
  if (missing) throw new UserError('file-missing', `There is no picture ${missing.file}.`, { file: missing.file })
  return { pictures, ...omitUndefined({ strength }) }
}

/** @throws UserError `frames-and-seconds`, `seconds-too-long` */
function framesOf({ frames, seconds, loop, fps }: Flags, usualFps: number): number | undefined {
  if (seconds === undefined) return frames
  if (frames === undefined) return framesIn(seconds, { fps: fps ?? usualFps, loop, most: drawSettings.frames.max })
  throw new UserError('frames-and-seconds', '--frames and --seconds say the same: give one of them.', { frames, seconds })
}

/** Files that were named, over those that draw otherwise; undefined where none was. @throws UserError `style-and-files` */
function modelOf(
  { style, checkpoint, motion, vae, control, lora, embedding }: Flags,
  base: ModelFiles,
  models: NamedModels,
): ModelFiles | undefined {
  const own = [checkpoint, motion, vae, control].some((file) => file !== undefined)
  if (!own && lora.length === 0 && embedding.length === 0) return undefined
  if (style !== undefined) {
    throw new UserError('style-and-files', 'A style has its own files: name a style, or files, not both.', { style })
  }
  const path = (named: string | undefined): string | undefined => (named === undefined ? undefined : modelPath(named, models))
  const under: ModelFiles = checkpoint === undefined ? base : { checkpoint: modelPath(checkpoint, models), loras: [] }
  const embeddings = embedding.length > 0 ? embedding : undefined
  return {
    ...under,
    ...omitUndefined({ motion: path(motion), vae: path(vae), control: path(control), embeddings }),
    loras: lora.map(({ file, strength }) => ({ file: modelPath(file, models), strength })),
  }
}

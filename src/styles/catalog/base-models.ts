// Base models, on which styles lie: a checkpoint and a motion module that are named or installed, best first; and always the small
// model that ships.

import { join, parse } from 'node:path'
import { UserError } from '../../errors.ts'
import type { ModelFiles } from '../../jobs/request.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import type { InstalledModel } from '../download/installed-models.ts'
import type { StyleEntry } from '../registry/style-entry.ts'

/** A checkpoint and a motion module, both named, never found by the engine itself. */
export interface BaseModel {
  /** 'pocket', or the checkpoint's name: styles remember it. */
  readonly name: string
  readonly files: ModelFiles
  /** A prompt that shows it well; previews are drawn of it. */
  readonly example: string
}

export interface BaseModelSources {
  /** The small model that ships. */
  readonly pocket: string
  readonly checkpoint?: string
  readonly motion?: string
  readonly installed: readonly InstalledModel[]
}

/** Modules of which one is taken where none is named, best first; then any. */
const preferred = [/v3_sd15_mm/, /mm_sd_v15_v2/, /mm_sd_v15/]
/** Of checkpoints, the one that everything was trained on. */
const plain = /v1-5/

export function baseModels({ pocket, checkpoint, motion, installed }: BaseModelSources): [BaseModel, ...BaseModel[]] {
  const small: BaseModel = {
    name: 'pocket',
    files: { checkpoint: pocket, motion: join(pocket, 'motion'), loras: [] },
    example: 'a red ball bouncing in a meadow',
  }
  const found = checkpoint ?? best(installed, 'sd1-checkpoint', [plain])
  const module = motion ?? best(installed, 'motion-module', preferred)
  // A checkpoint alone draws stills, unless its folder holds a module: that is only wanted where somebody named it.
  if (found === undefined || (checkpoint === undefined && module === undefined)) return [small]
  const files = { checkpoint: found, ...omitUndefined({ motion: module }), loras: [] }
  return [{ name: parse(found).name, files, example: 'a boat on a lake at sunset, gentle waves' }, small]
}

/** The one that a style lies on; `undefined` where it is not installed. */
export const baseOf = ({ base }: Pick<StyleEntry, 'base'>, bases: readonly BaseModel[]): BaseModel | undefined =>
  bases.find(({ name }) => name === base)

/** @throws UserError `style-base-missing` */
export function installedBase(entry: StyleEntry, bases: readonly BaseModel[]): BaseModel {
  const base = baseOf(entry, bases)
  if (base) return base
  const sentence = `${entry.name} lies on ${entry.base}, which is not installed.`
  throw new UserError('style-base-missing', sentence, { name: entry.name, base: entry.base })
}

function best(installed: readonly InstalledModel[], kind: InstalledModel['kind'], order: readonly RegExp[]): string | undefined {
  const candidates = installed.filter((model) => model.kind === kind)
  const rank = ({ file }: InstalledModel): number => {
    const at = order.findIndex((pattern) => pattern.test(file))
    return at === -1 ? order.length : at
  }
  return candidates.sort((a, b) => rank(a) - rank(b))[0]?.path
}

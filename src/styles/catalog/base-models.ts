// What styles lie on: a checkpoint and a motion module that are named or installed, best first; and always the small model that ships.

import { join, parse } from 'node:path'
import type { Installed } from '../download/installed-models.ts'
import type { Base } from './style.ts'

export interface BaseSources {
  /** The small model that ships. */
  readonly pocket: string
  readonly checkpoint?: string
  readonly motion?: string
  readonly installed: readonly Installed[]
}

/** Modules of which one is taken where none is named, best first; then any. */
const preferred = [/v3_sd15_mm/, /mm_sd_v15_v2/, /mm_sd_v15/]
/** Of checkpoints, the one that everything was trained on. */
const plain = /v1-5/

export function basesOf({ pocket, checkpoint, motion, installed }: BaseSources): [Base, ...Base[]] {
  const small: Base = {
    name: 'pocket',
    files: { checkpoint: pocket, motion: join(pocket, 'motion'), loras: [] },
    example: 'a red ball bouncing in a meadow',
  }
  const found = checkpoint ?? best(installed, 'sd1-checkpoint', [plain])
  const module = motion ?? best(installed, 'motion-module', preferred)
  // A checkpoint alone draws stills, unless its folder holds a module: that is only wanted where somebody named it.
  if (found === undefined || (checkpoint === undefined && module === undefined)) return [small]
  const files = { checkpoint: found, ...(module !== undefined && { motion: module }), loras: [] }
  return [{ name: parse(found).name, files, example: 'a boat on a lake at sunset, gentle waves' }, small]
}

function best(installed: readonly Installed[], kind: Installed['kind'], order: readonly RegExp[]): string | undefined {
  const candidates = installed.filter((model) => model.kind === kind)
  const rank = ({ file }: Installed): number => {
    const at = order.findIndex((pattern) => pattern.test(file))
    return at === -1 ? order.length : at
  }
  return candidates.sort((a, b) => rank(a) - rank(b))[0]?.path
}

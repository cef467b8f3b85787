// LoRA key mapping: every name that a file may have for a module of our nets. kohya's underscores cannot be split back into dots
// ("to_out_0", "proj_in"), so names are made from the modules that are there and looked up whole.

import { motionModulePath, officialMotion } from '../dialects/motion.ts'
import type { LoraPart, Named } from '../dialects/parts.ts'
import { flipped, translator } from '../dialects/table.ts'
import { layoutOfDiffusers, ldmUNet } from '../dialects/unet.ts'
import { unwrapped } from '../dialects/wrapper-words.ts'

/** The nets that a LoRA is applied to, as `partsOf` gives them. Absent ones are left as they are. */
export interface LoraTarget {
  readonly unet?: Named
  readonly text?: Named
  readonly motion?: Named
}

/** A module of our nets: diffusers' path without `.weight`. */
export interface Module {
  readonly part: LoraPart
  readonly path: string
}

/** Finds a module by what a file calls it; `undefined` when these nets have no such module. */
export type FindModule = (theirs: string) => Module | undefined

/**
 * What programs put before a name with underscores. kohya's newer ones number the text encoder even when there is one, and say oft where
 * that is what they trained (sd-scripts networks/oft.py); LyCORIS by itself says its own name (lycoris/wrapper.py).
 */
const underscored: Readonly<Record<Module['part'], readonly string[]>> = {
  unet: ['lora_unet_', 'oft_unet_', 'lycoris_'],
  motion: ['lora_unet_', 'lycoris_'],
  text: ['lora_te_', 'lora_te1_', 'oft_te_', 'lycoris_'],
}

export function moduleFinder(target: LoraTarget): FindModule {
  const known = new Map<string, Module>()
  for (const part of ['unet', 'text', 'motion'] as const) {
    const names = target[part]
    if (!names) continue
    const others = otherNames(part, names)
    for (const name of names.keys()) {
      const path = /^(.*)\.weight$/.exec(name)?.[1]
      if (path === undefined) continue
      const module = { part, path }
      for (const alias of [path, ...others(path)].flatMap(attentionForms)) {
        known.set(alias, module)
        for (const beginning of underscored[part]) known.set(beginning + alias.replaceAll('.', '_'), module)
      }
    }
  }
  return (theirs) => known.get(theirs) ?? known.get(plain(theirs))
}

/** Without what says the net or the program, and without the attention processors that once held LoRAs. */
const plain = (theirs: string): string => unwrapped(theirs).local.replaceAll(/(^|\.)processor\./g, '$1')

/** The other dialects' paths of a module. */
function otherNames(part: Module['part'], names: Named): (path: string) => string[] {
  const present = (path: string | undefined): string[] => (path === undefined ? [] : [path])
  if (part === 'unet') {
    const toLdm = translator(flipped(ldmUNet(layoutOfDiffusers(names.keys()))))
    return (path) => present(toLdm(path))
  }
  if (part === 'motion') {
    const toOfficial = translator(flipped(officialMotion([...names.keys()].flatMap((name) => motionModulePath.exec(name)?.[0] ?? []))))
    return (path) => present(toOfficial(path))
  }
  return (path) => [path.replace(/^text_model\./, '')]
}

/** diffusers' attention processors held LoRAs beside `to_out.0` as `to_out`, and the text encoder's q_proj as `to_q`. */
function attentionForms(path: string): string[] {
  const found = /^(.*)\.(to_[qkv]|to_out\.0|(?:[qkv]|out)_proj)$/.exec(path)
  if (!found) return [path]
  const short = found[2]!.startsWith('to_') ? found[2]!.replace('.0', '') : `to_${found[2]!.replace('_proj', '')}`
  return [path, `${found[1]}.${short}`]
}

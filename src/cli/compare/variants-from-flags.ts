// The variants that flags of `zoetrope compare` name.

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readConfig } from '../../config.ts'
import { type BaseFiles, type Method, modelDefaults, type NamedLora, scaleMotion } from '../../engine/index.ts'
import { UserError } from '../../errors.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { readStyleCatalog } from '../animate/read-style-catalog.ts'
import { type Variant, variantsOf } from './variants.ts'

export interface VariantFlags {
  readonly methods: readonly Method[]
  readonly base: readonly string[]
  readonly motion?: string
  readonly motionStrength: readonly number[]
  readonly vae?: string
  readonly style: readonly NamedLora[]
}

/**
 * @param folder for copies of the motion module at other strengths
 * @throws UserError `compare-motion` where a method has nothing to move with
 */
export async function variantsFrom(
  { base, motion, motionStrength, vae, style, methods: wanted }: VariantFlags,
  folder: string,
): Promise<Variant[]> {
  const styles = await readStyleCatalog(readConfig(process.env))
  const installed = styles.base
  await styles.close()
  const under: BaseFiles = base.length > 0 ? { checkpoint: base[0]! } : installed
  const path = (file: string | undefined): string | undefined => (file === undefined ? undefined : resolve(file))
  const file = path(motion) ?? under.motion ?? ownMotion(under.checkpoint)
  const motions = motionStrength.map((strength) => {
    if (file === undefined)
      throw new UserError('compare-motion', 'A strength is that of a motion module, and none was named: --motion FILE.')
    return { strength, file: scaleMotion(file, strength, join(folder, String(strength))) }
  })
  const variants = variantsOf({
    ...{ methods: wanted, bases: base.length > 0 ? base : [installed.checkpoint], styles: style },
    motions: motions.length > 0 ? motions : [omitUndefined({ file: path(motion) ?? under.motion })],
    ...omitUndefined({ vae: path(vae) ?? under.vae }),
  })
  for (const { name, method, model } of variants) {
    if (method === 'zero' || modelDefaults(model).maxFrames > 1) continue
    throw new UserError('compare-motion', `${name} has no motion module: name one with --motion, or compare --methods zero alone.`, {
      name,
    })
  }
  return variants
}

/** A model's folder may have one inside. */
function ownMotion(checkpoint: string): string | undefined {
  const inside = join(checkpoint, 'motion')
  return existsSync(inside) ? inside : undefined
}

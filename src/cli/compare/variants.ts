// Variants that are compared: every method, on every base, in every style.

import { basename } from 'node:path'
import type { Method, ModelSources, NamedLora } from '../../engine/index.ts'

export interface Variant {
  readonly name: string
  readonly method: Method
  readonly model: ModelSources
}

export interface VariantSources {
  readonly methods: readonly Method[]
  /** The first is the one that the others are compared with. */
  readonly bases: readonly string[]
  readonly motion?: string
  readonly vae?: string
  /** Each is a style of its own, beside none. */
  readonly styles: readonly NamedLora[]
}

/** Method by method; names say what sets one apart. */
export function variantsOf({ methods, bases, styles, motion, vae }: VariantSources): Variant[] {
  const files = { ...(motion !== undefined && { motion }), ...(vae !== undefined && { vae }) }
  return methods.flatMap((method) =>
    bases.flatMap((checkpoint) =>
      [undefined, ...styles].map((style): Variant => {
        const parts = [
          method,
          ...(bases.length > 1 ? [basename(checkpoint)] : []),
          ...(style ? [`${basename(style.file)} ${style.strength}`] : []),
        ]
        return { name: parts.join(', '), method, model: { checkpoint, ...files, loras: style ? [style] : [] } }
      }),
    ),
  )
}

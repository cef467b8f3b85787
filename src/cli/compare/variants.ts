// Variants that are compared: every method, on every base, in every style.

import type { Method, ModelSources, NamedLora } from '../../engine/index.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { shortPaths } from './short-paths.ts'

export interface Variant {
  readonly name: string
  readonly method: Method
  readonly model: ModelSources
}

export interface VariantSources {
  readonly methods: readonly Method[]
  /** The first is the one that the others are compared with. */
  readonly bases: readonly string[]
  /** Of each strength that is compared; one of none: the model's own, as it is. */
  readonly motions: readonly { readonly strength?: number; readonly file?: string }[]
  readonly vae?: string
  /** Each is a style of its own, beside none. */
  readonly styles: readonly NamedLora[]
}

/** Method by method; names say what sets one apart. */
export function variantsOf({ methods, bases, styles, motions, vae }: VariantSources): Variant[] {
  const names = shortPaths([...bases, ...styles.map(({ file }) => file)])
  return methods.flatMap((method) =>
    bases.flatMap((checkpoint) =>
      // Text2Video-Zero has no motion module, whatever its strength.
      (method === 'zero' ? [{}] : motions).flatMap(({ strength, file: motion }: VariantSources['motions'][number]) =>
        [undefined, ...styles].map((style): Variant => {
          const parts = [
            method,
            ...(bases.length > 1 ? [names.get(checkpoint)!] : []),
            ...(strength === undefined ? [] : [`motion ${strength}`]),
            ...(style ? [`${names.get(style.file)} ${style.strength}`] : []),
          ]
          return { name: parts.join(', '), method, model: { checkpoint, ...omitUndefined({ motion, vae }), loras: style ? [style] : [] } }
        }),
      ),
    ),
  )
}

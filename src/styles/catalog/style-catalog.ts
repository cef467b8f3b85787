// The styles as people see them: which may be used where, what they lie on, what draws.

import { UserError } from '../../errors.ts'
import type { ModelFiles } from '../../jobs/request.ts'
import { type StyleEntry, type StyleFile, styleOf } from '../registry/style-entry.ts'
import type { StyleRegistry } from '../registry/style-registry.ts'
import { searchStyles } from './search-styles.ts'
import type { Base, BaseDefaults, PictureFormat, Style, StyleCatalog, StylePicture } from './style.ts'

export interface StyleCatalogOptions {
  readonly registry: StyleRegistry
  /** The first draws where no style is named. */
  readonly bases: readonly [Base, ...Base[]]
  readonly pathOf: (file: StyleFile) => string
  /** Reads tables of contents only. @throws UserError where a file is missing or fits nowhere */
  readonly factsOf: (files: ModelFiles) => Omit<BaseDefaults, 'name'>
  readonly pictureOf: (entry: StyleEntry, format: PictureFormat) => Promise<StylePicture | undefined>
}

export function createStyleCatalog({ registry, bases, pathOf, factsOf, pictureOf }: StyleCatalogOptions): StyleCatalog {
  const facts = new Map<string, Omit<BaseDefaults, 'name'>>()

  const styleFrom = (entry: StyleEntry): Style | undefined =>
    styleOf(
      entry,
      bases.find(({ name }) => name === entry.base),
      pathOf,
    )

  function factsAbout(files: ModelFiles): Omit<BaseDefaults, 'name'> {
    const key = JSON.stringify(files)
    const known = facts.get(key) ?? factsOf(files)
    facts.set(key, known)
    return known
  }

  async function offered(space: string, admin: boolean): Promise<Style[]> {
    await registry.refresh()
    return registry
      .entries()
      .filter((entry) => mayUse(entry, space, admin))
      .flatMap((entry) => styleFrom(entry) ?? [])
      .sort((a, b) => a.name.localeCompare(b.name, 'en'))
  }

  async function get(name: string): Promise<Style | undefined> {
    await registry.refresh()
    const entry = registry.find(name)
    return entry && entry.state !== 'quarantined' ? styleFrom(entry) : undefined
  }

  return {
    list: offered,
    search: async (typed, space, admin, limit) => searchStyles(await offered(space, admin), typed, limit),

    async find(name, space, admin) {
      await registry.refresh()
      const entry = registry.find(name)
      return entry && mayUse(entry, space, admin) ? styleFrom(entry) : undefined
    },

    get,

    async model(name) {
      const [base] = bases
      if (name === undefined) return { name: base.name, ...factsAbout(base.files) }
      const style = await get(name)
      if (!style) throw new UserError('unknown-style', `There is no style '${name}'. /styles shows those there are.`, { name })
      return factsOfStyle(style, factsAbout(style.model))
    },

    async picture(name, format = 'webp') {
      const entry = registry.find(name)
      return entry && pictureOf(entry, format)
    },
  }
}

/** A style for admins is for those of the place where it was added. */
export function mayUse({ state, spaces, home }: StyleEntry, space: string, admin: boolean): boolean {
  if (state === 'quarantined') return false
  if (state === 'admins') return admin && (home === undefined || home === space)
  return spaces === undefined || spaces.includes(space)
}

function factsOfStyle(style: Style, base: Omit<BaseDefaults, 'name'>): BaseDefaults {
  const { name, width, height, frames, fps, steps, guidance, clipSkip } = style
  return {
    ...base,
    name,
    width: width ?? base.width,
    height: height ?? base.height,
    frames: Math.min(frames ?? base.frames, base.maxFrames),
    fps: fps ?? base.fps,
    steps: steps ?? base.steps,
    guidance: guidance ?? base.guidance,
    negative: style.negative || base.negative,
    clipSkip: clipSkip ?? base.clipSkip,
  }
}

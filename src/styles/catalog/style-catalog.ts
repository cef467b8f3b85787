// The style catalog: the styles as people see them. Which may be used where, what they lie on, what draws.

import type { ModelSummary } from '../../chat/contract/command-context.ts'
import { clipSettingsIn, requiredSettingsIn } from '../../draw-settings.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import type { StyleEntry, StyleFile } from '../registry/style-entry.ts'
import { type StyleRegistry, unknownStyle } from '../registry/style-registry.ts'
import type { BaseModel } from './base-models.ts'
import { resolveStyle } from './resolve-style.ts'
import { searchStyles } from './search-styles.ts'
import type { PictureFormat, ReadModelDefaults, Style, StyleCatalog, StylePicture } from './style.ts'

export interface StyleCatalogOptions {
  readonly registry: StyleRegistry
  /** The first draws where no style is named. */
  readonly bases: readonly [BaseModel, ...BaseModel[]]
  readonly pathOf: (file: StyleFile) => string
  readonly modelDefaults: ReadModelDefaults
  readonly pictureOf: (entry: StyleEntry, format: PictureFormat) => Promise<StylePicture | undefined>
}

export function createStyleCatalog({ registry, bases, pathOf, modelDefaults, pictureOf }: StyleCatalogOptions): StyleCatalog {
  const defaultsOf = memoized(modelDefaults)
  const resolve = (entry: StyleEntry): Style | undefined => resolveStyle(entry, bases, pathOf)

  async function offered(space: string, admin: boolean): Promise<Style[]> {
    await registry.refresh()
    return registry
      .entries()
      .filter((entry) => mayUse(entry, space, admin))
      .flatMap((entry) => resolve(entry) ?? [])
      .sort((a, b) => a.name.localeCompare(b.name, 'en'))
  }

  async function get(name: string): Promise<Style | undefined> {
    await registry.refresh()
    const entry = registry.find(name)
    return entry && entry.state !== 'quarantined' ? resolve(entry) : undefined
  }

  return {
    list: offered,
    search: async (typed, space, admin, limit) => searchStyles(await offered(space, admin), typed, limit),

    async find(name, space, admin) {
      await registry.refresh()
      const entry = registry.find(name)
      return entry && mayUse(entry, space, admin) ? resolve(entry) : undefined
    },

    get,

    async model(name) {
      const [base] = bases
      if (name === undefined) return { name: base.name, ...defaultsOf(base.files) }
      const style = await get(name)
      if (!style) throw unknownStyle(name)
      return styleDefaults(style, defaultsOf(style.model))
    },

    async picture(name, format = 'webp') {
      const entry = registry.find(name)
      return entry && pictureOf(entry, format)
    },
  }
}

/** A style for admins is for those of the place where it was added. */
function mayUse({ state, spaces, home }: StyleEntry, space: string, admin: boolean): boolean {
  if (state === 'quarantined') return false
  if (state === 'admins') return admin && (home === undefined || home === space)
  return spaces === undefined || spaces.includes(space)
}

function memoized(read: ReadModelDefaults): ReadModelDefaults {
  const known = new Map<string, ReturnType<ReadModelDefaults>>()
  return (files) => {
    const key = JSON.stringify(files)
    const defaults = known.get(key) ?? read(files)
    known.set(key, defaults)
    return defaults
  }
}

function styleDefaults(style: Style, base: Omit<ModelSummary, 'name'>): ModelSummary {
  const own = { ...base, ...requiredSettingsIn(style), ...clipSettingsIn(style), ...omitUndefined({ method: style.method }) }
  const still = { ...base.still, ...omitUndefined({ steps: style.steps, guidance: style.guidance }) }
  return {
    ...own,
    still: { steps: own.steps, guidance: own.guidance, ...still },
    name: style.name,
    frames: Math.min(own.frames, base.maxFrames),
    negative: style.negative || base.negative,
  }
}

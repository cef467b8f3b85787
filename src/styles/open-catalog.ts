// Opens the style catalog to be read, as it is recorded: nothing is deleted, taken in or drawn, so a bot may be running beside it.

import { join } from 'node:path'
import type Keyv from 'keyv'
import { omitUndefined } from '../omit-undefined.ts'
import type { Blobs } from '../store/store.ts'
import type { BaseModel } from './catalog/base-models.ts'
import type { ReadModelDefaults, StyleCatalog } from './catalog/style.ts'
import { createStyleCatalog } from './catalog/style-catalog.ts'
import { createStylePictures, type StylePictures, type StylePicturesOptions } from './catalog/style-pictures.ts'
import { builtInStyles, isBuiltIn } from './registry/built-in-styles.ts'
import type { StyleEntry, StyleFile } from './registry/style-entry.ts'
import { openStyleFiles, type StyleFiles } from './registry/style-files.ts'
import { type HistoryRecord, openStyleHistory, type StyleHistory } from './registry/style-history.ts'
import { createStyleRegistry, type ReservedName, type StyleRegistry } from './registry/style-registry.ts'

export interface CatalogOptions extends Pick<StylePicturesOptions, 'webpToGif'> {
  /** `store.space('styles')`. */
  readonly space: Keyv<HistoryRecord>
  readonly blobs: Blobs
  /** Where files of styles are kept. */
  readonly folder: string
  /** models/ that ships. */
  readonly models: string
  /** The first draws where no style is named. */
  readonly bases: readonly [BaseModel, ...BaseModel[]]
  /** The engine's. */
  readonly modelDefaults: ReadModelDefaults
  readonly nowMs: () => number
  /** Names of styles that are being learned. */
  readonly reserved?: () => readonly ReservedName[]
}

export interface OpenCatalog {
  readonly catalog: StyleCatalog
  readonly registry: StyleRegistry
  readonly history: StyleHistory
  readonly files: StyleFiles
  readonly pathOf: (file: StyleFile) => string
  readonly pictures: StylePictures
}

export async function openCatalog(options: CatalogOptions): Promise<OpenCatalog> {
  const { space, blobs, folder, models, bases, modelDefaults, nowMs, webpToGif, reserved } = options
  const history = await openStyleHistory(space)
  const files = openStyleFiles(folder)
  const shipped = builtInStyles(models)
  const registry = createStyleRegistry(shipped, history, nowMs, reserved)
  const shippedFiles = new Set(shipped.flatMap((entry) => entry.files.map(({ file }) => file)))
  const pathOf = ({ file }: StyleFile): string => (shippedFiles.has(file) ? join(models, file) : files.path(file))
  const shippedWith = (entry: StyleEntry): string | undefined =>
    isBuiltIn(entry) ? join(models, 'styles', `${entry.id.slice(entry.id.indexOf('/') + 1)}.webp`) : undefined
  const pictures = createStylePictures({ blobs, shippedWith, ...omitUndefined({ webpToGif }) })
  const catalog = createStyleCatalog({ registry, bases, pathOf, modelDefaults, pictureOf: pictures.get })
  return { catalog, registry, history, files, pathOf, pictures }
}

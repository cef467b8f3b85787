// The styles as they are recorded, opened to be read: nothing is swept, taken in or drawn, so a bot may be running beside it.

import { join } from 'node:path'
import type Keyv from 'keyv'
import type { ModelFiles } from '../../jobs/request.ts'
import type { Blobs } from '../../store/store.ts'
import { openStyleFolder, type StyleFolder } from '../intake/style-files.ts'
import { builtInStyles, isBuiltIn } from './built-in.ts'
import type { Base, ModelFacts, StyleBook } from './style.ts'
import { createBook } from './style-catalog.ts'
import type { Entry, StyleFile } from './style-entry.ts'
import { type History, openHistory, type Page } from './style-history.ts'
import { createPictures, type Pictures, type PicturesOptions } from './style-pictures.ts'
import { createRegistry, type Registry } from './style-registry.ts'

export interface BookFiles extends Pick<PicturesOptions, 'webpToGif'> {
  /** `store.space('styles')`. */
  readonly space: Keyv<Page>
  readonly blobs: Blobs
  /** Where files of styles are kept. */
  readonly folder: string
  /** models/ that ships. */
  readonly models: string
  /** The first draws where no style is named. */
  readonly bases: readonly [Base, ...Base[]]
  /** The engine's. */
  readonly factsOf: (files: ModelFiles) => Omit<ModelFacts, 'name'>
  readonly nowMs: () => number
}

export interface OpenBook {
  readonly book: StyleBook
  readonly registry: Registry
  readonly history: History
  readonly files: StyleFolder
  readonly pathOf: (file: StyleFile) => string
  readonly pictures: Pictures
}

export async function openBook({ space, blobs, folder, models, bases, factsOf, nowMs, webpToGif }: BookFiles): Promise<OpenBook> {
  const history = await openHistory(space)
  const files = openStyleFolder(folder)
  const shipped = builtInStyles(models)
  const registry = createRegistry(shipped, history, nowMs)
  const shippedFiles = new Set(shipped.flatMap((entry) => entry.files.map(({ file }) => file)))
  const pathOf = ({ file }: StyleFile): string => (shippedFiles.has(file) ? join(models, file) : files.path(file))
  const shippedWith = (entry: Entry): string | undefined =>
    isBuiltIn(entry) ? join(models, 'styles', `${entry.id.slice(entry.id.indexOf('/') + 1)}.webp`) : undefined
  const pictures = createPictures({ blobs, shippedWith, ...(webpToGif && { webpToGif }) })
  const book = createBook({ registry, bases, pathOf, factsOf, pictureOf: pictures.get })
  return { book, registry, history, files, pathOf, pictures }
}

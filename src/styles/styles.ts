// Opens the room: history, folder and registry become the styles that the rest of the house asks for.

import { join } from 'node:path'
import type Keyv from 'keyv'
import type { StyleDesk } from '../chat/style-desk.ts'
import type { AnimationRequest, ModelFiles } from '../jobs/request.ts'
import type { Recipe } from '../render.ts'
import type { Blobs } from '../store/store.ts'
import { createBook } from './book.ts'
import { builtInStyles, isBuiltIn } from './built-in.ts'
import { createStyleDesk, type DeskOptions, type Visitor } from './desk.ts'
import { createDownload, type Download } from './download.ts'
import type { Entry, StyleFile } from './entry.ts'
import { openStyleFolder, sweep } from './folder.ts'
import { openHistory, type Page } from './history.ts'
import { createIntake, type IntakeOptions } from './intake.ts'
import { createPictures } from './pictures.ts'
import { createPreview, type Draw } from './previews.ts'
import { keptFiles, type Quotas, usualQuotas } from './quota.ts'
import { recipeFor } from './recipe.ts'
import { createRegistry } from './registry.ts'
import type { Base, ModelFacts, StyleBook } from './style.ts'

export interface StylesOptions {
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
  /** The engine's, in a thread of its own. */
  readonly inspect: IntakeOptions['inspect']
  /** The worker's. */
  readonly draw: Draw
  readonly nowMs: () => number
  /** May change what ships and what other places have added. */
  readonly isOperator: DeskOptions['isOperator']
  /** Where `path:` may point into; models that were pulled lie in one of them. */
  readonly hostFolders: readonly string[]
  readonly download?: Download
  readonly hub?: string
  readonly quotas?: Quotas
  /** How long a person waits for a preview, and when one is given up. */
  readonly patienceMs?: number
  readonly previewMs?: number
}

export interface Styles extends StyleBook {
  /** Draws where neither style nor files are named. */
  readonly base: Base
  /** @throws UserError `style-gone` */
  recipe(request: AnimationRequest): Promise<Recipe>
  /** Managing styles, for whoever speaks. */
  desk(visitor: Visitor): StyleDesk
}

export async function createStyles(options: StylesOptions): Promise<Styles> {
  const { space, blobs, folder, models, bases, factsOf, nowMs, isOperator, inspect, hostFolders, hub } = options
  const history = await openHistory(space)
  const files = openStyleFolder(folder)
  sweep(folder, keptFiles(history.changes))
  const shipped = builtInStyles(models)
  const registry = createRegistry(shipped, history, nowMs)
  const shippedFiles = new Set(shipped.flatMap((entry) => entry.files.map(({ file }) => file)))
  const pathOf = ({ file }: StyleFile): string => (shippedFiles.has(file) ? join(models, file) : files.path(file))
  const pictures = createPictures(blobs, (entry: Entry) =>
    isBuiltIn(entry) ? join(models, 'styles', `${entry.id.slice(entry.id.indexOf('/') + 1)}.webp`) : undefined,
  )
  const book = createBook({ registry, bases, pathOf, factsOf, pictureOf: (entry) => pictures.get(entry, 'webp') })
  const intake = createIntake({
    folder: files,
    download: options.download ?? createDownload(),
    inspect,
    hostFolders,
    ...(hub !== undefined && { hub }),
  })
  const desk: DeskOptions = {
    registry,
    book,
    bases,
    folder: files,
    pathOf,
    pictures,
    intake,
    preview: createPreview(options.draw, pictures),
    quotas: options.quotas ?? usualQuotas,
    isOperator,
    nowMs,
    patienceMs: options.patienceMs ?? 10 * 60_000,
    previewMs: options.previewMs ?? 60 * 60_000,
  }
  const [base] = bases
  return {
    ...book,
    base,
    recipe: (request) => recipeFor(request, book, base.files),
    desk: (visitor) => createStyleDesk(desk, visitor),
  }
}

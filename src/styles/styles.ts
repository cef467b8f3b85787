// Opens the room: history, folder and registry become the styles that the rest of the house asks for.

import { join } from 'node:path'
import type Keyv from 'keyv'
import type { AnimationRequest, ModelFiles } from '../jobs/request.ts'
import type { Recipe } from '../render.ts'
import type { Blobs } from '../store/store.ts'
import { createBook } from './book.ts'
import { builtInStyles, isBuiltIn } from './built-in.ts'
import type { Entry, StyleFile } from './entry.ts'
import { openStyleFolder, sweep } from './folder.ts'
import { openHistory, type Page } from './history.ts'
import { createPictures } from './pictures.ts'
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
  readonly nowMs: () => number
}

export interface Styles extends StyleBook {
  /** Draws where neither style nor files are named. */
  readonly base: Base
  /** @throws UserError `style-gone` */
  recipe(request: AnimationRequest): Promise<Recipe>
}

export async function createStyles({ space, blobs, folder, models, bases, factsOf, nowMs }: StylesOptions): Promise<Styles> {
  const history = await openHistory(space)
  const files = openStyleFolder(folder)
  sweep(folder, new Set(history.changes.flatMap(({ entry }) => entry?.files.map(({ file }) => file) ?? [])))
  const shipped = builtInStyles(models)
  const registry = createRegistry(shipped, history, nowMs)
  const shippedFiles = new Set(shipped.flatMap((entry) => entry.files.map(({ file }) => file)))
  const pathOf = ({ file }: StyleFile): string => (shippedFiles.has(file) ? join(models, file) : files.path(file))
  const pictures = createPictures(blobs, (entry: Entry) =>
    isBuiltIn(entry) ? join(models, `styles/${entry.id.slice(9)}.webp`) : undefined,
  )
  const book = createBook({ registry, bases, pathOf, factsOf, pictureOf: pictures.get })
  const [base] = bases
  return { ...book, base, recipe: (request) => recipeFor(request, book, base.files) }
}

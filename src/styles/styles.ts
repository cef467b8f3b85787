// Opens the room: history, folder and registry become the styles that the rest of the house asks for.

import type { StyleAdmin } from '../chat/contract/style-admin.ts'
import type { AnimationRequest } from '../jobs/request.ts'
import type { Recipe } from '../render/render.ts'
import { createPreview, type Draw } from './admin/previews.ts'
import { keptFiles, type Quotas, usualQuotas } from './admin/quota.ts'
import { createStyleAdmin, type StyleAdminOptions, type StyleManager } from './admin/style-admin.ts'
import { type CatalogFiles, openCatalog } from './catalog/open-catalog.ts'
import { recipeFor } from './catalog/recipe.ts'
import type { Base, StyleCatalog } from './catalog/style.ts'
import { createDownload, type Download } from './download/download.ts'
import { createIntake, type IntakeOptions } from './intake/intake.ts'
import { deleteUnusedFiles } from './intake/style-files.ts'

export interface StylesOptions extends CatalogFiles {
  /** The engine's, in a thread of its own. */
  readonly inspect: IntakeOptions['inspect']
  /** The worker's. */
  readonly draw: Draw
  /** Where `path:` may point into; models that were pulled lie in one of them. */
  readonly hostFolders: readonly string[]
  readonly download?: Download
  readonly hub?: string
  readonly quotas?: Quotas
  /** How long a person waits for a preview, and when one is given up. */
  readonly patienceMs?: number
  readonly previewMs?: number
}

export interface Styles extends StyleCatalog {
  /** Draws where neither style nor files are named. */
  readonly base: Base
  /** @throws UserError `style-gone` */
  recipe(request: AnimationRequest): Promise<Recipe>
  /** Managing styles, for whoever speaks. */
  admin(manager: StyleManager): StyleAdmin
}

export async function createStyles(options: StylesOptions): Promise<Styles> {
  const { folder, bases, nowMs, inspect, hostFolders, hub } = options
  const { catalog, registry, history, files, pathOf, pictures } = await openCatalog(options)
  deleteUnusedFiles(folder, keptFiles(history.changes))
  const intake = createIntake({
    folder: files,
    download: options.download ?? createDownload(),
    inspect,
    hostFolders,
    ...(hub !== undefined && { hub }),
  })
  const admin: StyleAdminOptions = {
    registry,
    catalog,
    bases,
    folder: files,
    pathOf,
    pictures,
    intake,
    preview: createPreview(options.draw, pictures),
    quotas: options.quotas ?? usualQuotas,
    nowMs,
    patienceMs: options.patienceMs ?? 10 * 60_000,
    previewMs: options.previewMs ?? 60 * 60_000,
  }
  const [base] = bases
  return {
    ...catalog,
    base,
    recipe: (request) => recipeFor(request, catalog, base.files),
    admin: (manager) => createStyleAdmin(admin, manager),
  }
}

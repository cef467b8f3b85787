// Assembles styles: history, files and registry become the styles that the other rooms ask for, and their administration.

import { join } from 'node:path'
import type { StyleAdmin } from '../chat/contract/style-admin.ts'
import type { AnimationRequest } from '../jobs/request.ts'
import { omitUndefined } from '../omit-undefined.ts'
import type { Recipe } from '../render/recipe.ts'
import { createPreview, type Draw } from './admin/previews.ts'
import { type Quotas, usualQuotas } from './admin/quota.ts'
import type { StyleManager } from './admin/style-access.ts'
import { createStyleAdmin, type StyleAdminParts } from './admin/style-admin.ts'
import type { BaseModel } from './catalog/base-models.ts'
import { recipeFor } from './catalog/recipe.ts'
import type { StyleCatalog } from './catalog/style.ts'
import type { InstalledLoras } from './catalog/tagged-loras.ts'
import { createDownload, type Download } from './download/download.ts'
import { hostsWithHub } from './download/vet-url.ts'
import { createIntake, type IntakeOptions } from './intake/intake.ts'
import { type CatalogOptions, openCatalog } from './open-catalog.ts'
import { keptFiles } from './registry/kept-files.ts'
import { deleteUnusedFiles } from './registry/style-files.ts'
import type { ReservedName } from './registry/style-registry.ts'
import { createTaughtStyles, type TaughtStyles } from './training/taught-styles.ts'
import { openTrainingFolders, trainingsUnderWay } from './training/training-folders.ts'

export interface StylesOptions extends CatalogOptions {
  /** The engine's, in a thread of its own. */
  readonly inspect: IntakeOptions['inspect']
  /** The render pool's. */
  readonly draw: Draw
  /** Where `path:` may point into; models that were pulled lie in one of them. */
  readonly hostFolders: readonly string[]
  /** That prompts may name. */
  readonly installed?: InstalledLoras
  readonly download?: Download
  readonly hub?: string
  /** Throws where it is no picture and no clip that a style could be learned from; absent: none is learned. */
  readonly look?: (path: string) => Promise<unknown>
  /** Ids of trainings that wait or run. */
  readonly trainings?: () => ReadonlySet<string>
  readonly quotas?: Quotas
  /** How long a person waits for a preview, and when one is given up. */
  readonly patienceMs?: number
  readonly previewMs?: number
}

export interface Styles extends StyleCatalog {
  /** Draws where neither style nor files are named. */
  readonly base: BaseModel
  /** @throws UserError `style-gone` */
  recipe(request: AnimationRequest): Promise<Recipe>
  /** Managing styles, for whoever speaks. */
  admin(manager: StyleManager): StyleAdmin
  /** Styles that are learned here. */
  readonly taught: TaughtStyles
}

export async function createStyles(options: StylesOptions): Promise<Styles> {
  const { folder, bases, nowMs, inspect, draw, hostFolders, hub } = options
  const {
    look,
    trainings,
    download = createDownload({ hosts: hostsWithHub(hub) }),
    quotas = usualQuotas,
    patienceMs = 10 * 60_000,
    previewMs = 60 * 60_000,
  } = options
  const learning = join(folder, 'training')
  const folders = openTrainingFolders(learning)
  const reserved = (): ReservedName[] => trainingsUnderWay(folders, trainings?.(), nowMs()).map(({ id, name }) => ({ name, training: id }))
  const { catalog, registry, history, files, pathOf, pictures } = await openCatalog({ ...options, reserved })
  deleteUnusedFiles(folder, keptFiles(history.changes))
  const addParts = {
    registry,
    bases,
    files,
    pathOf,
    pictures,
    intake: createIntake({ files, download, inspect, hostFolders, ...omitUndefined({ hub }) }),
    quotas,
    nowMs,
  }
  const taught = createTaughtStyles(
    {
      ...addParts,
      ...{ folders, download, look, live: trainings },
      learnedFiles: createIntake({ files, download, inspect, hostFolders: [learning], queues: true }),
    },
    (manager, name) => createStyleAdmin(parts, manager).remove(name, true),
  )
  const parts: StyleAdminParts = {
    ...addParts,
    preview: createPreview({ draw, pictures, catalog, bases, pathOf, patienceMs, previewMs }),
    prepareTraining: taught.prepare,
  }
  const [base] = bases
  return {
    ...catalog,
    base,
    recipe: (request) => recipeFor(request, catalog, base.files, options.installed),
    admin: (manager) => createStyleAdmin(parts, manager),
    taught,
  }
}

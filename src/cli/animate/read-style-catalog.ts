// Reads the style catalog of this machine: the styles and the base model that its bot would draw with.

import { dirname, join } from 'node:path'
import type { Config } from '../../config.ts'
import { kindOfFile, modelDefaults } from '../../engine/index.ts'
import type { ModelFiles } from '../../jobs/request.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { modelFolder, pocket } from '../../paths.ts'
import { openStore } from '../../store/store.ts'
import { baseModels } from '../../styles/catalog/base-models.ts'
import type { StyleCatalog } from '../../styles/catalog/style.ts'
import { type InstalledLoras, installedLoras } from '../../styles/catalog/tagged-loras.ts'
import { type InstalledModel, installedModels } from '../../styles/download/installed-models.ts'
import { openCatalog } from '../../styles/open-catalog.ts'

export interface ReadCatalog {
  readonly catalog: StyleCatalog
  /** Draws where nothing is named. */
  readonly base: ModelFiles
  readonly installed: readonly InstalledModel[]
  /** LoRAs that prompts may name. */
  readonly loras: InstalledLoras
  close(): Promise<void>
}

export async function readStyleCatalog({ home, redisUrl, checkpoint, motion }: Config): Promise<ReadCatalog> {
  const store = await openStore({ folder: join(home, 'store'), ...omitUndefined({ redisUrl }) })
  const installed = installedModels(modelFolder(home), kindOfFile)
  const bases = baseModels({ pocket, installed, ...omitUndefined({ checkpoint, motion }) })
  const { catalog } = await openCatalog({
    space: store.space('styles'),
    blobs: store.blobs,
    folder: join(home, 'styles'),
    models: dirname(pocket),
    bases,
    modelDefaults,
    nowMs: () => 0, // Nothing is written down here.
  })
  return { catalog, base: bases[0].files, installed, loras: installedLoras(installed), close: () => store.close() }
}

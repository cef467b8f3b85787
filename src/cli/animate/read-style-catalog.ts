// The styles and the base that the bot on this machine would draw with.

import { dirname, join } from 'node:path'
import type { Config } from '../../config.ts'
import { kindOfFile } from '../../engine/checkpoint/kind-of-file.ts'
import { factsOf } from '../../engine/index.ts'
import type { ModelFiles } from '../../jobs/request.ts'
import { modelFolder, pocket } from '../../paths.ts'
import { openStore } from '../../store/store.ts'
import { baseModels } from '../../styles/catalog/base-models.ts'
import type { StyleCatalog } from '../../styles/catalog/style.ts'
import { installedModels } from '../../styles/download/installed-models.ts'
import { openCatalog } from '../../styles/open-catalog.ts'

export interface ReadCatalog {
  readonly catalog: StyleCatalog
  /** Draws where nothing is named. */
  readonly base: ModelFiles
  close(): Promise<void>
}

export async function readStyleCatalog({ home, redisUrl, checkpoint, motion }: Config): Promise<ReadCatalog> {
  const store = await openStore({ folder: join(home, 'store'), ...(redisUrl !== undefined && { redisUrl }) })
  const bases = baseModels({
    pocket,
    installed: installedModels(modelFolder(home), kindOfFile),
    ...(checkpoint !== undefined && { checkpoint }),
    ...(motion !== undefined && { motion }),
  })
  const { space, blobs } = store
  const files = { space: space('styles'), blobs, folder: join(home, 'styles'), models: dirname(pocket) } as const
  const { catalog } = await openCatalog({ ...files, bases, factsOf, nowMs: () => 0 })
  return { catalog, base: bases[0].files, close: () => store.close() }
}

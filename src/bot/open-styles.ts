// The styles of a bot, opened in its home: what was pulled, what is configured, and what people have added.

import { dirname, join } from 'node:path'
import type { Config } from '../config.ts'
import { inspectInThread, kindOfFile, modelDefaults } from '../engine/index.ts'
import { decodeFrames } from '../media/decode.ts'
import { webpToGif } from '../media/webp/webp-to-gif.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { modelFolder, pocket } from '../paths.ts'
import type { Store } from '../store/store.ts'
import { baseModels } from '../styles/catalog/base-models.ts'
import { installedLoras } from '../styles/catalog/tagged-loras.ts'
import type { Download } from '../styles/download/download.ts'
import { installedModels } from '../styles/download/installed-models.ts'
import { createStyles, type Styles, type StylesOptions } from '../styles/styles.ts'
import { systemClock } from '../system-clock.ts'

export interface OpenStylesParts extends Pick<StylesOptions, 'draw'> {
  readonly store: Pick<Store, 'space' | 'blobs'>
  /** Ids of trainings that wait or run. */
  readonly trainings: () => ReadonlySet<string>
  /** Whether people may teach styles. */
  readonly learns: boolean
  /** From the hosts that are allowed otherwise. */
  readonly download: Download | undefined
}

/** Of one stranger's file. */
const inspectLimits = { timeoutMs: 120_000, maxMegabytes: 2048 } as const

export function openStyles(config: Config, { store, draw, trainings, learns, download }: OpenStylesParts): Promise<Styles> {
  const { home, checkpoint, motion, ffmpeg, hub } = config
  const installed = installedModels(modelFolder(home), kindOfFile)
  return createStyles({
    space: store.space('styles'),
    blobs: store.blobs,
    folder: join(home, 'styles'),
    models: dirname(pocket),
    bases: baseModels({ pocket, installed, ...omitUndefined({ checkpoint, motion }) }),
    modelDefaults,
    webpToGif,
    inspect: (path, options) => inspectInThread(path, { ...options, ...inspectLimits }),
    draw,
    nowMs: systemClock.nowMs,
    hostFolders: [modelFolder(home)],
    installed: installedLoras(installed),
    hub: hub.endpoint,
    ...omitUndefined({ download }),
    trainings,
    ...(learns && {
      look: (path) => decodeFrames(path, { width: 64, height: 64, maxFrames: 1, ...omitUndefined({ ffmpeg }) }),
    }),
  })
}

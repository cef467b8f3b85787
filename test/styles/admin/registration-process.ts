// A process that registers one style over the real store and dies by SIGKILL at the moment that it is told: see
// registration-killed.test.ts.

import { join } from 'node:path'
import { inspect, modelDefaults } from '../../../src/engine/index.ts'
import { openStore } from '../../../src/store/store.ts'
import type { HistoryRecord } from '../../../src/styles/registry/style-history.ts'
import { createStyles } from '../../../src/styles/styles.ts'
import { animeLora, attached, models, pocketBase } from '../test-styles.ts'

export const moments = ['half received', 'received', 'examined', 'change half written', 'change written', 'done'] as const
export type Moment = (typeof moments)[number]

/** @param reached what happens at each moment */
export async function openStylesIn(root: string, reached: (moment: Moment) => void) {
  const store = await openStore({ folder: join(root, 'store') })
  const space = store.space<HistoryRecord>('styles')
  const set = space.set.bind(space)
  space.set = async (key, value) => {
    // The change itself comes first, then the number that makes it count.
    if (key === 'head') reached('change half written')
    const done = await set(key, value)
    if (key === 'head') reached('change written')
    return done
  }
  const styles = await createStyles({
    space,
    blobs: store.blobs,
    folder: join(root, 'styles'),
    models,
    bases: [pocketBase],
    modelDefaults,
    inspect: async (path, options) => {
      reached('received')
      const inspection = inspect(path, options)
      reached('examined')
      return inspection
    },
    draw: () => Promise.reject(new Error('nothing is drawn here')),
    nowMs: Date.now,
    hostFolders: [],
  })
  return { store, styles }
}

const { file, files } = attached(animeLora())

export function adminOf({ styles }: Awaited<ReturnType<typeof openStylesIn>>, reached: (moment: Moment) => void) {
  const owner = { platform: 'discord', space: 's1', person: 'ann' }
  async function* fetchFile(): AsyncGenerator<Uint8Array> {
    const bytes = files[file.url]!
    yield bytes.subarray(0, bytes.length >> 1)
    reached('half received')
    yield bytes.subarray(bytes.length >> 1)
  }
  return styles.admin({ owner, name: 'ann', asker: { admin: true, operator: true, roles: [] }, managers: async () => [], fetchFile })
}

export const attachment = file

if (import.meta.main) {
  const [root, moment, name] = process.argv.slice(2) as [string, Moment, string]
  const reached = (now: Moment): void => {
    if (now === moment) process.kill(process.pid, 'SIGKILL')
  }
  const setup = await openStylesIn(root, reached)
  await adminOf(setup, reached).add({ name, extend: false, file })
  reached('done')
}

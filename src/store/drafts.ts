// Drafts: what is being written, beside the place that it is renamed into when it is whole. Several processes may write into one folder.

import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** No file is written as slowly: each piece sets its time of change. */
const abandonedMs = 3_600_000

/** @param folder made where it is missing; what a process left in it that died while writing is deleted */
export function openDrafts(folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) {
    const draft = join(folder, name)
    if (Date.now() - (statSync(draft, { throwIfNoEntry: false })?.mtimeMs ?? 0) > abandonedMs) rmSync(draft, { force: true })
  }
}

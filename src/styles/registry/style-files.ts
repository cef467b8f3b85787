// Content-addressed storage of style files: each lies under its SHA-256, so that two styles with one file share it and a change
// never touches another's.
//   incoming/  what is being fetched or checked; emptied at start
//   files/     what some change in the history speaks of

import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface StyleFiles {
  /** Of a file in place. */
  path(file: string): string
  /** A free path to write to. */
  incoming(): string
  /** Puts what came in into its place, at once and whole. */
  place(incoming: string, file: string): void
  drop(incoming: string): void
  remove(file: string): void
  has(file: string): boolean
}

/** @param folder made where it is missing */
export function openStyleFiles(folder: string): StyleFiles {
  const path = (file: string): string => join(folder, 'files', file)
  mkdirSync(join(folder, 'files'), { recursive: true })
  mkdirSync(join(folder, 'incoming'), { recursive: true })
  return {
    path,
    incoming: () => join(folder, 'incoming', randomUUID()),
    place: (incoming, file) => renameSync(incoming, path(file)),
    drop: (incoming) => rmSync(incoming, { force: true }),
    remove: (file) => rmSync(path(file), { force: true }),
    has: (file) => statSync(path(file), { throwIfNoEntry: false })?.isFile() ?? false,
  }
}

/** Takes away what a process left behind that died: everything half fetched, and files that no change speaks of. */
export function deleteUnusedFiles(folder: string, kept: { has(file: string): boolean }): void {
  for (const name of readdirSync(join(folder, 'incoming'))) rmSync(join(folder, 'incoming', name), { force: true, recursive: true })
  for (const name of readdirSync(join(folder, 'files'))) if (!kept.has(name)) rmSync(join(folder, 'files', name), { force: true })
}

// A training snapshot: the weights so far, and the state that the training goes on from, as contents that bot and GPU hosts hand each other.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { trainingFolder } from '../../trainer/training-run.ts'
import { fetchContent } from '../content-store/checked-content.ts'
import { type ContentStore, NotStored, WrongContent } from '../content-store/content-store.ts'
import type { FileContent } from '../file-contents.ts'

/** Its paths are within the folder that the weights lie in. */
export type TrainingSnapshot = FileContent & Required<Pick<FileContent, 'files'>>

interface Piece {
  readonly path: string
  readonly sha256: string
  readonly bytes: Buffer
}

/**
 * Puts away what there is of a training. Each file is read at once: the training goes on meanwhile.
 * @param out of the training
 * @returns undefined where no state was kept yet
 */
export async function putSnapshot(store: Pick<ContentStore, 'put'>, out: string, keepMs: number): Promise<TrainingSnapshot | undefined> {
  const pieces = readPieces(out)
  if (!pieces) return undefined
  for (const { sha256, bytes } of pieces) {
    await store.put(
      { sha256, bytes: bytes.length },
      async function* () {
        yield bytes
      },
      keepMs,
    )
  }
  const files = pieces.map(({ path, sha256, bytes }) => ({ path, sha256, bytes: bytes.length }))
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  return { name: basename(out), sha256: sha256Of(JSON.stringify(files)), bytes, files }
}

/**
 * Puts it where a training of this host looks for it; what is there already is not fetched.
 * @returns false where it is no longer in the store
 */
export async function takeSnapshot(store: Pick<ContentStore, 'get'>, { files }: TrainingSnapshot, out: string): Promise<boolean> {
  const folder = dirname(out)
  // What the training goes on from comes last: the rest may be older or newer than it, and is mended by it.
  const inOrder = files.toSorted((a, b) => Number(isState(a.path)) - Number(isState(b.path)))
  try {
    for (const { path, ...content } of inOrder) {
      const to = join(folder, path)
      if (existsSync(to) && sha256Of(readFileSync(to)) === content.sha256) continue
      await fetchContent(store, content, { path: to, partial: join(folder, 'partial') })
    }
    return true
  } catch (error) {
    if (error instanceof NotStored || error instanceof WrongContent) return false
    throw error
  }
}

function readPieces(out: string): readonly Piece[] | undefined {
  const state = trainingFolder(out)
  if (!existsSync(state)) return undefined
  const paths = [out, ...readdirSync(state).map((name) => join(state, name))].filter((path) => existsSync(path))
  if (!paths.some(isState)) return undefined
  return paths.map((path) => {
    const bytes = readFileSync(path)
    return { path: relative(dirname(out), path).replaceAll(sep, '/'), sha256: sha256Of(bytes), bytes }
  })
}

const isState = (path: string): boolean => basename(path) === 'state.safetensors'

const sha256Of = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

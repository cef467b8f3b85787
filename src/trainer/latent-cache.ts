// A latent cache: what the VAE says of every frame of a dataset (of a VAE in training, the frame itself), on disk, so that no picture is
// decoded or encoded twice. A file for each picture or clip, and another for its mirror image; in training only an example's frames are read.

import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Frames, partialFile } from '../engine/index.ts'
import type { TrainingItem } from '../engine/train.ts'
import { UserError } from '../errors.ts'
import type { DatasetEntry } from './dataset.ts'

export interface LatentCacheOptions {
  readonly dir: string
  /** Of everything besides the file that decides what is kept. */
  readonly key: string
  /** Float32 values of a frame. */
  readonly frameLength: number
  readonly mirrored: boolean
  decode(entry: DatasetEntry): Promise<Frames>
  /** Of every frame so many values. */
  encode(frames: Frames, mirrored: boolean): Promise<Float32Array>
}

/** Yields how many are there; returns all of them. @throws UserError `train-disk`, and those of decoding */
export async function* cachedItems(entries: readonly DatasetEntry[], options: LatentCacheOptions): AsyncGenerator<number, TrainingItem[]> {
  const { dir, frameLength, mirrored } = options
  mkdirSync(dir, { recursive: true })
  const items: TrainingItem[] = []
  for (const entry of entries) {
    const paths = (mirrored ? [false, true] : [false]).map((flipped) => join(dir, fileNameOf(entry, options.key, flipped)))
    if (!paths.every((path) => existsSync(path))) {
      const frames = await options.decode(entry)
      refuseFullDisk(dir, frames.count * frameLength * 4 * paths.length)
      for (const [i, path] of paths.entries()) if (!existsSync(path)) writeWhole(path, await options.encode(frames, i === 1))
    }
    const frames = statSync(paths[0]!).size / (4 * frameLength)
    items.push({ caption: entry.caption, frames, read: (wanted, flipped) => readFrames(paths[flipped ? 1 : 0]!, wanted, frameLength) })
    yield items.length
  }
  return items
}

/** The same picture under another name, or with other words, is encoded once. */
function fileNameOf({ stamp }: DatasetEntry, key: string, flipped: boolean): string {
  return `${createHash('sha256')
    .update(JSON.stringify([key, stamp, flipped]))
    .digest('hex')}.f32`
}

function readFrames(path: string, wanted: readonly number[], frameLength: number): Float32Array {
  const values = new Float32Array(wanted.length * frameLength)
  const bytes = new Uint8Array(values.buffer)
  const fd = openSync(path, 'r')
  try {
    for (const [i, frame] of wanted.entries()) {
      const got = readSync(fd, bytes, i * frameLength * 4, frameLength * 4, frame * frameLength * 4)
      if (got !== frameLength * 4) throw new Error(`${path} ends before frame ${frame}`)
    }
  } finally {
    closeSync(fd)
  }
  return values
}

function writeWhole(path: string, { buffer, byteOffset, byteLength }: Float32Array): void {
  const partial = partialFile(path)
  try {
    writeFileSync(partial.path, new Uint8Array(buffer, byteOffset, byteLength))
    partial.commit()
  } catch (error) {
    partial.abandon()
    throw error
  }
}

/** @throws UserError `train-disk` */
function refuseFullDisk(dir: string, neededBytes: number): void {
  const { bavail, bsize } = statfsSync(dir)
  if (neededBytes < bavail * bsize) return
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`
  throw new UserError(
    'train-disk',
    `The latents of the next picture or video take ${mb(neededBytes)} in ${dir}, where ${mb(bavail * bsize)} are free.`,
    { dir, neededBytes, freeBytes: bavail * bsize },
  )
}

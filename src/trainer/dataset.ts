// A dataset: the pictures and videos of a folder, each with its caption: from a .txt beside it, from a table (file and caption, or WebVid's
// videoid, name and page_dir), or one for all that have none.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, extname, join, relative } from 'node:path'
import type { Frames } from '../engine/index.ts'
import { UserError } from '../errors.ts'
import { decodeFrames, isDecodable } from '../media/decode.ts'
import { parseCsv } from './csv.ts'

export interface DatasetEntry {
  /** Within the dataset. */
  readonly name: string
  readonly caption: string
  /** Differs where the pictures may. */
  readonly stamp: string
  /** Frames that cover this size, cut at the centre. */
  decode(size: { readonly width: number; readonly height: number }): Promise<Frames>
}

export interface DatasetOptions {
  /** Of what has none. */
  readonly caption?: string
  /** Path of a binary. */
  readonly ffmpeg?: string
}

/** Of a video; what follows is not learned from. */
const mostFrames = 2048

/**
 * In the order of names.
 * @throws UserError `dataset-missing`, `dataset-empty`, `dataset-caption`, `dataset-file` naming what a table names and is not there
 */
export function readDataset(folder: string, { caption, ...options }: DatasetOptions = {}): DatasetEntry[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UserError('dataset-missing', `There is no folder ${folder} to learn from.`, { folder })
  }
  const names = readdirSync(folder).sort()
  const table = names.find((name) => extname(name).toLowerCase() === '.csv')
  const found = table === undefined ? inFolder(folder, names, caption) : inTable(folder, table)
  if (found.length === 0) {
    throw new UserError('dataset-empty', `${folder} holds no pictures or videos (png, jpg, webp, gif, mp4, webm, mov, mkv, avi).`, {
      folder,
    })
  }
  return found.map(({ path, caption: words }) => ({
    name: relative(folder, path),
    caption: words.trim(),
    stamp: stampOf(path),
    decode: (size) => decodeFrames(path, { ...size, ...options, maxFrames: mostFrames }),
  }))
}

function stampOf(path: string): string {
  const { size, mtimeNs } = statSync(path, { bigint: true })
  return `${path} ${size} ${mtimeNs}`
}

interface Captioned {
  readonly path: string
  readonly caption: string
}

function inFolder(folder: string, names: readonly string[], caption: string | undefined): Captioned[] {
  return names.filter(isDecodable).map((name) => {
    const path = join(folder, name)
    const text = join(folder, `${basename(name, extname(name))}.txt`)
    const words = existsSync(text) ? readFileSync(text, 'utf8') : caption
    if (words !== undefined) return { path, caption: words }
    throw new UserError(
      'dataset-caption',
      `${name} has no caption: write one to ${basename(text)} beside it, or give one for all that have none with --caption.`,
      { name, folder },
    )
  })
}

function inTable(folder: string, table: string): Captioned[] {
  const rows = parseCsv(readFileSync(join(folder, table), 'utf8'))
  return rows.map((row) => {
    const { videoid, page_dir: pageDir = '', name = '' } = row
    const file = videoid === undefined ? (row['file'] ?? row['file_name'] ?? row['path']) : join(pageDir, `${videoid}.mp4`)
    const caption = videoid === undefined ? (row['caption'] ?? row['text']) : name
    if (file === undefined || caption === undefined) {
      throw new UserError(
        'dataset-caption',
        `${table} should have the columns file and caption, or WebVid's videoid, name and page_dir; it has ${Object.keys(row).join(', ')}.`,
        { table, columns: Object.keys(row) },
      )
    }
    const path = [join(folder, file), join(folder, basename(file))].find((one) => existsSync(one))
    if (path === undefined)
      throw new UserError('dataset-file', `${table} names ${file}, which is not in ${folder}.`, { table, file, folder })
    return { path, caption }
  })
}

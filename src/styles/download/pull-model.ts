// A resumable download of one file from the model hub: what was cut off goes on where it was, and nothing is in place that was not
// checked whole.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { UserError } from '../../errors.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { fileDigest } from './file-digest.ts'
import { type HubClientOptions, type HubFileInfo, hubFileInfo, hubResponse, unreachable } from './hub-client.ts'
import type { HubModel } from './published-models.ts'

export interface PullOptions extends HubClientOptions {
  /** Before the next try after a cut; given up after `maxTries` in a row without a byte. */
  readonly pause: (tries: number) => Promise<void>
  readonly onProgress?: (done: number, of: number) => void
}

export interface PulledModel {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  /** The commit that it was of. */
  readonly commit?: string
}

const maxTries = 5

/**
 * @throws UserError `download-missing`, `model-gated`, `hub-unreachable`, `hub-answer`, `model-changed`, `model-hash`, `disk-full`
 */
export async function pullModel(model: HubModel, folder: string, options: PullOptions): Promise<PulledModel> {
  mkdirSync(folder, { recursive: true })
  const name = basename(model.file)
  const path = join(folder, name)
  const info = await hubFileInfo(model, options)
  refuseOther(model, info)
  // Named after the content, so that the beginning of another version is not gone on with.
  const part = join(folder, `${name}.${createHash('sha256').update(info.etag).digest('hex').slice(0, 12)}.part`)
  refuseFull(folder, info.bytes - sizeOf(part), model)
  await fetchRest(model, part, info, options)
  const sha256 = await fileDigest(part)
  const expected = model.sha256 ?? info.sha256
  if (expected !== undefined && sha256 !== expected) {
    rmSync(part)
    const sentence = `${model.name} arrived damaged: its SHA-256 is ${sha256}, and should be ${expected}. It was thrown away.`
    throw new UserError('model-hash', sentence, { name: model.name, expected, got: sha256 })
  }
  renameSync(part, path)
  // Beginnings of other versions of it are of no more use.
  for (const other of readdirSync(folder)) if (other.startsWith(`${name}.`) && other.endsWith('.part')) rmSync(join(folder, other))
  return { path, bytes: info.bytes, sha256, ...omitUndefined({ commit: info.commit }) }
}

function refuseOther({ name, repo, bytes, sha256 }: HubModel, info: HubFileInfo): void {
  const differs =
    (sha256 !== undefined && info.sha256 !== undefined && sha256 !== info.sha256) || (bytes !== undefined && bytes !== info.bytes)
  if (!differs) return
  throw new UserError('model-changed', `${repo} now holds another file than the ${name} that is known; it is not pulled.`, {
    name,
    expected: sha256 ?? bytes,
    got: info.sha256 ?? info.bytes,
  })
}

function refuseFull(folder: string, needed: number, { name }: HubModel): void {
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  if (free >= needed) return
  const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1)
  const sentence = `${name} needs ${gigabytes(needed)} GB more, and ${gigabytes(free)} GB are free at ${folder}.`
  throw new UserError('disk-full', sentence, { name, needed, free })
}

async function fetchRest(model: HubModel, part: string, { bytes }: HubFileInfo, options: PullOptions): Promise<void> {
  for (let tries = 0; sizeOf(part) !== bytes || !existsSync(part); ) {
    const before = sizeOf(part)
    if (before > bytes) rmSync(part)
    try {
      await fetchFrom(model, part, before > bytes ? 0 : before, bytes, options)
      if (sizeOf(part) < bytes) throw new Error(`the answer ended after ${sizeOf(part)} of ${bytes} bytes`)
    } catch (error) {
      options.signal?.throwIfAborted()
      if (error instanceof UserError) throw error
      tries = sizeOf(part) > before ? 1 : tries + 1
      if (tries >= maxTries) throw unreachable(error, options.endpoint)
      await options.pause(tries)
    }
  }
}

async function fetchFrom(model: HubModel, part: string, from: number, of: number, options: PullOptions): Promise<void> {
  const range: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {}
  const { statusCode, headers, body } = await hubResponse(model, { method: 'GET', headers: range }, options)
  const continues = statusCode === 206 && String(headers['content-range']).startsWith(`bytes ${from}-`)
  let done = continues ? from : 0
  // Piece by piece, so that all that came is there when the line is cut.
  const file = await open(part, continues ? 'a' : 'w')
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      options.signal?.throwIfAborted()
      done += piece.length
      if (done > of)
        throw new UserError('hub-answer', `${options.endpoint} gives more of ${model.name} than the ${of} bytes that it has.`, { of })
      await file.writeFile(piece)
      options.onProgress?.(done, of)
    }
  } finally {
    await file.close()
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

// Takes a file in from where a manager says: fetched or linked into the folder of what comes in, digested, examined. What is wrong
// with it is said in the words of its own name, for people do not know where it lies here; and nothing of it stays.

import { createHash } from 'node:crypto'
import { copyFileSync, createReadStream, createWriteStream, linkSync, realpathSync, statSync } from 'node:fs'
import { basename, isAbsolute, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Attachment } from '../../chat/contract/attachment.ts'
import type { Inspection, InspectOptions } from '../../engine/pipeline/inspect.ts'
import { UserError } from '../../errors.ts'
import type { Base } from '../catalog/style.ts'
import type { Download, Fetched } from '../download/download.ts'
import { hubFileOf, resolveUrl } from '../download/hub-address.ts'
import type { StyleFiles } from '../registry/style-files.ts'
import { sanitizeText } from './sanitize.ts'

/** Exactly one is named. */
export interface IntakeSource {
  readonly file?: Attachment
  readonly url?: string
  readonly path?: string
  readonly hub?: string
}

export interface IntakeResult extends Fetched {
  /** Where it lies until it is placed or dropped. */
  readonly incoming: string
  /** As it was named. */
  readonly source: string
  /** What it is called, for people. */
  readonly name: string
  readonly inspection: Inspection
}

export interface TakeOptions {
  readonly maxBytes: number
  /** It must fit one of them. */
  readonly bases: readonly Base[]
  readonly signal: AbortSignal
  /** Of the attachment's platform, where it has such a thing. */
  readonly fetchFile?: ((attachment: Attachment, signal: AbortSignal) => AsyncIterable<Uint8Array>) | undefined
}

export interface IntakeOptions {
  readonly folder: StyleFiles
  readonly download: Download
  /** The engine's. */
  readonly inspect: (path: string, options: InspectOptions) => Promise<Inspection>
  /** Where `path:` may point into. */
  readonly hostFolders: readonly string[]
  readonly hub?: string
}

/** Enough for every file there is; the format itself allows ten times as much. */
const limits = { maxHeaderBytes: 10_000_000, maxTensors: 20_000, maxRank: 8 }

/** The rest would wait on each other's disk and line. */
const maxAtOnce = 2

export type Intake = (source: IntakeSource, options: TakeOptions) => Promise<IntakeResult>

/** @throws UserError `style-source`, `intake-busy`, those of downloads, of `inspect`, and `path-outside` */
export function createIntake({ folder, download, inspect, hostFolders, hub = 'https://huggingface.co' }: IntakeOptions): Intake {
  let running = 0

  return async (source, options) => {
    const from = fromOf(source, hub)
    if (running >= maxAtOnce) throw new UserError('intake-busy', `${maxAtOnce} files are being taken in; try again when they are done.`)
    const incoming = folder.incoming()
    running++
    try {
      const fetched = await fetchedFrom(from, incoming, options)
      const inspection = await inspect(incoming, {
        limits,
        safetensorsOnly: from.kind !== 'path',
        bases: options.bases.map(({ files }) => files),
      }).catch((error: unknown) => {
        throw inTheirWords(error, [[realpathSync(incoming), from.name], ...options.bases.flatMap(pathsOf)])
      })
      return { ...fetched, incoming, source: from.source, name: from.name, inspection }
    } catch (error) {
      folder.drop(incoming)
      throw error
    } finally {
      running--
    }
  }

  async function fetchedFrom(from: From, to: string, { maxBytes, signal, fetchFile }: TakeOptions): Promise<Fetched> {
    switch (from.kind) {
      case 'url':
        return download(from.url, to, { maxBytes, signal })
      case 'file':
        return fetchFile
          ? await received(fetchFile(from.file, signal), to, maxBytes, signal)
          : download(from.file.url, to, { maxBytes, signal })
      case 'path':
        return linked(from.path, to, maxBytes, hostFolders)
    }
  }
}

type From = { readonly source: string; readonly name: string } & (
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'file'; readonly file: Attachment }
  | { readonly kind: 'path'; readonly path: string }
)

function fromOf({ file, url, path, hub: named }: IntakeSource, hub: string): From {
  const given = [file, url, path, named].filter((source) => source !== undefined)
  if (given.length !== 1) {
    throw new UserError('style-source', `One of file, url, path and hub says where the style comes from; ${given.length} were given.`, {
      given: given.length,
    })
  }
  const called = (name: string): string => sanitizeText(name, 100) || 'the file'
  if (file) return { kind: 'file', file, source: `file:${called(file.name)}`, name: called(file.name) }
  if (path !== undefined) return { kind: 'path', path, source: `path:${called(path)}`, name: called(basename(path)) }
  if (named !== undefined) {
    const hubFile = hubFileOf(named)
    return { kind: 'url', url: resolveUrl(hub, hubFile), source: `hub:${called(named)}`, name: called(basename(hubFile.file)) }
  }
  // Without what is behind '?': signed addresses hold secrets, and the record is shown.
  const [address = ''] = url!.split(/[?#]/)
  return { kind: 'url', url: url!, source: sanitizeText(address, 300), name: called(basename(address)) }
}

async function received(pieces: AsyncIterable<Uint8Array>, to: string, maxBytes: number, signal: AbortSignal): Promise<Fetched> {
  const hash = createHash('sha256')
  let bytes = 0
  await pipeline(
    pieces,
    async function* (incoming: AsyncIterable<Uint8Array>) {
      for await (const piece of incoming) {
        bytes += piece.length
        if (bytes > maxBytes)
          throw new UserError('file-too-large', `file may have ${maxBytes} bytes, and has more.`, { name: 'file', maxBytes, bytes })
        hash.update(piece)
        yield piece
      }
    },
    createWriteStream(to, { flags: 'wx' }),
    { signal },
  )
  return { bytes, sha256: hash.digest('hex') }
}

/** The same file under another name: gigabytes are not copied where they need not be. */
async function linked(path: string, to: string, maxBytes: number, folders: readonly string[]): Promise<Fetched> {
  const real = realPathWithin(path, folders)
  const { size } = statSync(real)
  if (size > maxBytes)
    throw new UserError('file-too-large', `path may have ${maxBytes} bytes, and has ${size}.`, { name: 'path', maxBytes, bytes: size })
  try {
    linkSync(real, to)
  } catch {
    // Another disk, or one that knows no links.
    copyFileSync(real, to)
  }
  const hash = createHash('sha256')
  await pipeline(createReadStream(to), hash)
  return { bytes: size, sha256: hash.digest('hex') }
}

/** What lies elsewhere, what is no file and what is not there are refused alike: an admin of a chat has no business with this host's disk. */
function realPathWithin(path: string, folders: readonly string[]): string {
  const candidates = isAbsolute(path) ? [path] : folders.map((folder) => join(folder, path))
  for (const candidate of candidates) {
    try {
      const real = realpathSync(candidate)
      if (folders.some((folder) => real.startsWith(realpathSync(folder) + sep)) && statSync(real).isFile()) return real
    } catch {
      // Not there.
    }
  }
  throw new UserError('path-outside', `There is no file '${sanitizeText(path, 200)}' in the folders of models on the host that draws.`, {
    path: sanitizeText(path, 200),
  })
}

const pathsOf = ({ name, files }: Base): (readonly [string, string])[] =>
  [files.checkpoint, files.motion, files.vae].flatMap((path) => (path === undefined ? [] : [[path, name] as const]))

/** Paths of this host are nobody's business; a folder's stands for every file in it. */
function inTheirWords(error: unknown, names: readonly (readonly [path: string, name: string])[]): unknown {
  if (!(error instanceof UserError)) return error
  const told = names.reduce(
    (text, [path, name]) => text.replaceAll(new RegExp(`${RegExp.escape(path)}(?:/[\\w./-]*\\w)?`, 'g'), () => name),
    error.message,
  )
  return new UserError(error.code, sanitizeText(told, 1000), { ...error.data, path: names[0]![1], file: names[0]![1] }, { cause: error })
}

// Intake of style files from where a manager says: fetched or linked into the folder of what comes in, digested, examined. What is wrong
// with a file is said in the words of its own name, for people do not know where it lies here; and nothing of it stays.

import { realpathSync } from 'node:fs'
import Bottleneck from 'bottleneck'
import type { Attachment } from '../../chat/contract/attachment.ts'
import type { Inspection, InspectOptions } from '../../engine/pipeline/inspect/inspect.ts'
import { UserError } from '../../errors.ts'
import type { BaseModel } from '../catalog/base-models.ts'
import type { Download } from '../download/download.ts'
import { type Fetched, saveStream } from '../download/save-stream.ts'
import type { StyleFiles } from '../registry/style-files.ts'
import { linkHostFile } from './host-file.ts'
import { type IntakeSource, intakeSource, type NamedSource } from './intake-source.ts'
import { sanitizeText } from './sanitize.ts'

export interface IntakeResult extends Fetched, Pick<IntakeSource, 'source' | 'name'> {
  /** Where it lies until it is placed or dropped. */
  readonly incoming: string
  readonly inspection: Inspection
}

export interface TakeOptions {
  readonly maxBytes: number
  /** It must fit one of them. */
  readonly bases: readonly BaseModel[]
  readonly signal: AbortSignal
  /** Of the attachment's platform, where it has such a thing. */
  readonly fetchFile?: ((attachment: Attachment, signal: AbortSignal) => AsyncIterable<Uint8Array>) | undefined
}

export interface IntakeOptions {
  readonly files: StyleFiles
  readonly download: Download
  /** The engine's. */
  readonly inspect: (path: string, options: InspectOptions) => Promise<Inspection>
  /** Where `path:` may point into. */
  readonly hostFolders: readonly string[]
  readonly hub?: string
  /** Whoever comes while as many are taken in as may waits, and is not turned away. */
  readonly queues?: boolean
}

/** Enough for every file there is; the format itself allows ten times as much. */
const limits = { maxHeaderBytes: 10_000_000, maxTensors: 20_000, maxRank: 8 }

/** The rest would wait on each other's disk and line. */
const maxAtOnce = 2

export type Intake = (named: NamedSource, options: TakeOptions) => Promise<IntakeResult>

/**
 * Bottleneck counts who is at it, and with OVERFLOW turns the newcomer away; its own choice, LEAK, drops who has waited longest.
 * @throws UserError `style-source`, `intake-busy`, those of downloads, of `inspect`, and `path-outside`
 */
export function createIntake({
  files,
  download,
  inspect,
  hostFolders,
  hub = 'https://huggingface.co',
  queues = false,
}: IntakeOptions): Intake {
  const slots = new Bottleneck({ maxConcurrent: maxAtOnce, highWater: queues ? null : 0, strategy: Bottleneck.strategy.OVERFLOW })

  return async (named, options) => {
    const from = intakeSource(named, hub)
    try {
      return await slots.schedule(() => takeIn(from, options))
    } catch (error) {
      if (!(error instanceof Bottleneck.BottleneckError)) throw error
      throw new UserError('intake-busy', `${maxAtOnce} files are being taken in; try again when they are done.`)
    }
  }

  async function takeIn(from: IntakeSource, options: TakeOptions): Promise<IntakeResult> {
    const incoming = files.incoming()
    try {
      const fetched = await fetchFrom(from, incoming, options)
      const inspection = await inspect(incoming, {
        limits,
        safetensorsOnly: from.kind !== 'path',
        bases: options.bases.map((base) => base.files),
        name: from.name,
      }).catch((error: unknown) => {
        throw inTheirWords(error, [{ path: realpathSync(incoming), name: from.name }, ...options.bases.flatMap(pathsOf)])
      })
      return { ...fetched, incoming, source: from.source, name: from.name, inspection }
    } catch (error) {
      files.drop(incoming)
      throw error
    }
  }

  async function fetchFrom(from: IntakeSource, to: string, { maxBytes, signal, fetchFile }: TakeOptions): Promise<Fetched> {
    switch (from.kind) {
      case 'url':
        return download(from.url, to, { maxBytes, signal })
      case 'file':
        return fetchFile
          ? saveStream(fetchFile(from.file, signal), to, { maxBytes, signal, tooLarge: attachmentTooLarge(maxBytes) })
          : download(from.file.url, to, { maxBytes, signal })
      case 'path':
        return linkHostFile(from.path, to, maxBytes, hostFolders)
    }
  }
}

const attachmentTooLarge =
  (maxBytes: number) =>
  (bytes: number): UserError =>
    new UserError('file-too-large', `file may have ${maxBytes} bytes, and has more.`, { name: 'file', maxBytes, bytes })

/** A path of this host, and what people call what lies there. */
interface NamedPath {
  readonly path: string
  readonly name: string
}

const pathsOf = ({ name, files }: BaseModel): NamedPath[] =>
  [files.checkpoint, files.motion, files.vae].flatMap((path) => (path === undefined ? [] : [{ path, name }]))

/** Paths of this host are nobody's business; a folder's stands for every file in it. */
function inTheirWords(error: unknown, paths: readonly [NamedPath, ...NamedPath[]]): unknown {
  if (!(error instanceof UserError)) return error
  const told = paths.reduce(
    (text, { path, name }) => text.replaceAll(new RegExp(`${RegExp.escape(path)}(?:/[\\w./-]*\\w)?`, 'g'), () => name),
    error.message,
  )
  const [{ name }] = paths
  return new UserError(error.code, sanitizeText(told, 1000), { ...error.data, path: name, file: name }, { cause: error })
}

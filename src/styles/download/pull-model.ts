// One file from the model hub, over its plain protocol: the address of a revision answers with the file's digest and size and leads to
// a CDN, which gives any range of it. What was cut off goes on where it was; nothing is in place that was not checked whole.

import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Dispatcher, request } from 'undici'
import { UserError } from '../../errors.ts'
import { resolveUrl } from './hub-address.ts'
import type { HubModel } from './published-models.ts'

export interface HubOptions {
  readonly endpoint: string
  /** Sent to the endpoint alone. */
  readonly token?: string
  /** Before the next try after a cut; given up after `tries` in a row without a byte. */
  readonly pause: (tries: number) => Promise<void>
  readonly onProgress?: (done: number, of: number) => void
  readonly signal?: AbortSignal
}

export interface Pulled {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  /** The commit that it was of. */
  readonly commit?: string
}

interface Facts {
  readonly bytes: number
  /** Names this content; of large files it is their SHA-256. */
  readonly etag: string
  readonly sha256?: string
  readonly commit?: string
}

const maxTries = 5
const timeouts = { headersTimeout: 60_000, bodyTimeout: 60_000 }

/**
 * @throws UserError `download-missing`, `model-gated`, `hub-unreachable`, `hub-answer`, `model-changed`, `model-hash`, `disk-full`
 */
export async function pull(model: HubModel, folder: string, options: HubOptions): Promise<Pulled> {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, basename(model.file))
  const facts = await factsOf(model, options)
  refuseOther(model, facts)
  const expected = model.sha256 ?? facts.sha256
  const part = join(folder, `${basename(model.file)}.${createHash('sha256').update(facts.etag).digest('hex').slice(0, 12)}.part`)
  refuseFull(folder, facts.bytes - sizeOf(part), model)
  await fetchRest(model, part, facts, options)
  const sha256 = await digestOf(part)
  if (expected !== undefined && sha256 !== expected) {
    rmSync(part)
    throw new UserError(
      'model-hash',
      `${model.name} arrived damaged: its SHA-256 is ${sha256}, and should be ${expected}. It was thrown away.`,
      {
        name: model.name,
        expected,
        got: sha256,
      },
    )
  }
  renameSync(part, path)
  // Beginnings of other versions of it are of no more use.
  for (const name of readdirSync(folder))
    if (name.startsWith(`${basename(model.file)}.`) && name.endsWith('.part')) rmSync(join(folder, name))
  return { path, bytes: facts.bytes, sha256, ...(facts.commit !== undefined && { commit: facts.commit }) }
}

export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}

/** The hub tells of a file before it leads to it. */
async function factsOf(model: HubModel, options: HubOptions): Promise<Facts> {
  const { headers } = await answerOf(model, 'HEAD', {}, options, false)
  const header = (name: string): string | undefined => [headers[name]].flat()[0]
  const etag = (header('x-linked-etag') ?? header('etag') ?? '').replace(/^W\//, '').replaceAll('"', '')
  const bytes = Number(header('x-linked-size') ?? header('content-length'))
  if (etag === '' || !Number.isSafeInteger(bytes) || bytes < 0) {
    throw new UserError('hub-answer', `${options.endpoint} does not tell size and digest of ${model.name}: it is no model hub.`, {
      name: model.name,
    })
  }
  const commit = header('x-repo-commit')
  return { bytes, etag, ...(/^[0-9a-f]{64}$/.test(etag) && { sha256: etag }), ...(commit !== undefined && { commit }) }
}

function refuseOther({ name, repo, bytes, sha256 }: HubModel, facts: Facts): void {
  const differs =
    (sha256 !== undefined && facts.sha256 !== undefined && sha256 !== facts.sha256) || (bytes !== undefined && bytes !== facts.bytes)
  if (!differs) return
  throw new UserError('model-changed', `${repo} now holds another file than the ${name} that is known; it is not pulled.`, {
    name,
    expected: sha256 ?? bytes,
    got: facts.sha256 ?? facts.bytes,
  })
}

function refuseFull(folder: string, needed: number, { name }: HubModel): void {
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize >= needed) return
  const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1)
  throw new UserError(
    'disk-full',
    `${name} needs ${gigabytes(needed)} GB more, and ${gigabytes(bavail * bsize)} GB are free at ${folder}.`,
    {
      name,
      needed,
      free: bavail * bsize,
    },
  )
}

async function fetchRest(model: HubModel, part: string, { bytes }: Facts, options: HubOptions): Promise<void> {
  for (let tries = 0; sizeOf(part) !== bytes || !existsSync(part); ) {
    const before = sizeOf(part)
    if (before > bytes) rmSync(part)
    try {
      await fetchFrom(model, part, before > bytes ? 0 : before, bytes, options)
    } catch (error) {
      options.signal?.throwIfAborted()
      if (error instanceof UserError) throw error
      tries = sizeOf(part) > before ? 1 : tries + 1
      if (tries >= maxTries) throw unreachable(error, options.endpoint)
      await options.pause(tries)
    }
  }
}

async function fetchFrom(model: HubModel, part: string, from: number, of: number, options: HubOptions): Promise<void> {
  const range: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {}
  const { statusCode, headers, body } = await answerOf(model, 'GET', range, options, true)
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

const maxRedirects = 5

/** @param follow to wherever it leads; else only within the hub (a repository that was renamed) */
async function answerOf(
  model: HubModel,
  method: 'HEAD' | 'GET',
  more: Readonly<Record<string, string>>,
  { endpoint, token, signal }: HubOptions,
  follow: boolean,
): Promise<Dispatcher.ResponseData> {
  const { host } = new URL(endpoint)
  let url = new URL(resolveUrl(endpoint, model))
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const own = url.host === host && token !== undefined ? { authorization: `Bearer ${token}` } : {}
    const headers = { 'accept-encoding': 'identity', 'user-agent': 'zoetrope', ...own, ...more }
    const answer = await request(url, { method, headers, ...timeouts, ...(signal && { signal }) }).catch((error: unknown) => {
      signal?.throwIfAborted()
      if (method === 'HEAD') throw unreachable(error, endpoint)
      throw error
    })
    const { statusCode } = answer
    const location = [answer.headers['location']].flat()[0]
    const redirected = statusCode >= 300 && statusCode < 400 && location !== undefined
    const next = redirected ? new URL(location, url) : undefined
    if (!next || (!follow && next.host !== host)) {
      if (statusCode >= 400) await answer.body.dump()
      refuseStatus(statusCode, model, endpoint)
      return answer
    }
    await answer.body.dump()
    url = next
  }
  throw new UserError('download-redirects', `${host} redirects more than ${maxRedirects} times.`, { host, max: maxRedirects })
}

/** What may pass is thrown as something else than a UserError, and tried again. */
function refuseStatus(status: number, { name, repo, file }: HubModel, endpoint: string): void {
  if (status < 400) return
  if (status === 401 || status === 403) {
    const sentence = `${name} is given only to those who accepted its terms: do so at ${endpoint}/${repo} and set HF_TOKEN.`
    throw new UserError('model-gated', sentence, { name, repo })
  }
  if (status === 404 || status === 410)
    throw new UserError('download-missing', `There is no ${file} in ${repo} at ${endpoint}.`, { name, repo, file })
  throw new Error(`${endpoint} answered ${status}`)
}

const unreachable = (error: unknown, endpoint: string): UserError =>
  new UserError(
    'hub-unreachable',
    `${endpoint} cannot be reached (${(error as Error).message}). What has arrived is kept: pull again to go on.`,
    { endpoint },
    {
      cause: error,
    },
  )

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

// A client of the model hub's plain protocol: the address of a revision answers with the file's digest and size and leads to a CDN, which
// gives any range of it.

import { type Dispatcher, request } from 'undici'
import { UserError } from '../../errors.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { resolveUrl } from './hub-address.ts'
import type { HubModel } from './published-models.ts'

export interface HubClientOptions {
  readonly endpoint: string
  /** Sent to the endpoint alone. */
  readonly token?: string
  readonly signal?: AbortSignal
}

export interface HubFileInfo {
  readonly bytes: number
  /** Names this content; of large files it is their SHA-256. */
  readonly etag: string
  readonly sha256?: string
  readonly commit?: string
}

/** The hub tells of a file before it leads to it. @throws UserError `hub-answer`, and those of `hubResponse` */
export async function hubFileInfo(model: HubModel, options: HubClientOptions): Promise<HubFileInfo> {
  const { headers } = await hubResponse(model, { method: 'HEAD', headers: {} }, options)
  const header = (name: string): string | undefined => [headers[name]].flat()[0]
  const etag = (header('x-linked-etag') ?? header('etag') ?? '').replace(/^W\//, '').replaceAll('"', '')
  const bytes = Number(header('x-linked-size') ?? header('content-length'))
  if (etag === '' || !Number.isSafeInteger(bytes) || bytes < 0) {
    const sentence = `${options.endpoint} does not tell size and digest of ${model.name}: it is no model hub.`
    throw new UserError('hub-answer', sentence, { name: model.name })
  }
  const sha256 = /^[0-9a-f]{64}$/.test(etag) ? etag : undefined
  return { bytes, etag, ...omitUndefined({ sha256, commit: header('x-repo-commit') }) }
}

export interface HubCall {
  /** GET follows wherever the hub leads; HEAD only within the hub (a repository that was renamed). */
  readonly method: 'HEAD' | 'GET'
  readonly headers: Readonly<Record<string, string>>
}

const maxRedirects = 5
const timeouts = { headersTimeout: 60_000, bodyTimeout: 60_000 }

/**
 * What may pass is thrown as something else than a UserError, to be tried again.
 * @throws UserError `model-gated`, `download-missing`, `download-redirects`; of HEAD also `hub-unreachable`
 */
export async function hubResponse(
  model: HubModel,
  { method, headers }: HubCall,
  { endpoint, token, signal }: HubClientOptions,
): Promise<Dispatcher.ResponseData> {
  const { host } = new URL(endpoint)
  let url = new URL(resolveUrl(endpoint, model))
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const authorization = url.host === host && token !== undefined ? `Bearer ${token}` : undefined
    const sent = { 'accept-encoding': 'identity', 'user-agent': 'zoetrope', ...omitUndefined({ authorization }), ...headers }
    const call = { method, headers: sent, ...timeouts, ...omitUndefined({ signal }) }
    const response = await request(url, call).catch((error: unknown) => {
      signal?.throwIfAborted()
      throw method === 'HEAD' ? unreachable(error, endpoint) : error
    })
    const next = redirectOf(response, url)
    if (!next || (method === 'HEAD' && next.host !== host)) {
      if (response.statusCode >= 400) await response.body.dump()
      refuseStatus(response.statusCode, model, endpoint)
      return response
    }
    await response.body.dump()
    url = next
  }
  throw new UserError('download-redirects', `${host} redirects more than ${maxRedirects} times.`, { host, max: maxRedirects })
}

function redirectOf({ statusCode, headers }: Dispatcher.ResponseData, from: URL): URL | undefined {
  const location = [headers['location']].flat()[0]
  return statusCode >= 300 && statusCode < 400 && location !== undefined ? new URL(location, from) : undefined
}

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

export function unreachable(cause: unknown, endpoint: string): UserError {
  const sentence = `${endpoint} cannot be reached (${(cause as Error).message}). What has arrived is kept: pull again to go on.`
  return new UserError('hub-unreachable', sentence, { endpoint }, { cause })
}

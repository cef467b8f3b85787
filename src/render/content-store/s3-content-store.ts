// A content store in an S3-compatible bucket. What bot and hosts no longer need is left to a lifecycle rule of the bucket, but for
// results, which the bot deletes.

import { AwsClient } from 'aws4fetch'
import { UserError } from '../../errors.ts'
import { type ContentDigest, type ContentStore, NotStored } from './content-store.ts'

export interface S3ContentStoreOptions {
  readonly bucket: string
  /** Of keys. */
  readonly prefix: string
  /** Of a server other than Amazon's; buckets are named in paths there. */
  readonly endpoint?: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Of one PUT (Amazon S3 User Guide, Uploading objects). */
const maxBytes = 5 * 2 ** 30
/** Of an answer to begin; bodies take as long as they take. */
const answerMs = 30_000

export function createS3ContentStore(options: S3ContentStoreOptions): ContentStore {
  const { bucket, prefix, endpoint, region, accessKeyId, secretAccessKey, sessionToken } = options
  // What is sent is read once, so it is the caller who tries again.
  const client = new AwsClient({
    accessKeyId,
    secretAccessKey,
    service: 's3',
    region,
    retries: 0,
    ...(sessionToken !== undefined && { sessionToken }),
  })
  const base = endpoint === undefined ? `https://${bucket}.s3.${region}.amazonaws.com` : `${endpoint.replace(/\/+$/, '')}/${bucket}`
  const urlOf = (sha256: string): string => `${base}/${prefix}${sha256}`

  async function call(method: string, sha256: string, init: RequestInit = {}): Promise<Response> {
    const begun = new AbortController()
    const timer = setTimeout(
      () => begun.abort(new Error(`the bucket did not answer within ${answerMs} ms`)),
      method === 'PUT' ? putMs : answerMs,
    )
    try {
      const answer = await client.fetch(urlOf(sha256), { method, signal: begun.signal, ...init })
      if (method !== 'GET' || !answer.ok) await answer.body?.cancel()
      if (!answer.ok && answer.status !== 404) throw new Error(`the bucket answered ${method} with ${answer.status}`)
      return answer
    } finally {
      clearTimeout(timer)
    }
  }

  async function has(sha256: string): Promise<boolean> {
    return (await call('HEAD', sha256)).ok
  }

  return {
    maxBytes,
    has,
    async put({ sha256, bytes }: ContentDigest, source) {
      if (await has(sha256)) return
      const body = ReadableStream.from(source()) as unknown as NonNullable<RequestInit['body']>
      // The bucket checks the hash, too; without a length it takes no stream.
      const headers = { 'x-amz-content-sha256': sha256, 'content-length': String(bytes) }
      const answer = await call('PUT', sha256, { body, headers, duplex: 'half' } as RequestInit)
      if (!answer.ok) throw new Error(`there is no bucket ${bucket}`)
    },
    async *get(sha256) {
      const answer = await call('GET', sha256)
      if (!answer.ok || !answer.body) throw new NotStored(sha256)
      yield* answer.body as unknown as AsyncIterable<Uint8Array>
    },
    async delete(sha256) {
      await call('DELETE', sha256)
    },
    close: async () => undefined,
  }
}

/** An hour for the largest there may be. */
const putMs = 3_600_000

/** @param text s3://bucket/prefix?endpoint=…&region=… @throws UserError bad-setting */
export function parseBucket(text: string): Pick<S3ContentStoreOptions, 'bucket' | 'prefix' | 'endpoint' | 'region'> {
  const { hostname, pathname, searchParams } = new URL(text)
  const [prefix, endpoint] = [pathname.replace(/^\/+|\/+$/g, ''), searchParams.get('endpoint')]
  if (endpoint !== null && !/^https?:\/\//.test(endpoint)) {
    throw new UserError('bad-setting', `The endpoint in CONTENT_STORE should be an https:// address, and is '${endpoint}'.`, {
      names: ['CONTENT_STORE'],
    })
  }
  return {
    bucket: hostname,
    prefix: prefix === '' ? '' : `${prefix}/`,
    region: searchParams.get('region') ?? 'us-east-1',
    ...(endpoint !== null && { endpoint }),
  }
}

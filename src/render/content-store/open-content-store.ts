// Opens the content store that was chosen: in Redis, in a folder, or in a bucket.

import { UserError } from '../../errors.ts'
import type { ContentStore } from './content-store.ts'
import { createFolderContentStore } from './folder-content-store.ts'

export interface ContentStoreChoice {
  /** As CONTENT_STORE says it; absent: in Redis. */
  readonly contentStore?: string
  readonly s3Keys?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
}

/** @param inRedis makes the usual one @throws UserError bad-setting */
export async function openContentStore({ contentStore, s3Keys }: ContentStoreChoice, inRedis: () => ContentStore): Promise<ContentStore> {
  if (contentStore === undefined) return inRedis()
  if (!contentStore.startsWith('s3://')) return createFolderContentStore(contentStore)
  if (!s3Keys) {
    const sentence = 'CONTENT_STORE names a bucket: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are missing.'
    throw new UserError('bad-setting', sentence, { names: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] })
  }
  const { createS3ContentStore, parseBucket } = await import('./s3-content-store.ts')
  return createS3ContentStore({ ...parseBucket(contentStore), ...s3Keys })
}

// Content stores over what they stand on: a real Redis, a folder, an S3-compatible server.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import S3rver from 's3rver'
import { keys } from '../../../src/render/bullmq/protocol/keys.ts'
import { connectRedis } from '../../../src/render/bullmq/protocol/redis-connection.ts'
import { createFolderContentStore } from '../../../src/render/content-store/folder-content-store.ts'
import { createRedisContentStore } from '../../../src/render/content-store/redis-content-store.ts'
import { createS3ContentStore, parseBucket } from '../../../src/render/content-store/s3-content-store.ts'
import { temporaryFolder } from '../../store/folder.ts'
import { testContentStore } from '../../suites/content-store.ts'
import { skipWithoutRedis, startRedis } from '../../suites/redis-server.ts'

const url = await startRedis()
const folder = temporaryFolder()

testContentStore('a content store in a shared folder', async () => ({
  store: createFolderContentStore(folder),
  other: createFolderContentStore(folder),
  damage: async ({ sha256 }, bytes) => writeFileSync(join(folder, sha256.slice(0, 2), sha256), bytes),
}))

test('what a process left that died while it put something into a shared folder goes after an hour', () => {
  const shared = temporaryFolder()
  const drafts = ['old', 'new'].map((name) => join(shared, '.partial', name))
  mkdirSync(join(shared, '.partial'))
  for (const draft of drafts) writeFileSync(draft, 'half')
  const hoursAgo = new Date(Date.now() - 2 * 3_600_000)
  utimesSync(drafts[0]!, hoursAgo, hoursAgo)
  createFolderContentStore(shared)
  assert.deepEqual(drafts.map(existsSync), [false, true])
})

if (url !== undefined) {
  const connection = await connectRedis({ url, name: 'test', onError: () => undefined })
  after(() => connection.close())
  const store = () => createRedisContentStore({ redis: () => connection.bulk, keyOf: keys.content })
  testContentStore('a content store in Redis', async () => ({
    store: store(),
    other: store(),
    async damage({ sha256 }, bytes) {
      await connection.redis.set(`${keys.content(sha256)}:0`, Buffer.from(bytes))
      await connection.redis.set(keys.content(sha256), '1')
    },
  }))
} else describe('a content store in Redis', { skip: skipWithoutRedis })

const s3 = new S3rver({ port: 0, silent: true, directory: temporaryFolder(), configureBuckets: [{ name: 'zoetrope', configs: [] }] })
const { port } = await s3.run()
after(() => s3.close())
const s3Keys = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }
const bucket = () => createS3ContentStore({ ...parseBucket(`s3://zoetrope/shared?endpoint=http://127.0.0.1:${port}`), ...s3Keys })
testContentStore('a content store in a bucket', async () => ({
  keepsForGood: true,
  store: bucket(),
  other: bucket(),
  async damage({ sha256 }, bytes) {
    const other = createHash('sha256').update(bytes).digest('hex')
    const store = bucket()
    await store.put({ sha256: other, bytes: bytes.length }, () => ReadableStream.from([bytes]), 0)
    const { AwsClient } = await import('aws4fetch')
    const client = new AwsClient({ ...s3Keys, service: 's3', region: 'us-east-1' })
    const headers = { 'x-amz-copy-source': `/zoetrope/shared/${other}` }
    const answer = await client.fetch(`http://127.0.0.1:${port}/zoetrope/shared/${sha256}`, { method: 'PUT', headers })
    if (!answer.ok) throw new Error(`not copied: ${answer.status}`)
  },
}))

// GPU hosts and the bot's pool for tests, in one process over a real Redis; each host renders with a real child of its own.

import { join } from 'node:path'
import { pocket } from '../../../src/paths.ts'
import { type GpuHost, type GpuHostOptions, startGpuHost } from '../../../src/render/bullmq/host/gpu-host.ts'
import { openHostFiles } from '../../../src/render/bullmq/host/host-files.ts'
import { type BullmqPool, type BullmqPoolOptions, createBullmqPool } from '../../../src/render/bullmq/pool/pool.ts'
import { keys } from '../../../src/render/bullmq/protocol/keys.ts'
import { connectRedis, type RedisConnection } from '../../../src/render/bullmq/protocol/redis-connection.ts'
import { createSignature } from '../../../src/render/bullmq/protocol/signature.ts'
import type { ContentStore } from '../../../src/render/content-store/content-store.ts'
import { createRedisContentStore } from '../../../src/render/content-store/redis-content-store.ts'
import { createFileContents } from '../../../src/render/file-contents.ts'
import { createLocalPool } from '../../../src/render/local/local-pool.ts'
import type { RenderPool } from '../../../src/render/pool.ts'
import { temporaryFolder } from '../../store/folder.ts'

export const key = 'a key of these tests alone'
export const version = '1.2.3'

/** Everything is quicker than where networks are between. */
const heartbeatMs = 100

const cacheDir = temporaryFolder()

export const redisStore = (connection: RedisConnection): ContentStore =>
  createRedisContentStore({ redis: () => connection.bulk, keyOf: keys.content })

export interface OpenPool {
  readonly pool: BullmqPool
  readonly connection: RedisConnection
  readonly troubles: string[]
  readonly errors: unknown[]
}

export async function openPool(url: string, options: Partial<BullmqPoolOptions> = {}): Promise<OpenPool> {
  const errors: unknown[] = []
  const troubles: string[] = []
  const connection = await connectRedis({ url, name: 'test-bot', onError: (error) => errors.push(error), answerMs: 1000 })
  const pool = createBullmqPool({
    connection,
    signature: createSignature({ key, nowMs: Date.now }),
    store: redisStore(connection),
    contents: createFileContents(),
    version,
    heartbeatMs,
    silentMs: 10 * heartbeatMs,
    onTrouble: (sentence) => troubles.push(sentence),
    onError: (error) => errors.push(error),
    ...options,
  })
  return { pool, connection, troubles, errors }
}

export interface OpenHost {
  readonly host: GpuHost
  readonly connection: RedisConnection
  /** Of its children, the last one last. */
  readonly pids: readonly number[]
  readonly troubles: string[]
  /** Where files lie that were sent to it. */
  readonly sent: string
}

export interface HostChanges extends Partial<Omit<GpuHostOptions, 'devices'>> {
  /** Instead of a child of its own. */
  readonly pools?: readonly RenderPool[]
  readonly places?: readonly string[]
}

export async function openHost(url: string, { pools, places = [pocket], ...options }: HostChanges = {}): Promise<OpenHost> {
  const pids: number[] = []
  const troubles: string[] = []
  const connection = options.connection ?? (await connectRedis({ url, name: 'test-host', onError: () => undefined, answerMs: 1000 }))
  const child = () => createLocalPool({ device: 'cpu', cacheDir, attempts: 1, onStart: (pid) => pids.push(pid) })
  const store = options.store ?? redisStore(connection)
  const sent = join(temporaryFolder(), 'files')
  const files = await openHostFiles(() => places, createFileContents(), { store, cacheFolder: sent, maxCacheBytes: 1e9 })
  const host = startGpuHost({
    connection,
    signature: createSignature({ key, nowMs: Date.now }),
    store,
    files,
    name: 'one',
    version,
    devices: (pools ?? [child()]).map((pool, index) => ({ name: `cpu ${index}`, pool })),
    folders: [],
    heartbeatMs,
    onTrouble: (sentence) => troubles.push(sentence),
    ...options,
  })
  return { host, connection, pids, troubles, sent }
}

// The render pool that was chosen: this machine's devices, or GPU hosts behind Redis.

import description from '../../package.json' with { type: 'json' }
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { cacheFolder } from '../paths.ts'
import type { BullmqPool } from '../render/bullmq/pool.ts'
import { createFileContents } from '../render/file-contents.ts'
import { parseDeviceList } from '../render/local/device-list.ts'
import { openDevices, poolOfDevices } from '../render/local/open-devices.ts'
import type { RenderPool } from '../render/pool.ts'

export interface OpenedPool {
  readonly pool: RenderPool
  /** The same, where GPU hosts render. */
  readonly remote?: BullmqPool
}

/** @param tell a sentence for the operator @throws UserError redis-unreachable, bad-setting */
export async function openPool(config: Config, log: Log, tell: (sentence: string) => void): Promise<OpenedPool> {
  const { redisUrl, hostKey } = config
  const onTrouble = (sentence: string): void => log.warn({ sentence }, 'the render pool is in trouble')
  if (redisUrl !== undefined && hostKey !== undefined) {
    // BullMQ and its client are modules that nobody waits for who has no Redis.
    const { openHostLink } = await import('../render/bullmq/link.ts')
    const { createBullmqPool } = await import('../render/bullmq/pool.ts')
    const onError = (error: unknown): void => log.error({ err: error }, 'the way to the GPU hosts is in trouble')
    const link = await openHostLink({ ...config, redisUrl, hostKey, name: 'zoetrope-bot', onError })
    const remote = createBullmqPool({
      ...link,
      contents: createFileContents(),
      version: description.version,
      onTrouble(sentence) {
        tell(sentence)
        onTrouble(sentence)
      },
      onError,
    })
    return { pool: remote, remote }
  }
  if (redisUrl !== undefined) tell('REDIS_URL is set and HOST_KEY is not: this machine draws. With both, GPU hosts do.')
  const slots = openDevices({
    devices: parseDeviceList(config.device)!,
    environment: process.env,
    cacheDir: cacheFolder(config.home),
    ...omitUndefined({ threads: config.threads, ffmpeg: config.ffmpeg }),
    onTrouble,
  })
  return { pool: poolOfDevices(slots) }
}

// The render pool that was chosen: this machine's devices, or GPU hosts behind Redis.

import { join } from 'node:path'
import description from '../../package.json' with { type: 'json' }
import type { Config } from '../config.ts'
import { UserError } from '../errors.ts'
import type { Log } from '../log.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { cacheFolder } from '../paths.ts'
import type { BullmqPool } from '../render/bullmq/pool/pool.ts'
import type { RunEvent } from '../render/bullmq/pool/runs/run-event.ts'
import { makeHostKey } from '../render/bullmq/protocol/host-key.ts'
import { jobOfRun } from '../render/bullmq/protocol/keys.ts'
import { createFileContents } from '../render/file-contents.ts'
import { usualFrameCacheBytes } from '../render/frames/frame-cache.ts'
import { parseDeviceList } from '../render/local/device-list.ts'
import { openDevices, poolOfDevices } from '../render/local/open-devices.ts'
import type { RenderPool } from '../render/pool.ts'

export interface OpenedPool {
  readonly pool: RenderPool
  /** The same, where GPU hosts render. */
  readonly remote?: BullmqPool
}

/** @param tell a sentence for the operator @param onRun what became of attempts at GPU hosts @throws UserError redis-unreachable, bad-setting */
export async function openPool(
  config: Config,
  log: Log,
  tell: (sentence: string) => void,
  onRun: (event: RunEvent) => void,
): Promise<OpenedPool> {
  const { redisUrl, renderPool } = config
  if (renderPool === 'local' || (renderPool === 'auto' && redisUrl === undefined)) return { pool: openLocal(config, log) }
  if (redisUrl === undefined) {
    throw new UserError('bad-setting', 'RENDER_POOL is hosts, and REDIS_URL is not set: GPU hosts take their work from Redis.', {
      names: ['REDIS_URL'],
    })
  }
  const remote = await openRemote({ ...config, redisUrl }, log, tell, onRun)
  return { pool: remote, remote }
}

function openLocal({ device, home, threads, ffmpeg }: Config, log: Log): RenderPool {
  const slots = openDevices({
    devices: parseDeviceList(device)!,
    environment: process.env,
    cacheDir: cacheFolder(home),
    frameCacheBytes: usualFrameCacheBytes,
    ...omitUndefined({ threads, ffmpeg }),
    onTrouble: (sentence) => log.warn({ sentence }, 'the render pool is in trouble'),
  })
  return poolOfDevices(slots)
}

async function openRemote(
  config: Config & { readonly redisUrl: string },
  log: Log,
  tell: (sentence: string) => void,
  onRun: (event: RunEvent) => void,
): Promise<BullmqPool> {
  // BullMQ and its client are modules that nobody waits for who has no Redis.
  const { openHostLink } = await import('../render/bullmq/protocol/link.ts')
  const { createBullmqPool } = await import('../render/bullmq/pool/pool.ts')
  const onError = (error: unknown): void => log.error({ err: error }, 'the way to the GPU hosts is in trouble')
  const link = await openHostLink({ ...config, hostKey: keyOf(config, tell), name: 'zoetrope-bot', onError })
  return createBullmqPool({
    ...link,
    contents: createFileContents({ keptIn: join(config.home, 'file-contents.json') }),
    version: description.version,
    onTrouble(sentence) {
      tell(sentence)
      log.info({ sentence }, 'GPU hosts')
    },
    onError,
    onEvent(event) {
      onRun(event)
      const { kind, host, run, ...more } = event
      log.info({ host, run, job: jobOfRun(run), ...('how' in more && { how: more.how }) }, `an attempt was ${kind}`)
    },
  })
}

function keyOf({ hostKey, home }: Config, tell: (sentence: string) => void): string {
  if (hostKey !== undefined) return hostKey
  const { hostKey: kept, file, made } = makeHostKey(home)
  if (made) tell(`GPU hosts on other machines need HOST_KEY: it was made just now, and lies in ${file}.`)
  return kept
}

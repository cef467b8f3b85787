// GPU hosts with simulated GPUs, all in one process. argv: JSON of ScaleHostsOptions. Says 'ready', and stops at SIGTERM.

import { join } from 'node:path'
import { pocket } from '../../src/paths.ts'
import { startGpuHost } from '../../src/render/bullmq/host/gpu-host.ts'
import { openHostFiles } from '../../src/render/bullmq/host/host-files.ts'
import { openHostLink } from '../../src/render/bullmq/protocol/link.ts'
import { createFileContents } from '../../src/render/file-contents.ts'
import { createSimulatedPool } from '../chaos/simulated-pool.ts'
import type { ScaleHostsOptions } from './options.ts'

const { redisUrl, hostKey, version, folder, hosts: count, stepMs, animationBytes } = JSON.parse(process.argv[2]!) as ScaleHostsOptions
const onError = (error: unknown): void => void process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
const contents = createFileContents()
const hosts = await Promise.all(
  Array.from({ length: count }, async (_, n) => {
    const link = await openHostLink({ redisUrl, hostKey, name: `scale-${n}`, onError })
    const files = await openHostFiles(() => [pocket], contents, {
      store: link.store,
      cacheFolder: join(folder, `host${n}`),
      maxCacheBytes: 1e9,
    })
    const devices = [{ name: 'simulated', pool: createSimulatedPool({ stepMs, bytes: animationBytes }) }]
    return startGpuHost({ ...link, files, name: `host${n}`, version, devices, folders: [], drainMs: 0, onError })
  }),
)
process.once('SIGTERM', () => void Promise.all(hosts.map((host) => host.close())).then(() => process.exit(0)))
process.stdout.write('ready\n')

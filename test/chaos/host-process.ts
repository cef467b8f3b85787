// A GPU host with a simulated GPU, as a process of its own that can be killed and frozen. argv: JSON of HostProcessOptions. Says 'ready'.

import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { pocket } from '../../src/paths.ts'
import { startGpuHost } from '../../src/render/bullmq/host/gpu-host.ts'
import { openHostFiles } from '../../src/render/bullmq/host/host-files.ts'
import { openHostLink } from '../../src/render/bullmq/protocol/link.ts'
import { createFileContents } from '../../src/render/file-contents.ts'
import { createSimulatedPool } from './simulated-pool.ts'

export interface HostProcessOptions {
  readonly redisUrl: string
  readonly hostKey: string
  readonly version: string
  readonly name: string
  readonly folder: string
  readonly slots: number
  readonly stepMs: number
  readonly heartbeatMs: number
  readonly drainMs: number
  /** A line with the seed for each render that is begun. */
  readonly runs: string
}

const options = JSON.parse(process.argv[2]!) as HostProcessOptions
const { redisUrl, hostKey, version, name, folder, slots, stepMs, heartbeatMs, drainMs, runs } = options
const onError = (error: unknown): void => {
  if (process.env['CHAOS_LOUD']) process.stderr.write(`${name}: ${error instanceof Error ? error.message : error}\n`)
}
const link = await openHostLink({ redisUrl, hostKey, name, onError, answerMs: 1000 }).catch((error: unknown) => {
  onError(error)
  process.exit(1)
})
const files = await openHostFiles(() => [pocket], createFileContents(), {
  store: link.store,
  cacheFolder: join(folder, 'sent'),
  maxCacheBytes: 2e6,
})
const host = startGpuHost({
  ...link,
  files,
  name,
  version,
  devices: Array.from({ length: slots }, (_, index) => ({
    name: `simulated ${index}`,
    pool: createSimulatedPool({ stepMs, onBegin: ({ request }) => appendFileSync(runs, `${request.seed} ${name}\n`) }),
  })),
  folders: [folder],
  heartbeatMs,
  drainMs,
  onError,
})
process.once('SIGTERM', () => void host.close().then(() => process.exit(0)))
process.stdout.write('ready\n')

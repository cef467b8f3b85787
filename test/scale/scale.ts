// Scale: how throughput grows with GPU hosts, what a bot costs that only listens to them, what a job costs Redis, and how long it takes
// to pick what runs next. Hosts are simulated: they sleep for each step, so that what is measured is everything around the steps.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createFairQueue } from '../../src/jobs/fair-queue/fair-queue.ts'
import type { KnownHost } from '../../src/render/bullmq/pool/hosts/host-registry.ts'
import { pickHost } from '../../src/render/bullmq/pool/hosts/pick-host.ts'
import { type BullmqPool, createBullmqPool } from '../../src/render/bullmq/pool/pool.ts'
import { openHostLink } from '../../src/render/bullmq/protocol/link.ts'
import type { RedisConnection } from '../../src/render/bullmq/protocol/redis-connection.ts'
import { protocolVersion } from '../../src/render/bullmq/protocol/version.ts'
import { createFileContents } from '../../src/render/file-contents.ts'
import { randomFrom } from '../chaos/random.ts'
import { startProcess } from '../chaos/start-process.ts'
import { untilCapacity } from '../render/bullmq/until-capacity.ts'
import { smallRecipe } from '../render/small-recipe.ts'
import { freePort, redisServer } from '../suites/redis-server.ts'
import type { ScaleHostsOptions } from './options.ts'

export interface ScaleOptions {
  readonly hosts: readonly number[]
  readonly jobsPerHost: number
  readonly steps: number
  readonly stepMs: number
  readonly idleHosts: number
  readonly idleSeconds: number
  readonly say?: (sentence: string) => void
}

export interface Throughput {
  readonly hosts: number
  readonly jobsPerS: number
  /** Of what as many hosts would make that wait for nothing. */
  readonly share: number
  /** Of Redis, without what is said while nothing is rendered. */
  readonly perJob: { readonly commands: number; readonly kilobytesIn: number; readonly kilobytesOut: number }
  /** That the bot took of a core, which says how many more hosts there could be on a machine that does nothing else. */
  readonly botShareOfACore: number
}

export interface ScaleReport {
  readonly throughput: readonly Throughput[]
  readonly idle: { readonly hosts: number; readonly shareOfACore: number; readonly redisCommandsPerS: number }
}

const [hostKey, version] = ['the key of a scale run', '0.0.1']
const animationBytes = 200_000

export async function measureScale(options: ScaleOptions): Promise<ScaleReport> {
  const { hosts: counts, idleHosts, idleSeconds, say = () => undefined } = options
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-scale-'))
  const redis = await redisServer(await freePort())
  try {
    const throughput: Throughput[] = []
    for (const hosts of counts) {
      const measured = await withHosts(redis.url, folder, hosts, options.stepMs, (pool, connection) =>
        measureThroughput(pool, connection, hosts, options),
      )
      say(`${hosts} hosts: ${(100 * measured.share).toFixed(1)} % of linear`)
      throughput.push(measured)
    }
    const idle = await withHosts(redis.url, folder, idleHosts, options.stepMs, (_, connection) => measureIdle(connection, idleSeconds))
    return { throughput, idle: { hosts: idleHosts, ...idle } }
  } finally {
    await redis.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function withHosts<T>(
  redisUrl: string,
  folder: string,
  hosts: number,
  stepMs: number,
  measure: (pool: BullmqPool, connection: RedisConnection) => Promise<T>,
): Promise<T> {
  const told: ScaleHostsOptions = { redisUrl, hostKey, version, folder, hosts, stepMs, animationBytes }
  const started = startProcess(join(import.meta.dirname, 'hosts-process.ts'), told)
  const onError = (error: unknown): void => void process.stderr.write(`bot: ${error instanceof Error ? error.message : error}\n`)
  const link = await openHostLink({ redisUrl, hostKey, name: 'scale-bot', onError })
  const pool = createBullmqPool({ ...link, contents: createFileContents(), version, onError })
  try {
    await started.until('ready')
    await untilCapacity(pool, hosts)
    return await measure(pool, link.connection)
  } finally {
    started.process.kill('SIGTERM')
    await started.exited
    await pool.close()
  }
}

/** As the scheduler does it: as many at once as there are slots, the next when one has ended. */
async function measureThroughput(
  pool: BullmqPool,
  { redis }: RedisConnection,
  hosts: number,
  { jobsPerHost, steps, stepMs }: ScaleOptions,
): Promise<Throughput> {
  // The first ones connect, and read the model's files.
  await Promise.all(Array.from({ length: hosts }, (_, n) => pool.render(smallRecipe({ steps: 1, seed: `${n}` }))))
  const idle = await trafficOf(redis, async () => void (await sleep(3000)))
  const jobs = jobsPerHost * hosts
  let left = jobs
  const before = process.cpuUsage()
  const busy = await trafficOf(redis, async () => {
    await Promise.all(
      Array.from({ length: hosts }, async () => {
        while (left > 0) await pool.render(smallRecipe({ steps, seed: `${left--}` }), { id: `scale${left}` })
      }),
    )
  })
  const { user, system } = process.cpuUsage(before)
  const per = (what: 'commands' | 'bytesIn' | 'bytesOut'): number => (busy[what] - (idle[what] / idle.ms) * busy.ms) / jobs
  return {
    hosts,
    jobsPerS: jobs / (busy.ms / 1000),
    share: (jobsPerHost * steps * stepMs) / busy.ms,
    perJob: { commands: per('commands'), kilobytesIn: per('bytesIn') / 1000, kilobytesOut: per('bytesOut') / 1000 },
    botShareOfACore: (user + system) / 1000 / busy.ms,
  }
}

async function measureIdle({ redis }: RedisConnection, seconds: number) {
  await sleep(2000)
  const before = process.cpuUsage()
  const { ms, commands } = await trafficOf(redis, async () => void (await sleep(seconds * 1000)))
  const { user, system } = process.cpuUsage(before)
  return { shareOfACore: (user + system) / 1000 / ms, redisCommandsPerS: commands / (ms / 1000) }
}

async function trafficOf(redis: RedisConnection['redis'], work: () => Promise<void>) {
  const read = async () => {
    const info = await redis.info('stats')
    const of = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1])
    return {
      commands: of('total_commands_processed'),
      bytesIn: of('total_net_input_bytes'),
      bytesOut: of('total_net_output_bytes'),
      ms: performance.now(),
    }
  }
  const before = await read()
  await work()
  const after = await read()
  return {
    commands: after.commands - before.commands,
    bytesIn: after.bytesIn - before.bytesIn,
    bytesOut: after.bytesOut - before.bytesOut,
    ms: after.ms - before.ms,
  }
}

export interface Picking {
  readonly medianMs: number
  readonly p99Ms: number
  /** Of the processor, without what the machine did for others meanwhile. */
  readonly p99CpuMs: number
}

const picks = 10_000

/** Of picking what runs next and where, with so many waiting. */
export function measurePicking(waiting: number, hosts: number): Picking {
  const chance = randomFrom(7)
  const queue = createFairQueue()
  for (let n = 0; n < waiting; n++) {
    const [space, person] = [`s${Math.floor(chance() * 200)}`, `p${Math.floor(chance() * 5000)}`]
    queue.add({ id: `j${n}`, space, person, cost: 1 + Math.floor(chance() * 1e7), priority: 1 })
  }
  const known = Array.from({ length: hosts }, (_, n) => hostOf(n))
  const times: number[] = []
  const cpuTimes: number[] = []
  for (let n = 0; n < picks; n++) {
    const [began, before] = [performance.now(), process.threadCpuUsage()]
    const entry = queue.next(({ person }) => person === 'p7')!
    const style = `style${entry.id.length * n}`
    pickHost(
      known,
      {
        lane: 'drawing',
        request: { width: 512, height: 512, frames: 16 },
        model: { base: 'base', style },
        contents: [],
        maxSentBytes: 1e9,
      },
      () => 1,
    )
    times.push(performance.now() - began)
    const { user, system } = process.threadCpuUsage(before)
    cpuTimes.push((user + system) / 1000)
  }
  for (const all of [times, cpuTimes]) all.sort((a, b) => a - b)
  return { medianMs: times[picks / 2]!, p99Ms: times[0.99 * picks]!, p99CpuMs: cpuTimes[0.99 * picks]! }
}

function hostOf(n: number): KnownHost {
  return {
    host: `host${n}`,
    name: `host${n}`,
    version,
    protocol: protocolVersion,
    seq: 0,
    state: 'up',
    takes: 'drawings',
    devices: Array.from({ length: 4 }, (_, card) => ({ name: `cuda:${card}`, warm: [`style${n}`, 'base'] })),
    runs: [],
    trainings: [],
    installed: [],
    stepTimes: [{ model: 'base', width: 512, height: 512, frames: 16, stepMs: 500 + n }],
    heardMs: 0,
    drained: false,
    heard: true,
  }
}

// Chaos: a Redis, a bot with the three platforms played locally and three GPU hosts with simulated GPUs, a network between each of them
// and Redis; and parts that are killed, frozen, restarted and cut off at random while requests come in.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort, redisServer } from '../suites/redis-server.ts'
import type { HostProcessOptions } from './host-process.ts'
import type { ChaosBotOptions } from './options.ts'
import { openProxy } from './proxy.ts'
import { randomFrom } from './random.ts'
import { type ChaosReport, reportOn, unendedIn } from './report.ts'
import { type StartedProcess, startProcess } from './start-process.ts'
import { describeStuck } from './stuck.ts'

export interface ChaosOptions {
  readonly minutes: number
  readonly requests: number
  readonly seed: number
  readonly say?: (sentence: string) => void
}

const hostKey = 'the key of a chaos run'
const version = '0.0.1'
const heartbeatMs = 200
const programs = { bot: join(import.meta.dirname, 'bot-process.ts'), host: join(import.meta.dirname, 'host-process.ts') }

/** A part that is a process, which is started again when it has been killed. */
interface Part {
  readonly name: string
  process: StartedProcess
  /** While something is done to it nothing else is. */
  busy: boolean
  start(): Promise<void>
}

export async function runChaos({
  minutes,
  requests,
  seed,
  say = () => undefined,
}: ChaosOptions): Promise<ChaosReport & { readonly faults: Readonly<Record<string, number>> }> {
  const chance = randomFrom(seed)
  const between = (least: number, most: number): number => least + chance() * (most - least)
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-chaos-'))
  const closing: (() => Promise<unknown> | unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
  const faults: Record<string, number> = {}
  const untilMs = Date.now() + minutes * 60_000
  try {
    const redis = await redisServer(await freePort(), ['--appendonly', 'yes', '--dir', folder, '--maxmemory-policy', 'noeviction'])
    closing.push(redis.kill)
    const admin = new Redis(redis.url, { maxRetriesPerRequest: 1, retryStrategy: () => 200 })
    admin.on('error', () => undefined)
    closing.push(() => admin.disconnect())
    const networks = await Promise.all(
      ['bot', 'a', 'b', 'c'].map(async (name) => ({ name, busy: false, proxy: await openProxy(redis.port) })),
    )
    for (const { proxy } of networks) closing.push(proxy.close)
    const urlOf = (index: number): string => `redis://127.0.0.1:${networks[index]!.proxy.port}`
    const asked = join(folder, 'asked')
    const styles = [0, 1, 2].map((n) => join(folder, `style${n}.safetensors`))
    for (const [n, style] of styles.entries()) writeFileSync(style, Buffer.alloc(300_000, n))

    let starts = 0
    const beganMs = Date.now()
    const bot = part('bot', () => {
      const options: ChaosBotOptions = {
        redisUrl: urlOf(0),
        hostKey,
        version,
        folder: join(folder, 'bot'),
        styles,
        heartbeatMs,
        seed: seed * 1000 + starts++,
        requests,
        beganMs,
        // All have come when a fifth of the time is left.
        everyMs: (minutes * 60_000 * 0.8) / requests,
        asked,
      }
      return startProcess(programs.bot, options)
    })
    const runs = ['a', 'b', 'c'].map((name) => join(folder, `runs-${name}`))
    const hosts = ['a', 'b', 'c'].map((name, index) =>
      part(name, () => {
        const options: HostProcessOptions = {
          redisUrl: urlOf(index + 1),
          hostKey,
          version,
          name,
          folder: join(folder, `host-${name}`),
          slots: 2,
          stepMs: 40,
          heartbeatMs,
          drainMs: 20_000,
          runs: runs[index]!,
        }
        return startProcess(programs.host, options)
      }),
    )
    mkdirSync(join(folder, 'bot'), { recursive: true })
    const parts = [bot, ...hosts]
    closing.push(() => Promise.all(parts.map(({ process: { process } }) => process.kill('SIGKILL'))))
    await Promise.all(parts.map((one) => one.start()))
    say(`Chaos with seed ${seed}: ${requests} requests, ${minutes} minutes.`)

    const redisPart = { busy: false }
    const faultsOf: readonly (readonly [name: string, weight: number, act: () => Promise<void>])[] = [
      [
        'host killed',
        4,
        () =>
          onHost(async (host) => {
            await kill(host, 'SIGKILL')
            await sleep(between(0, 2000))
            await host.start()
          }),
      ],
      ['host frozen', 3, () => onHost(async (host) => freeze(host, between(100, 6000)))],
      [
        'host asked to stop',
        2,
        () =>
          onHost(async (host) => {
            await kill(host, 'SIGTERM')
            await host.start()
          }),
      ],
      [
        'bot killed',
        2,
        () =>
          on(bot, async () => {
            await kill(bot, 'SIGKILL')
            await sleep(between(0, 1500))
            await bot.start()
          }),
      ],
      ['bot frozen', 1, () => on(bot, async () => freeze(bot, between(100, 4000)))],
      [
        'network cut',
        4,
        () =>
          onNetwork(async (proxy) => {
            proxy.cut()
            await sleep(between(10, 4000))
            proxy.mend()
          }),
      ],
      [
        'network silent',
        2,
        () =>
          onNetwork(async (proxy) => {
            proxy.mute()
            await sleep(between(10, 5000))
            proxy.mend()
          }),
      ],
      [
        'Redis restarted',
        1,
        () =>
          on(redisPart, async () => {
            await redis.kill()
            await sleep(between(0, 2000))
            await redis.start()
          }),
      ],
      [
        'Redis frozen',
        1,
        () =>
          on(redisPart, async () => {
            process.kill(redis.pid(), 'SIGSTOP')
            await sleep(between(100, 3000))
            process.kill(redis.pid(), 'SIGCONT')
          }),
      ],
      [
        'Redis full',
        1,
        () =>
          on(redisPart, async () => {
            await admin.config('SET', 'maxmemory', '1mb').catch(() => undefined)
            await sleep(between(100, 3000))
            await admin.config('SET', 'maxmemory', '0').catch(() => undefined)
          }),
      ],
    ]
    const total = faultsOf.reduce((sum, [, weight]) => sum + weight, 0)

    function drawn(at: number): (typeof faultsOf)[number] {
      let left = at
      for (const fault of faultsOf) {
        left -= fault[1]
        if (left < 0) return fault
      }
      return faultsOf[0]!
    }

    async function on<T extends { busy: boolean }>(one: T, act: (one: T) => Promise<void>): Promise<void> {
      if (one.busy) return
      one.busy = true
      try {
        await act(one)
      } finally {
        one.busy = false
      }
    }
    const onHost = (act: (host: Part) => Promise<void>) => on(hosts[Math.floor(chance() * hosts.length)]!, act)
    const onNetwork = (act: (proxy: (typeof networks)[number]['proxy']) => Promise<void>) =>
      on(networks[Math.floor(chance() * networks.length)]!, ({ proxy }) => act(proxy))

    const under = new Set<Promise<void>>()
    while (Date.now() < untilMs - minutes * 60_000 * 0.15) {
      const [name, , act] = drawn(chance() * total)
      const done = act().catch((error: unknown) => say(`${name}: ${error}`))
      faults[name] = (faults[name] ?? 0) + 1
      under.add(done)
      void done.finally(() => under.delete(done))
      await sleep(between(200, 1800))
    }
    await Promise.all(under)
    await admin.config('SET', 'maxmemory', '0')
    for (const { proxy } of networks) proxy.mend()
    say('Everything is mended; what is left is made.')
    await Promise.race([bot.process.until('quiet'), sleep(180_000 + minutes * 30_000, undefined, { ref: false })])
    await kill(bot, 'SIGKILL')
    const stuck = unendedIn(join(folder, 'bot'))
    if (stuck.length > 0) say(await describeStuck(admin, stuck))
    return { ...reportOn(join(folder, 'bot'), asked, runs), faults }
  } finally {
    for (const close of closing.reverse()) await close()
  }
}

function part(name: string, begin: () => StartedProcess): Part {
  const own: Part = {
    name,
    busy: false,
    process: undefined as unknown as StartedProcess,
    async start() {
      // Where Redis is away just now it ends, and is started again, as by whoever looks after services.
      for (;;) {
        own.process = begin()
        const ready = await own.process.until('ready').then(
          () => true,
          () => false,
        )
        if (ready) return
        await sleep(200)
      }
    },
  }
  return own
}

async function kill({ process: { process, exited } }: Part, signal: NodeJS.Signals): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return
  process.kill('SIGCONT')
  process.kill(signal)
  await exited
}

async function freeze({ process: { process } }: Part, ms: number): Promise<void> {
  process.kill('SIGSTOP')
  await sleep(ms)
  process.kill('SIGCONT')
}

// What becomes of a render when hosts, networks and Redis fail: each fault has one outcome.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SchedulerStops } from '../../../src/jobs/renderer.ts'
import { type HostFiles, MissingFiles } from '../../../src/render/bullmq/host/host-files.ts'
import type { BullmqPoolOptions } from '../../../src/render/bullmq/pool/pool.ts'
import type { RunEvent } from '../../../src/render/bullmq/pool/runs/run-event.ts'
import { connectRedis } from '../../../src/render/bullmq/protocol/redis-connection.ts'
import type { HostProcessOptions } from '../../chaos/host-process.ts'
import { type Proxy as NetworkProxy, openProxy } from '../../chaos/proxy.ts'
import { createSimulatedPool } from '../../chaos/simulated-pool.ts'
import { type StartedProcess, startProcess } from '../../chaos/start-process.ts'
import { temporaryFolder } from '../../store/folder.ts'
import { freePort, type RedisServer, redisServer, skipWithoutRedis, startRedisServer } from '../../suites/redis-server.ts'
import { smallRecipe } from '../small-recipe.ts'
import { key, openHost, openPool, version } from './open-hosts.ts'
import { untilCapacity } from './until-capacity.ts'

const folder = temporaryFolder()
const server = await startRedisServer('--appendonly', 'yes', '--dir', folder)
const closing: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  // What is still open is in trouble from here on, and nobody asks any more.
  if (server) await (await connection()).redis.flushall()
  for (const close of closing.splice(0).reverse()) await close()
})

const connection = async () => {
  const opened = await connectRedis({ url: server!.url, name: 'test', onError: () => undefined })
  closing.push(opened.close)
  return opened
}

async function pool(url: string = server!.url, options: Partial<BullmqPoolOptions> = {}) {
  const events: RunEvent[] = []
  const opened = await openPool(url, { onEvent: (event) => events.push(event), ...options })
  closing.push(() => opened.pool.close())
  return { ...opened, events, lost: () => events.filter(({ kind }) => kind === 'lost').length }
}

let names = 0

/** A host of its own process. */
async function hostProcess(
  changes: Partial<HostProcessOptions> = {},
): Promise<StartedProcess & { readonly runs: () => number; readonly name: string }> {
  const name = `host${names++}`
  const runs = join(folder, `${name}.runs`)
  const options: HostProcessOptions = {
    redisUrl: server!.url,
    hostKey: key,
    version,
    name,
    folder: join(folder, name),
    slots: 1,
    stepMs: 50,
    heartbeatMs: 100,
    drainMs: 5000,
    runs,
    ...changes,
  }
  const started = startProcess(join(import.meta.dirname, '../../chaos/host-process.ts'), options)
  closing.push(() => started.process.kill('SIGKILL'))
  await started.until('ready')
  return { ...started, name, runs: () => (existsSync(runs) ? readFileSync(runs, 'utf8').split('\n').length - 1 : 0) }
}

const long = () => smallRecipe({ steps: 40, seed: String(names++) })

/** Resolves at the first step. */
function begun() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { promise, onProgress: ({ step }: { step: number }) => step >= 2 && resolve() }
}

describe('a fault', { skip: skipWithoutRedis, timeout: 600_000 }, () => {
  test('of a host that is killed: another renders it from the beginning, once', async () => {
    const { pool: hosts, lost } = await pool()
    const one = await hostProcess()
    await untilCapacity(hosts, 1)
    const { promise, onProgress } = begun()
    const drawn = hosts.render(long(), { onProgress })
    await promise
    one.process.kill('SIGKILL')
    const two = await hostProcess()
    assert.equal((await drawn).animation.frames, 2)
    assert.deepEqual([one.runs(), two.runs(), lost()], [1, 1, 1])
  })

  test('of a host that is frozen: another renders it; the first finds it taken when it goes on, drops it, and takes work again', async () => {
    const { pool: hosts, lost } = await pool()
    const one = await hostProcess()
    await untilCapacity(hosts, 1)
    const { promise, onProgress } = begun()
    const drawn = hosts.render(long(), { onProgress })
    await promise
    one.process.kill('SIGSTOP')
    const two = await hostProcess()
    const { animation } = await drawn
    one.process.kill('SIGCONT')
    await untilCapacity(hosts, 2)
    await Promise.all([hosts.render(long()), hosts.render(long())])
    assert.deepEqual([one.runs(), two.runs(), lost()], [2, 2, 1])
    assert.equal(animation.frames, 2)
  })

  test('of two hosts one after the other: it is given up with a sentence', async () => {
    const { pool: hosts } = await pool()
    const one = await hostProcess()
    await untilCapacity(hosts, 1)
    let killed = 0
    let host = one
    const given = hosts.render(long(), {
      async onProgress({ step }) {
        if (step !== 2) return
        host.process.kill('SIGKILL')
        if (++killed === 1) host = await hostProcess()
      },
    })
    await assert.rejects(given, { code: 'host-lost' })
    assert.equal(killed, 2)
  })

  test('of a device that makes no step any more, on a host that speaks: it is taken from there, and another renders it', async () => {
    const watchdog = { factor: 3, leastMs: 1000, unmeasuredMs: 2000 }
    const { pool: hosts, events } = await pool(server!.url, { watchdog })
    const stuck = createSimulatedPool({ stepMs: 1e9 })
    const one = await openHost(server!.url, { pools: [stuck], drainMs: 0 })
    closing.push(() => one.host.close())
    await untilCapacity(hosts, 1)
    const { promise: loading, resolve } = Promise.withResolvers<void>()
    const drawn = hosts.render(long(), { onProgress: () => resolve() })
    await loading
    const two = await hostProcess()
    assert.equal((await drawn).animation.frames, 2)
    assert.equal(two.runs(), 1)
    assert.deepEqual(
      events.flatMap((event) => (event.kind === 'lost' ? [event.of] : [])),
      ['hung'],
    )
  })

  test('of a disk that is full: the host says so, and another renders it without its being counted', async () => {
    const { pool: hosts, lost, troubles } = await pool()
    const noSpace = async (): Promise<never> => {
      throw new MissingFiles([], 'there is no space left on its disk', new Error('ENOSPC'))
    }
    const full: HostFiles = {
      installed: () => [],
      look: async () => undefined,
      use: noSpace,
      hold: noSpace,
      forget: async () => undefined,
    }
    const one = await openHost(server!.url, { pools: [createSimulatedPool({ stepMs: 10 })], files: full })
    closing.push(() => one.host.close())
    await untilCapacity(hosts, 1)
    const two = await hostProcess()
    await untilCapacity(hosts, 2)
    assert.equal((await hosts.render(long())).animation.frames, 2)
    assert.deepEqual([two.runs(), lost()], [1, 0])
    assert.ok(troubles.some((sentence) => /could not get a file: there is no space left on its disk/.test(sentence)))
  })

  test('of a network that is cut for a moment: the host goes on, and its result is taken', async () => {
    const proxy = await proxied()
    const { pool: hosts, lost } = await pool(server!.url, { silentMs: 5000 })
    const one = await hostProcess({ redisUrl: proxy.url })
    await untilCapacity(hosts, 1)
    const { promise, onProgress } = begun()
    const drawn = hosts.render(long(), { onProgress })
    await promise
    proxy.cut()
    await sleep(400)
    proxy.mend()
    assert.equal((await drawn).animation.frames, 2)
    assert.deepEqual([one.runs(), lost()], [1, 0])
  })

  test('of a network that is away for long: another host renders it, and what comes back is dropped', async () => {
    const proxy = await proxied()
    const { pool: hosts, lost } = await pool()
    const one = await hostProcess({ redisUrl: proxy.url })
    await untilCapacity(hosts, 1)
    const { promise, onProgress } = begun()
    const drawn = hosts.render(long(), { onProgress })
    await promise
    proxy.mute()
    const two = await hostProcess()
    assert.equal((await drawn).animation.frames, 2)
    proxy.mend()
    await untilCapacity(hosts, 2)
    assert.deepEqual([one.runs(), two.runs(), lost()], [1, 1, 1])
  })

  test('of the network of the bot: nothing is lost, and nothing is begun meanwhile', async () => {
    const proxy = await proxied()
    const { pool: hosts, lost } = await pool(proxy.url)
    const one = await hostProcess()
    await untilCapacity(hosts, 1)
    const { promise, onProgress } = begun()
    const drawn = hosts.render(long(), { onProgress })
    await promise
    proxy.mute()
    await untilCapacity(hosts, 0)
    await sleep(2500)
    proxy.mend()
    await untilCapacity(hosts, 1)
    assert.equal((await drawn).animation.frames, 2)
    assert.deepEqual([one.runs(), lost()], [1, 0])
  })

  test('of Redis, which is killed and started again with its append-only file: nothing is rendered twice', async () => {
    const { pool: hosts, lost } = await pool()
    const one = await hostProcess()
    await untilCapacity(hosts, 1)
    const { promise, onProgress } = begun()
    const drawn = [hosts.render(long(), { onProgress }), hosts.render(long())]
    await promise
    await server!.kill()
    await sleep(1500)
    await server!.start()
    for (const { animation } of await Promise.all(drawn)) assert.equal(animation.frames, 2)
    assert.deepEqual([one.runs(), lost()], [2, 0])
  })

  test('of Redis, whose memory is full: what is done is kept until there is room', async () => {
    const { redis } = await connection()
    const { pool: hosts, lost } = await pool()
    const one = await hostProcess()
    await untilCapacity(hosts, 1)
    const { promise, onProgress } = begun()
    const drawn = hosts.render(long(), { onProgress })
    await promise
    await redis.config('SET', 'maxmemory-policy', 'noeviction', 'maxmemory', '1mb')
    await untilCapacity(hosts, 0)
    await sleep(3000)
    await redis.config('SET', 'maxmemory', '0')
    assert.equal((await drawn).animation.frames, 2)
    assert.deepEqual([one.runs(), lost()], [1, 0])
  })

  test('of Redis, which fails over to a replica: the render goes on', async () => {
    const primary = await spare('--repl-diskless-sync-delay', '0')
    const replica = await spare('--replicaof', '127.0.0.1', String(primary.port))
    const proxy = await proxied(primary.port)
    const { pool: hosts, lost } = await pool(proxy.url)
    const one = await hostProcess({ redisUrl: proxy.url, stepMs: 100 })
    await untilCapacity(hosts, 1)
    const { promise, onProgress } = begun()
    const drawn = hosts.render(long(), { onProgress })
    await promise
    const promoted = await connectRedis({ url: replica.url, name: 'test', onError: () => undefined })
    closing.push(promoted.close)
    while (!/master_link_status:up/.test(await promoted.redis.info('replication'))) await sleep(50)
    await promoted.redis.replicaof('NO', 'ONE')
    proxy.lead(replica.port)
    await primary.kill()
    assert.equal((await drawn).animation.frames, 2)
    assert.deepEqual([one.runs(), lost()], [1, 0])
  })

  test('of Redis, which has lost everything: what ran is rendered once more', async () => {
    const { redis } = await connection()
    const { pool: hosts, lost } = await pool()
    const one = await hostProcess()
    await untilCapacity(hosts, 1)
    const { promise, onProgress } = begun()
    const drawn = hosts.render(long(), { onProgress })
    await promise
    await redis.flushall()
    assert.equal((await drawn).animation.frames, 2)
    assert.deepEqual([one.runs(), lost()], [2, 1])
  })

  test('of the bot, which is gone while a host works: the next one takes its result, and nothing is rendered twice', async () => {
    const recipe = long()
    const first = await pool()
    const one = await hostProcess()
    await untilCapacity(first.pool, 1)
    const { promise, onProgress } = begun()
    const left = first.pool.render(recipe, { id: 'job1', onProgress }).catch((error: unknown) => error)
    await promise
    // As a kill does: nobody is told anything.
    await first.connection.close()
    for (const wait of [0, 3000]) {
      await sleep(wait)
      const next = await pool()
      assert.equal((await next.pool.render(recipe, { id: 'job1', begunBefore: true })).animation.frames, 2)
      assert.equal(next.lost(), 0)
      await next.connection.close()
    }
    assert.equal(one.runs(), 1)
    await first.pool.close()
    assert.ok((await left) instanceof Error)
  })

  test('no fault: a bot that stops leaves its hosts at work, and what they have made is there when it returns', async () => {
    const recipe = long()
    const first = await pool()
    const one = await hostProcess()
    await untilCapacity(first.pool, 1)
    const { promise, onProgress } = begun()
    const stop = new AbortController()
    const left = first.pool.render(recipe, { id: 'job2', onProgress, signal: stop.signal }).catch((error: unknown) => error)
    await promise
    stop.abort(new SchedulerStops())
    assert.ok((await left) instanceof SchedulerStops)
    await first.pool.close()
    const next = await pool()
    assert.equal((await next.pool.render(recipe, { id: 'job2' })).animation.frames, 2)
    assert.equal(one.runs(), 1)
  })

  test('no fault: who is no longer wanted is stopped within a step, on the host too', async () => {
    const { pool: hosts } = await pool()
    const steps: number[] = []
    const opened = await openHost(server!.url, { pools: [createSimulatedPool({ stepMs: 200, onStep: (_, step) => steps.push(step) })] })
    closing.push(() => opened.host.close())
    await untilCapacity(hosts, 1)
    const abort = new AbortController()
    const { promise, onProgress } = begun()
    const drawn = hosts.render(long(), { onProgress, signal: abort.signal })
    await promise
    abort.abort(new Error('no longer wanted'))
    await assert.rejects(drawn, /no longer wanted/)
    const before = steps.length
    await sleep(1000)
    assert.ok(steps.length - before <= 1, `${steps.length - before} steps were made after it`)
  })

  test('no fault: a host that is asked to stop finishes what it can, and hands back the rest without its being counted', async () => {
    for (const drainMs of [20_000, 100]) {
      const { pool: hosts, lost, events } = await pool()
      const one = await hostProcess({ drainMs })
      await untilCapacity(hosts, 1)
      const { promise, onProgress } = begun()
      const drawn = hosts.render(long(), { onProgress })
      await promise
      one.process.kill('SIGTERM')
      await untilCapacity(hosts, 0)
      const two = await hostProcess()
      assert.equal((await drawn).animation.frames, 2)
      await one.exited
      const handedBack = events.filter(({ kind }) => kind === 'handed-back').length
      assert.deepEqual([lost(), handedBack, two.runs()], drainMs === 100 ? [0, 1, 1] : [0, 0, 0])
      two.process.kill('SIGKILL')
      await hosts.close()
    }
  })
})

async function proxied(port: number = server!.port): Promise<NetworkProxy & { readonly url: string }> {
  const proxy = await openProxy(port)
  closing.push(proxy.close)
  return { ...proxy, url: `redis://127.0.0.1:${proxy.port}` }
}

async function spare(...args: readonly string[]): Promise<RedisServer> {
  const started = await redisServer(await freePort(), args)
  closing.push(started.kill)
  return started
}

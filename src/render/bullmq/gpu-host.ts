// A GPU host: announces itself, takes the orders that are for it, renders them on its devices and says what became of them. BullMQ's Worker
// lives here and not in the processes that hold the devices, because those are blocked while they compute and could not keep a lock.

import { randomBytes } from 'node:crypto'
import { omitUndefined } from '../../omit-undefined.ts'
import type { ContentStore } from '../content-store/content-store.ts'
import { createSlots } from '../slots.ts'
import type { HostFiles } from './host-files.ts'
import { createHostWorker, refusedJob } from './host-worker.ts'
import { channels, keys } from './keys.ts'
import { commandSchema, type HostAnnouncement, type Order, orderSchema, protocolVersion } from './messages.ts'
import { createOrderRuns, type HostDevice, type HostEvent, type OrderRun, resultMs } from './order-runs.ts'
import { progressMark, usualHeartbeatMs } from './pool.ts'
import { createRecent } from './recent.ts'
import type { RedisConnection } from './redis-connection.ts'
import { createSeenNonces, type Opened, type Signature } from './signature.ts'
import { createStepTimes } from './step-times.ts'

export interface GpuHost {
  /** Of this process; another start is another host. */
  readonly id: string
  readonly state: () => HostAnnouncement['state']
  /** What is rendered just now. */
  readonly runs: () => readonly string[]
  /** Takes nothing more; what runs goes on. */
  drain(): void
  resume(): void
  /** Drains, hands back what is not done in time, says good-bye. The devices are closed, too. */
  close(): Promise<void>
}

export interface GpuHostOptions {
  readonly connection: RedisConnection
  readonly signature: Signature
  readonly store: ContentStore
  readonly files: HostFiles
  /** As people call it. */
  readonly name: string
  readonly version: string
  /** Their pools begin a render once: what is lost is made up for by the bot, elsewhere. */
  readonly devices: readonly HostDevice[]
  /** Folders that are not to be told. */
  readonly folders: readonly string[]
  readonly heartbeatMs?: number
  /** How long what runs may take at a close. */
  readonly drainMs?: number
  readonly onTrouble?: (sentence: string) => void
  readonly onError?: (error: unknown) => void
  readonly onEvent?: (event: HostEvent) => void
}

/** An announcement is read after that only to clear it away. */
const announcedMs = 2 * 24 * 3_600_000
/** Of progress; who hears it late has heard of later steps. */
const progressMs = 60_000

export function startGpuHost(options: GpuHostOptions): GpuHost {
  const { connection, signature, store, files, name, version, devices, folders } = options
  const { heartbeatMs = usualHeartbeatMs, drainMs = 60_000 } = options
  const { onTrouble = () => undefined, onError = () => undefined, onEvent = () => undefined } = options
  const id = `${idOf(name)}-${randomBytes(4).toString('hex')}`
  const { redis } = connection
  const slots = createSlots(devices)
  const runs = new Map<string, OrderRun>()
  /** Cancelled before their orders came. */
  const cancelled = createRecent(100)
  const seen = createSeenNonces(Date.now)
  const stepTimes = createStepTimes()
  let state: HostAnnouncement['state'] = 'up'
  let seq = 0
  let closing: Promise<void> | undefined

  const worker = createHostWorker({
    host: id,
    connection,
    slots: devices.length,
    work,
    onEnded(run) {
      runs.delete(run)
      announce()
    },
    onLockLost(run) {
      onEvent({ kind: 'lock-lost', run })
      stop(run, 'it was given to another host')
    },
    onReplaced: () => onTrouble('The worker took nothing though something waited, and was replaced.'),
    onError,
    everyMs: heartbeatMs,
  })

  const carryOut = createOrderRuns({
    store,
    files,
    slots,
    stepTimes,
    folders,
    say: async (progress) =>
      connection.publish(channels.bots, `${progressMark}${signature.sign('progress', { ...progress, host: id }, progressMs)}`),
    onDevice: announce,
    onEvent,
    onError,
  })

  async function work(run: string, data: unknown): Promise<string> {
    const order = read(run, data)
    const own: OrderRun = { abort: new AbortController() }
    runs.set(run, own)
    if (cancelled.delete(run)) own.abort.abort(new Error('cancelled'))
    announce()
    return signature.sign('outcome', await carryOut(order, own), resultMs)
  }

  function read(run: string, data: unknown): Order {
    let opened: Opened<Order>
    try {
      opened = signature.open('order', data, orderSchema as never)
    } catch (error) {
      onTrouble(`Somebody has given this host an order that ${(error as Error).message}; it is not followed.`)
      throw refusedJob('not authentic')
    }
    const { body } = opened
    if (body.run !== run || body.host !== id || !seen.first(opened)) throw refusedJob('not for this host')
    return body
  }

  function announcement(): HostAnnouncement {
    const busy = new Map([...runs].map(([run, { device }]) => [device, run]))
    return {
      host: id,
      name,
      version,
      protocol: protocolVersion,
      seq: seq++,
      state,
      devices: devices.map((device) => ({
        name: device.name,
        warm: [...slots.warm(device)],
        ...omitUndefined({ memoryBytes: device.memoryBytes, run: busy.get(device) }),
      })),
      runs: [...runs.keys()],
      installed: [...files.installed()],
      stepTimes: [...stepTimes.all()],
    }
  }

  async function announceNow(): Promise<void> {
    const text = signature.sign('announcement', announcement(), announcedMs)
    await redis.pipeline().hset(keys.hosts, id, text).publish(channels.bots, text).exec()
  }

  /** Where Redis is away it is said with the next heartbeat. */
  function announce(): void {
    announceNow().catch(() => undefined)
  }

  function hear(text: string): void {
    try {
      const opened = signature.open('command', text, commandSchema)
      if (opened.body.host !== id || !seen.first(opened)) return
      if (opened.body.do === 'cancel') cancel(opened.body.run)
      else if (opened.body.do === 'drain') drain()
      else resume()
    } catch {
      // What is not authentic is nothing to a host.
    }
  }

  function cancel(run: string): void {
    if (runs.has(run)) stop(run, 'cancelled')
    else cancelled.add(run)
  }

  function stop(run: string, why: string): void {
    runs.get(run)?.abort.abort(new Error(why))
  }

  function drain(): void {
    if (state !== 'up') return
    state = 'draining'
    worker.pause()
    announce()
  }

  function resume(): void {
    if (state !== 'draining' || closing) return
    state = 'up'
    worker.resume()
    announce()
  }

  async function close(): Promise<void> {
    drain()
    const untilMs = performance.now() + drainMs
    while (runs.size > 0 && performance.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, 20))
    for (const run of runs.keys()) stop(run, 'the host stops')
    clearInterval(beating)
    // What does not end within a step's time is not waited for: the bot misses it and has it made anew.
    await Promise.race([worker.close(), new Promise((resolve) => setTimeout(resolve, closeMs).unref())])
    state = 'left'
    await announceNow().catch(() => undefined)
    await Promise.all(devices.map(({ pool }) => pool.close()))
    await store.close()
    await connection.close()
  }

  const beating = setInterval(() => {
    announce()
    worker.supervise().catch(() => undefined)
  }, heartbeatMs)
  connection.subscribe(channels.host(id), hear).catch(onError)
  announce()

  return {
    id,
    state: () => state,
    runs: () => [...runs.keys()],
    drain,
    resume,
    close: () => (closing ??= close()),
  }
}

const closeMs = 10_000

/** Part of keys and ids. */
function idOf(name: string): string {
  return (
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]+/g, '-')
      .slice(0, 40) || 'host'
  )
}

// A GPU host: announces itself, takes the orders that are for it, renders them on its devices and says what became of them. BullMQ's Worker
// lives here and not in the processes that hold the devices, because those are blocked while they compute and could not keep a lock.

import { randomBytes } from 'node:crypto'
import type { LaneName } from '../../../jobs/lane.ts'
import type { ContentStore } from '../../content-store/content-store.ts'
import { createSlots } from '../../slots.ts'
import { type HostTakes, takesLane } from '../host-takes.ts'
import { channels, progressMark, queueName } from '../protocol/keys.ts'
import { type HostAnnouncement, usualHeartbeatMs } from '../protocol/messages/announcement.ts'
import { commandSchema } from '../protocol/messages/command.ts'
import { type Order, orderSchema } from '../protocol/messages/order.ts'
import type { WireProgress } from '../protocol/messages/progress.ts'
import type { RedisConnection } from '../protocol/redis-connection.ts'
import { createSeenNonces, type Opened, type Signature } from '../protocol/signature.ts'
import { createRecent } from '../recent.ts'
import { createAnnouncer } from './announcer.ts'
import type { HostFiles } from './host-files.ts'
import { createHostWorker, refusedJob } from './host-worker.ts'
import { createOrderRuns, type HostDevice, type HostEvent, type OrderRun, resultMs } from './order-runs.ts'
import { createStepTimes } from './step-times.ts'
import { createTrainingRuns, HostStops, type TrainingDevice } from './training-runs.ts'

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
  /** Of trainings, where it takes them: the same devices. */
  readonly trainings?: {
    readonly devices: readonly TrainingDevice[]
    readonly workFolder: string
    readonly onStart?: (pid: number) => void
  }
  /** drawings where absent */
  readonly takes?: HostTakes
  /** Folders that are not to be told. */
  readonly folders: readonly string[]
  readonly heartbeatMs?: number
  /** How long what runs may take at a close. */
  readonly drainMs?: number
  readonly onTrouble?: (sentence: string) => void
  readonly onError?: (error: unknown) => void
  readonly onEvent?: (event: HostEvent) => void
}

/** How long a signed progress message is accepted: one that comes later is overtaken. */
const progressMs = 60_000

export function startGpuHost(options: GpuHostOptions): GpuHost {
  const { connection, signature, store, files, name, version, devices, trainings, takes = 'drawings', folders } = options
  const { heartbeatMs = usualHeartbeatMs, drainMs = 60_000 } = options
  const { onTrouble = () => undefined, onError = () => undefined, onEvent = () => undefined } = options
  const id = `${idOf(name)}-${randomBytes(4).toString('hex')}`
  const slots = createSlots(devices)
  const runs = new Map<string, OrderRun>()
  /** Cancelled before their orders came. */
  const cancelled = createRecent(100)
  const seen = createSeenNonces(Date.now)
  const stepTimes = createStepTimes()
  let state: HostAnnouncement['state'] = 'up'
  let closing: Promise<void> | undefined
  const { announce, announceNow } = createAnnouncer({
    ...{ connection, signature, devices, slots, runs, files, stepTimes },
    about: () => ({ host: id, name, version, takes, state }),
  })

  const lanes = (['drawing', 'training'] as const).filter((lane) => takesLane(takes, lane))
  const workers = lanes.map((lane) =>
    createHostWorker({
      queue: queueName(id, lane),
      connection,
      slots: devices.length,
      work: (run, data) => work(lane, run, data),
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
    }),
  )

  const say = async (progress: Omit<WireProgress, 'host'>): Promise<void> =>
    connection.publish(channels.bots, `${progressMark}${signature.sign('progress', { ...progress, host: id }, progressMs)}`)

  const carryOut = createOrderRuns({
    store,
    files,
    slots,
    stepTimes,
    folders,
    say,
    onDevice: announce,
    onEvent,
    onError,
  })
  const train = trainings && createTrainingRuns({ ...trainings, store, files, folders, say, onDevice: announce, onEvent, onError })

  async function work(lane: LaneName, run: string, data: unknown): Promise<string> {
    const order = read(run, data)
    if ((order.kind === 'train') !== (lane === 'training')) throw refusedJob('not for this queue')
    const own: OrderRun = { abort: new AbortController(), lane }
    runs.set(run, own)
    if (cancelled.delete(run)) own.abort.abort(new Error('cancelled'))
    announce()
    const outcome = order.kind === 'train' ? await train!(order, own) : await carryOut(order, own)
    return signature.sign('outcome', outcome, resultMs)
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

  function stop(run: string, why: string | HostStops): void {
    runs.get(run)?.abort.abort(why instanceof Error ? why : new Error(why))
  }

  function drain(): void {
    if (state !== 'up') return
    state = 'draining'
    for (const worker of workers) worker.pause()
    announce()
  }

  function resume(): void {
    if (state !== 'draining' || closing) return
    state = 'up'
    for (const worker of workers) worker.resume()
    announce()
  }

  async function close(): Promise<void> {
    drain()
    // A training ends in an hour: another host goes on with it.
    for (const [run, { lane }] of runs) if (lane === 'training') stop(run, new HostStops())
    const untilMs = performance.now() + drainMs
    while (runs.size > 0 && performance.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, 20))
    for (const run of runs.keys()) stop(run, new HostStops())
    clearInterval(beating)
    // What does not end within a step's time is not waited for: the bot misses it and has it made anew.
    await Promise.race([
      Promise.all(workers.map((worker) => worker.close())),
      new Promise((resolve) => setTimeout(resolve, closeMs).unref()),
    ])
    state = 'left'
    await announceNow().catch(() => undefined)
    await Promise.all(devices.map(({ pool }) => pool.close()))
    await store.close()
    await connection.close()
  }

  const beating = setInterval(() => {
    announce()
    for (const worker of workers) worker.supervise().catch(() => undefined)
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

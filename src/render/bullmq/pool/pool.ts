// The render pool of GPU hosts behind Redis. What is handed in waits here until a host that can hold it has a free slot, so that BullMQ
// never has more jobs than there are slots and the order is decided in one place. A run whose host is lost is begun once more elsewhere.

import { changingCapacity } from '../../../jobs/capacity.ts'
import { SchedulerStops } from '../../../jobs/renderer.ts'
import { serial } from '../../../serial.ts'
import type { ContentStore } from '../../content-store/content-store.ts'
import { createWatchdog, type WatchdogLimits } from '../../failures/watchdog.ts'
import type { FileContents } from '../../file-contents.ts'
import { PoolClosed, type PoolRenderOptions, type RenderPool } from '../../pool.ts'
import { toPortable } from '../../portable-recipe.ts'
import type { Recipe } from '../../recipe.ts'
import type { Drawn } from '../../render.ts'
import type { HostTrainer } from '../../training/trainer.ts'
import { takesLane } from '../host-takes.ts'
import { channels, keys, queueName } from '../protocol/keys.ts'
import { announcementSchema, usualHeartbeatMs } from '../protocol/messages/announcement.ts'
import type { HostCommand } from '../protocol/messages/command.ts'
import type { RedisConnection } from '../protocol/redis-connection.ts'
import { NotAuthentic, type Signature } from '../protocol/signature.ts'
import { createFileSender } from './file-sender.ts'
import { startHeartbeat } from './hosts/heartbeat.ts'
import { createHostQueues } from './hosts/host-queue.ts'
import { createHostRegistry, type KnownHost } from './hosts/host-registry.ts'
import { type HostNeeds, whyNot } from './hosts/pick-host.ts'
import { createPlacements } from './hosts/placements.ts'
import { noHostHolds, reasonsAgainst } from './refusals.ts'
import { createRemoteRuns } from './remote-runs.ts'
import { closeRun, type RemoteRun } from './runs/remote-run.ts'
import { type RemoteRunParts, renderNeeds, renderRun } from './runs/render-run.ts'
import type { RunEvent } from './runs/run-event.ts'
import { trainingNeeds, trainingRun, trainingRunId } from './runs/training-run.ts'

export interface BullmqPoolOptions {
  readonly connection: RedisConnection
  readonly signature: Signature
  readonly store: ContentStore
  readonly contents: FileContents
  /** Hosts of another are left out. */
  readonly version: string
  /** Milliseconds of any steady clock. */
  readonly now?: () => number
  /** Between two looks at Redis and at what runs. */
  readonly heartbeatMs?: number
  /** A host that says nothing for so long is gone. */
  readonly silentMs?: number
  readonly watchdog?: WatchdogLimits
  /** How long a run waits that no host can hold, while hosts come and go. */
  readonly patienceMs?: number
  /** Sentences for the operator. */
  readonly onTrouble?: (sentence: string) => void
  readonly onError?: (error: unknown) => void
  readonly onEvent?: (event: RunEvent) => void
}

export interface BullmqPool extends RenderPool {
  readonly trainings: HostTrainer
  hosts(): readonly KnownHost[]
  /** False where there is no such host. */
  drain(host: string, drained: boolean): Promise<boolean>
  /** Hosts that could hold it. */
  able(recipe: Recipe): Promise<readonly KnownHost[]>
  /** Why nothing can be rendered just now. */
  trouble(): string | undefined
}

/** More patient than the host itself, which also fetches files before it renders. */
const remoteWatchdog: WatchdogLimits = { factor: 20, leastMs: 5 * 60_000, unmeasuredMs: 60 * 60_000 }

/** @param connection, store closed with the pool */
export function createBullmqPool(options: BullmqPoolOptions): BullmqPool {
  const { connection, signature, store, contents, version, now = () => performance.now(), heartbeatMs = usualHeartbeatMs } = options
  const {
    silentMs = 5 * heartbeatMs,
    watchdog = remoteWatchdog,
    patienceMs = 60_000,
    onTrouble = () => undefined,
    onError = () => undefined,
    onEvent = () => undefined,
  } = options
  const { redis } = connection
  const placements = createPlacements(redis, signature)
  const slots = { drawing: changingCapacity(), training: changingCapacity() }
  const inOrder = serial()
  let closed = false

  const registry = createHostRegistry({
    signature,
    version,
    now,
    nowMs: Date.now,
    silentMs,
    onChange: changed,
    onGone: (host) => runs.hostGone(host),
    onHeard: (host) => runs.hear(host),
    onTrouble,
  })
  const queues = createHostQueues(redis, onError)
  const runs = createRemoteRuns({
    registry,
    queues,
    placements,
    sender: createFileSender(store),
    store,
    signature,
    command: (command) => connection.publish(channels.host(command.host), signature.sign('command', command, commandValidMs)),
    isUp: () => heartbeat.isUp(),
    now,
    silentMs,
    patienceMs,
    watchdog: createWatchdog(watchdog, now),
    onTrouble,
    onError,
    onEvent,
  })

  function changed(): void {
    for (const lane of ['drawing', 'training'] as const) slots[lane].set(heartbeat.isUp() ? registry.slots(lane) : 0)
    runs.dispatch()
  }

  /** Of hosts that have been gone for days: nobody will ask for what they were given. Those of another key are other people's. */
  async function dropOldHosts(): Promise<void> {
    for (const [host, text] of Object.entries(await redis.hgetall(keys.hosts))) {
      try {
        signature.open('announcement', text, announcementSchema)
      } catch (error) {
        if (!(error instanceof NotAuthentic && error.expired)) continue
        for (const lane of ['drawing', 'training'] as const) await queues.drop(queueName(host, lane))
        await redis.hdel(keys.hosts, host)
      }
    }
  }

  async function lookAtEviction(): Promise<void> {
    const policy = /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1]
    if (policy !== undefined && policy !== 'noeviction') {
      onTrouble(`Redis may throw away what waits (its maxmemory-policy is ${policy}): set it to noeviction.`)
    }
  }
  lookAtEviction().catch(onError)

  const heartbeat = startHeartbeat({
    ...{ connection, signature, registry, now, heartbeatMs, silentMs },
    onProgress: runs.hearProgress,
    onChange: changed,
    onBeat: runs.tend,
    onTrouble,
    onError,
  })
  const dropping = setInterval(() => void dropOldHosts().catch(onError), 3_600_000)
  dropping.unref()

  const runParts: RemoteRunParts & { readonly store: ContentStore; readonly onError: (error: unknown) => void } = {
    ...{ contents, store, now, onError },
    maxSentBytes: store.maxBytes,
  }

  function run(
    prepare: () => Promise<RemoteRun>,
    { signal, begunBefore = false }: Pick<PoolRenderOptions, 'signal' | 'begunBefore'>,
  ): Promise<Drawn | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Drawn | undefined>()
    if (closed) return Promise.reject(new PoolClosed())
    if (signal?.aborted) return Promise.reject(signal.reason)
    let made: RemoteRun | undefined
    const abort = (): void => {
      reject(signal!.reason)
      if (!made) return
      made.answered = true
      if (signal!.reason instanceof SchedulerStops) return
      runs.abandon(made)
      // It has ended: what it has kept for whoever would go on with it goes.
      made.answer.reject(signal!.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
    inOrder(async () => {
      const ready = await prepare()
      if (closed) throw new PoolClosed()
      if (signal?.aborted) return
      made = ready
      ready.answer.promise.then(resolve, reject)
      runs.start(ready, begunBefore)
    }).catch(reject)
    return promise.finally(() => signal?.removeEventListener('abort', abort))
  }

  function checkHosts(needs: HostNeeds): void {
    const reasons = reasonsAgainst(registry.all(), needs)
    if (reasons) throw noHostHolds(needs.lane, reasons)
  }

  const needsOf = async (recipe: Recipe): Promise<HostNeeds> => renderNeeds(await toPortable(recipe, contents.of), store.maxBytes)

  return {
    capacity: slots.drawing.capacity,
    onCapacity: slots.drawing.onCapacity,
    render: (recipe, options = {}) => run(() => renderRun('render', recipe, options, runParts), options) as Promise<Drawn>,
    warm: async (recipe) => void (await run(() => renderRun('warm', recipe, {}, runParts), {})),
    async check(recipe) {
      checkHosts(await needsOf(recipe))
    },
    trainings: {
      capacity: slots.training.capacity,
      onCapacity: slots.training.onCapacity,
      async check(request) {
        checkHosts(await trainingNeeds(request, runParts))
      },
      isPlaced: async (id) => (await placements.read(trainingRunId(id)))?.host !== undefined,
      async train(what, options, impatient) {
        await run(() => trainingRun(what, options, impatient, runParts), { signal: options.signal, begunBefore: what.begunBefore })
      },
    },
    async device() {
      if (closed) throw new PoolClosed()
      await heartbeat.begun
      const names = registry.all().map(({ name, devices }) => `${devices.map((device) => device.name).join(', ')} of ${name}`)
      return { name: names.join('; ') || 'GPU hosts, of which none is there yet', notes: [] }
    },
    hosts: registry.all,
    async able(recipe) {
      const needs = await needsOf(recipe)
      return registry.all().filter((host) => host.heard && whyNot(host, needs) === undefined)
    },
    async drain(host, drained) {
      if (!registry.drain(host, drained)) return false
      const command: HostCommand = { do: drained ? 'drain' : 'resume', host }
      await connection.publish(channels.host(host), signature.sign('command', command, commandValidMs))
      return true
    },
    trouble() {
      if (!heartbeat.isUp()) return 'Redis does not answer'
      if (registry.all().length === 0) return 'no GPU host is there'
      return registry.all().some(({ takes }) => takesLane(takes, 'drawing')) ? undefined : 'every GPU host is kept for trainings'
    },
    async close() {
      if (closed) return
      closed = true
      heartbeat.stop()
      clearInterval(dropping)
      await runs.close(closeRun)
      await queues.close().catch(onError)
      await store.close()
      await connection.close()
    },
  }
}

/** Of a command; hosts hear it at once or not at all. */
const commandValidMs = 60_000

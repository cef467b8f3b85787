// The render pool of GPU hosts behind Redis. What is handed in waits here until a host that can hold it has a free slot, so that BullMQ
// never has more jobs than there are slots and the order is decided in one place. A run whose host is lost is begun once more elsewhere.

import { randomUUID } from 'node:crypto'
import { SchedulerStops } from '../../jobs/renderer.ts'
import { serial } from '../../serial.ts'
import type { ContentDigest, ContentStore } from '../content-store/content-store.ts'
import type { FileContent, FileContents } from '../file-contents.ts'
import { PoolClosed, type PoolRenderOptions, type RenderPool } from '../pool.ts'
import { toPortable } from '../portable-recipe.ts'
import type { Recipe } from '../recipe.ts'
import type { Drawn } from '../render.ts'
import { createWatchdog, type WatchdogLimits } from '../watchdog.ts'
import type { RunEvent } from './attempts.ts'
import { createFileSender, type LocalContent, localContents } from './file-sender.ts'
import { createHostQueues } from './host-queue.ts'
import { createHostRegistry, type KnownHost } from './host-registry.ts'
import { channels, keys } from './keys.ts'
import { announcementSchema, type HostCommand, progressSchema } from './messages.ts'
import { contentsOf, modelKeysOf } from './model-keys.ts'
import { type RenderNeeds, whyNot } from './pick-host.ts'
import { createPlacements } from './placements.ts'
import type { RedisConnection } from './redis-connection.ts'
import { noHostHolds, reasonsAgainst } from './refusals.ts'
import { closeRun, type RemoteRun } from './remote-run.ts'
import { createRemoteRuns } from './remote-runs.ts'
import { NotAuthentic, type Signature } from './signature.ts'

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
  /** Sentences for the operator. */
  readonly onTrouble?: (sentence: string) => void
  readonly onError?: (error: unknown) => void
  readonly onEvent?: (event: RunEvent) => void
}

export interface BullmqPool extends RenderPool {
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

/** How often hosts announce themselves, and the bot looks. */
export const usualHeartbeatMs = 3000

/** Announcements that were published while the channel was away are read from where they are kept, this often in heartbeats. */
const readEvery = 5

/** @param connection, store closed with the pool */
export function createBullmqPool(options: BullmqPoolOptions): BullmqPool {
  const { connection, signature, store, contents, version, now = () => performance.now(), heartbeatMs = usualHeartbeatMs } = options
  const {
    silentMs = 5 * heartbeatMs,
    watchdog = remoteWatchdog,
    onTrouble = () => undefined,
    onError = () => undefined,
    onEvent = () => undefined,
  } = options
  const { redis } = connection
  const listeners = new Set<() => void>()
  const inOrder = serial()
  let listeningSinceMs: number | undefined
  let capacity = 0
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
    placements: createPlacements(redis, signature),
    sender: createFileSender(store),
    store,
    signature,
    command: (command) => connection.publish(channels.host(command.host), signature.sign('command', command, commandValidMs)),
    isUp: () => listeningSinceMs !== undefined,
    now,
    silentMs,
    watchdog: createWatchdog(watchdog, now),
    onTrouble,
    onError,
    onEvent,
  })

  function changed(): void {
    const slots = listeningSinceMs === undefined ? 0 : registry.slots()
    const differs = slots !== capacity
    capacity = slots
    if (differs) for (const listener of [...listeners]) listener()
    runs.dispatch()
  }

  function hear(text: string): void {
    try {
      if (!text.startsWith(progressMark)) registry.hear(text, 'published')
      else runs.hearProgress(signature.open('progress', text.slice(progressMark.length), progressSchema).body)
    } catch (error) {
      // Strangers can fill a log, too.
      if (!(error instanceof NotAuthentic)) onError(error)
    }
  }

  let beats = 0
  let lastBeatMs = now()

  async function beat(): Promise<void> {
    // A process that stood still has heard nobody, which says nothing of them.
    if (now() - lastBeatMs > silentMs / 2) listeningSinceMs = listeningSinceMs && now()
    lastBeatMs = now()
    try {
      await redis.set(keys.bot, signature.sign('placement', {}, 0), 'PX', 10 * heartbeatMs)
      if (listeningSinceMs === undefined || beats++ % readEvery === 0) {
        for (const text of Object.values(await redis.hgetall(keys.hosts))) registry.hear(text, 'kept')
      }
      if (listeningSinceMs === undefined && !closed) {
        listeningSinceMs = now()
        changed()
      }
    } catch (error) {
      if (listeningSinceMs !== undefined) {
        listeningSinceMs = undefined
        onTrouble(`Redis does not answer or cannot be written (${(error as Error).message}): nothing new is rendered until it does.`)
        changed()
      }
    }
    if (closed) return
    if (listeningSinceMs !== undefined) registry.expire(listeningSinceMs)
    runs.tend(listeningSinceMs)
  }

  /** Of hosts that have been gone for days: nobody will ask for what they were given. */
  async function dropOldHosts(): Promise<void> {
    for (const [host, text] of Object.entries(await redis.hgetall(keys.hosts))) {
      try {
        signature.open('announcement', text, announcementSchema)
      } catch {
        await queues.drop(host)
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

  const begun = connection.subscribe(channels.bots, hear).then(beat).catch(onError)
  const beating = setInterval(() => void beat(), heartbeatMs)
  const dropping = setInterval(() => void dropOldHosts().catch(onError), 3_600_000)
  dropping.unref()

  async function prepare(kind: RemoteRun['kind'], recipe: Recipe, options: PoolRenderOptions): Promise<RemoteRun> {
    const { id, previewEveryMs, onProgress, traceparent } = options
    const files: LocalContent[] = []
    const portable = await toPortable(recipe, async (path) => {
      const content = await contents.of(path)
      files.push(...localContents(content, path))
      return content
    })
    return {
      id: id ?? `x${randomUUID()}`,
      kind,
      recipe: portable,
      previewEveryMs,
      traceparent,
      needs: needsOf(portable.request, portable.model),
      files,
      adoptable: id !== undefined,
      askedMs: now(),
      attempt: 0,
      lost: 0,
      handedBack: 0,
      avoid: new Set(),
      answered: false,
      abandoned: false,
      answer: Promise.withResolvers(),
      onProgress,
    }
  }

  function needsOf(request: RenderNeeds['request'], model: Parameters<typeof contentsOf<FileContent>>[0]): RenderNeeds {
    const named = contentsOf(model).flatMap((content): readonly ContentDigest[] => content.files ?? [content])
    return { request, model: modelKeysOf(model), contents: named, maxSentBytes: store.maxBytes }
  }

  function run(kind: RemoteRun['kind'], recipe: Recipe, options: PoolRenderOptions = {}): Promise<Drawn | undefined> {
    const { signal, begunBefore = false } = options
    const { promise, resolve, reject } = Promise.withResolvers<Drawn | undefined>()
    if (closed) return Promise.reject(new PoolClosed())
    if (signal?.aborted) return Promise.reject(signal.reason)
    let made: RemoteRun | undefined
    const abort = (): void => {
      reject(signal!.reason)
      if (!made) return
      made.answered = true
      if (!(signal!.reason instanceof SchedulerStops)) runs.abandon(made)
    }
    signal?.addEventListener('abort', abort, { once: true })
    inOrder(async () => {
      const ready = await prepare(kind, recipe, options)
      if (closed) throw new PoolClosed()
      if (signal?.aborted) return
      made = ready
      ready.answer.promise.then(resolve, reject)
      runs.start(ready, begunBefore)
    }).catch(reject)
    return promise.finally(() => signal?.removeEventListener('abort', abort))
  }

  return {
    capacity: () => capacity,
    onCapacity(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    render: (recipe, options) => run('render', recipe, options) as Promise<Drawn>,
    warm: async (recipe) => void (await run('warm', recipe)),
    async check(recipe) {
      const { request, model } = await toPortable(recipe, contents.of)
      const reasons = reasonsAgainst(registry.all(), needsOf(request, model))
      if (reasons) throw noHostHolds(reasons)
    },
    async device() {
      if (closed) throw new PoolClosed()
      await begun
      const names = registry.all().map(({ name, devices }) => `${devices.map((device) => device.name).join(', ')} of ${name}`)
      return { name: names.join('; ') || 'GPU hosts, of which none is there yet', notes: [] }
    },
    hosts: registry.all,
    async able(recipe) {
      const { request, model } = await toPortable(recipe, contents.of)
      return registry.all().filter((host) => host.heard && whyNot(host, needsOf(request, model)) === undefined)
    },
    async drain(host, drained) {
      if (!registry.drain(host, drained)) return false
      const command: HostCommand = { do: drained ? 'drain' : 'resume', host }
      await connection.publish(channels.host(host), signature.sign('command', command, commandValidMs))
      return true
    },
    trouble() {
      if (listeningSinceMs === undefined) return 'Redis does not answer'
      return registry.all().length === 0 ? 'no GPU host is there' : undefined
    },
    async close() {
      if (closed) return
      closed = true
      clearInterval(beating)
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

/** Before texts of one kind on the channel of another. */
export const progressMark = 'progress '

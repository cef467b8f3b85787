// A GPU host: announces itself, takes the orders that are for it, renders them on its devices and says what became of them. BullMQ's Worker
// lives here and not in the processes that hold the devices, because those are blocked while they compute and could not keep a lock.

import { createHash, randomBytes } from 'node:crypto'
import type { RenderProgress } from '../../jobs/renderer.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { unlessAborted } from '../../unless-aborted.ts'
import type { ContentStore } from '../content-store/content-store.ts'
import type { Drawn } from '../render.ts'
import { createSlots, type Slot } from '../slots.ts'
import { deathIn, hostFailure } from './host-failure.ts'
import { type FilesInUse, type HostFiles, MissingFiles } from './host-files.ts'
import { createHostWorker, refusedJob } from './host-worker.ts'
import { channels, keys } from './keys.ts'
import { commandSchema, type HostAnnouncement, type Order, orderSchema, protocolVersion, type RunOutcome } from './messages.ts'
import { modelKeysOf } from './model-keys.ts'
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

export interface HostDevice extends Slot {
  readonly memoryBytes?: number
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

/** For whoever counts and traces. */
export type HostEvent =
  | { readonly kind: 'taken'; readonly order: Order; readonly device: string }
  | { readonly kind: 'ended'; readonly order: Order; readonly device: string; readonly outcome: RunOutcome }
  | { readonly kind: 'lock-lost'; readonly run: string }

/** An announcement is read after that only to clear it away. */
const announcedMs = 2 * 24 * 3_600_000
/** A bot that was away for longer has its jobs made anew. */
const resultMs = 24 * 3_600_000
/** While Redis or a bucket is away or full, what is done is kept in memory. */
const keepTryingMs = 600_000
/** Of a result that somebody can post anywhere. */
const maxResultBytes = 200 * 2 ** 20

interface Run {
  readonly abort: AbortController
  device?: HostDevice
}

export function startGpuHost(options: GpuHostOptions): GpuHost {
  const { connection, signature, store, files, name, version, devices, folders } = options
  const { heartbeatMs = usualHeartbeatMs, drainMs = 60_000 } = options
  const { onTrouble = () => undefined, onError = () => undefined, onEvent = () => undefined } = options
  const id = `${idOf(name)}-${randomBytes(4).toString('hex')}`
  const { redis } = connection
  const slots = createSlots(devices)
  const runs = new Map<string, Run>()
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

  async function work(run: string, data: unknown): Promise<string> {
    const order = read(run, data)
    const own: Run = { abort: new AbortController() }
    runs.set(run, own)
    if (cancelled.delete(run)) own.abort.abort(new Error('cancelled'))
    announce()
    return signature.sign('outcome', await outcomeOf(order, own), resultMs)
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

  async function outcomeOf(order: Order, { abort: { signal } }: Run): Promise<RunOutcome> {
    const { run, recipe } = order
    const model = modelKeysOf(recipe.model)
    let used: FilesInUse | undefined
    let slot: HostDevice | undefined
    try {
      used = await files.use(recipe, signal)
      signal.throwIfAborted()
      slot = slots.take([model.style, model.base])
      // BullMQ hands out as many jobs as there are devices.
      if (!slot) throw new Error('no device is free')
      runs.get(run)!.device = slot
      announce()
      onEvent({ kind: 'taken', order, device: slot.name })
      const outcome = await render(order, used, slot, signal)
      onEvent({ kind: 'ended', order, device: slot.name, outcome })
      return outcome
    } catch (error) {
      if (signal.aborted) return { kind: 'stopped', run }
      if (error instanceof MissingFiles) {
        onError(error)
        return { kind: 'missing', run, sha256: [...error.sha256], why: error.message }
      }
      const how = deathIn(error)
      if (how !== undefined) return { kind: 'died', run, how }
      const failure = hostFailure(error, used?.names ?? new Map(), folders)
      if (failure.kind === 'bug') onError(error)
      return { kind: 'failed', run, failure }
    } finally {
      if (slot) {
        // Who aborts is answered at once, but the device is busy until its step has ended.
        if (signal.aborted) await slot.pool.device().catch(() => undefined)
        slots.release(slot)
      }
      used?.release()
    }
  }

  async function render(
    order: Order,
    { recipe }: FilesInUse,
    { pool, name: device }: HostDevice,
    signal: AbortSignal,
  ): Promise<RunOutcome> {
    const { run, kind, previewEveryMs } = order
    if (kind === 'warm') {
      await unlessAborted(pool.warm(recipe), signal)
      return { kind: 'warm', run }
    }
    const show = progressOf(run)
    let began = performance.now()
    const onProgress = (progress: RenderProgress): void => {
      if (progress.stage === 'loading') began = performance.now()
      show(progress)
    }
    const drawn = await pool.render(recipe, { signal, onProgress, ...omitUndefined({ previewEveryMs }) })
    const renderMs = performance.now() - began
    stepTimes.learn({ ...order.recipe.request, model: modelKeysOf(order.recipe.model).base }, drawn.stepMs)
    const animation = await keep(drawn, signal)
    const notes = drawn.notes.map((note) => JSON.parse(JSON.stringify(note)))
    return {
      kind: 'done',
      run,
      animation,
      notes,
      ...omitUndefined({ closing: drawn.closing }),
      stepMs: [...drawn.stepMs],
      renderMs,
      device,
    }
  }

  /** It is done: a store that is away is waited for. */
  async function keep({ animation: { bytes, ...about } }: Drawn, signal: AbortSignal) {
    if (bytes.length > maxResultBytes) throw new Error(`an animation of ${bytes.length} bytes is more than ${maxResultBytes}`)
    const content = { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length }
    const { format, width, height, frames, fps } = about
    const untilMs = performance.now() + keepTryingMs
    for (;;) {
      try {
        await store.put(
          content,
          async function* () {
            yield bytes
          },
          resultMs,
        )
        return { ...content, format, width, height, frames, fps }
      } catch (error) {
        signal.throwIfAborted()
        if (performance.now() > untilMs) throw error
        onError(error)
        await new Promise((resolve) => setTimeout(resolve, 1000))
      }
    }
  }

  /** Steps are few; previews are many bytes, and one that would wait for another is left out. */
  function progressOf(run: string): (progress: RenderProgress) => void {
    let said = 0
    let showing = false
    return ({ preview, ...progress }) => {
      const shown = preview && !showing ? Buffer.from(preview).toString('base64') : undefined
      if (shown !== undefined) showing = true
      const text = signature.sign('progress', { run, host: id, seq: said++, ...progress, ...omitUndefined({ preview: shown }) }, progressMs)
      connection
        .publish(channels.bots, `${progressMark}${text}`)
        .catch(() => undefined)
        .finally(() => {
          if (shown !== undefined) showing = false
        })
    }
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
  const announce = (): void => void announceNow().catch(() => undefined)

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

const progressMs = 60_000
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

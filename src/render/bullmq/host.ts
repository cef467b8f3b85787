// The composition root of a GPU host: devices, files, Redis, and the health of it all. Stopped in reverse.

import { mkdirSync, readdirSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import description from '../../../package.json' with { type: 'json' }
import type { Config } from '../../config.ts'
import type { Device } from '../../engine/device-names.ts'
import { UserError } from '../../errors.ts'
import { serveHealth } from '../../health.ts'
import type { Log } from '../../log.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { cacheFolder, modelFolder, pocket } from '../../paths.ts'
import { takeLock } from '../../store/process-lock.ts'
import { openTracing } from '../../tracing.ts'
import { createFileContents } from '../file-contents.ts'
import { usualFrameCacheBytes } from '../frames/frame-cache.ts'
import { withLoadingProgress } from '../loading-progress.ts'
import { listCards } from '../local/card-memory.ts'
import { deviceEnvironment, type ListedDevice, parseDeviceList } from '../local/device-list.ts'
import { openDevices } from '../local/open-devices.ts'
import { type PoolActivity, watchPool } from '../training/pool-activity.ts'
import { type GpuHost, startGpuHost } from './host/gpu-host.ts'
import { openHostFiles } from './host/host-files.ts'
import { createHostMetrics } from './host/host-metrics.ts'
import { createHostTraces } from './host/host-traces.ts'
import type { HostDevice, HostEvent } from './host/order-runs.ts'
import type { TrainingDevice } from './host/training-runs.ts'
import { takesLane } from './host-takes.ts'
import { readHostKey } from './protocol/host-key.ts'
import { jobOfRun } from './protocol/keys.ts'
import { openHostLink } from './protocol/link.ts'

export interface RunningHost {
  stop(): Promise<void>
}

/** At what `models pull` has brought. */
const lookEveryMs = 60_000
/** A restart overlaps with what it replaces. */
const letGoMs = 5000

/**
 * @param tell a sentence for the operator
 * @throws UserError where the host cannot be started; what was opened is closed again
 */
export async function startHost(config: Config, log: Log, tell: (sentence: string) => void): Promise<RunningHost> {
  const { redisUrl, home, host: own } = config
  const listed = parseDeviceList(config.device)!
  if (redisUrl === undefined) {
    throw new UserError('bad-setting', 'A GPU host takes its work from Redis: set REDIS_URL as it is for the bot.', {
      names: ['REDIS_URL'],
    })
  }
  const hostKey = config.hostKey ?? readHostKey(home)
  mkdirSync(home, { recursive: true })
  const unlock = lockHome(home)
  const onTrouble = (sentence: string): void => {
    tell(sentence)
    log.warn({ sentence }, 'told')
  }
  const slots = openDevices({
    devices: listed,
    environment: process.env,
    attempts: 1,
    cacheDir: cacheFolder(home),
    frameCacheBytes: usualFrameCacheBytes,
    ...omitUndefined({ threads: config.threads, ffmpeg: config.ffmpeg }),
    onTrouble: (sentence) => log.warn({ sentence }, 'a device is in trouble'),
  })
  const open: (() => Promise<void>)[] = [
    async () => unlock(),
    ...slots.map(
      ({ pool }) =>
        () =>
          pool.close(),
    ),
  ]
  const stop = async (): Promise<void> => {
    for (const close of open.splice(0).reverse()) await close().catch((error: unknown) => log.error({ err: error }, 'not closed'))
  }
  try {
    const started = await startDevices(slots, listed, tell)
    // What is kept for trainings needs nothing that draws, nor the memory that it takes.
    if (!takesLane(own.takes, 'drawing')) await Promise.all(slots.map(({ pool }) => pool.close()))
    const watched = started.map((device, n) => {
      const { pool, activity } = watchPool(withLoadingProgress(device.pool, loadTimesOf(home, n)))
      return { device: { ...device, pool }, activity }
    })
    const devices = watched.map(({ device }) => device)
    const onError = (error: unknown): void => log.error({ err: error }, 'the GPU host met an error')
    const link = await openHostLink({ ...config, redisUrl, hostKey, name: `zoetrope-host-${own.name}`.replaceAll(/\s/g, '-'), onError })
    open.push(link.connection.close)
    const files = await openHostFiles(() => installedIn(config), createFileContents({ keptIn: join(home, 'file-contents.json') }), {
      store: link.store,
      cacheFolder: join(cacheFolder(home), 'sent'),
      maxCacheBytes: own.cacheBytes,
    })
    const looking = setInterval(() => void files.look().catch(onError), lookEveryMs)
    open.push(async () => clearInterval(looking))
    const metrics = createHostMetrics(own.name)
    const tracing = await openTracing({
      endpoint: config.traces,
      service: 'zoetrope-gpu-host',
      instance: own.name,
      version: description.version,
      onError,
    })
    open.push(tracing.close)
    const traces = createHostTraces(own.name, tracing.record, Date.now)
    const host = startGpuHost({
      ...link,
      files,
      devices,
      takes: own.takes,
      trainings: {
        devices: watched.map(({ device, activity }, n) => trainingDevice(config, listed[n]!, device, activity)),
        workFolder: join(home, 'trainings'),
      },
      name: own.name,
      version: description.version,
      folders: [home],
      drainMs: own.drainMs,
      onTrouble,
      onError,
      onEvent(event) {
        metrics.event(event)
        traces.event(event)
        log.info(aboutEvent(event), event.kind)
      },
    })
    open.push(host.close)
    metrics.watch(host)
    await openHealth(config, host, metrics, tell, open)
    log.info({ host: host.id, devices: devices.map(({ name }) => name), files: files.installed().length }, 'a GPU host is up')
    tell(
      `GPU host ${own.name} takes ${own.takes === 'both' ? 'drawings and trainings' : own.takes} with ${devices.map(({ name }) => name).join(', ')}.`,
    )
    return { stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What lies there of trainings and of files that come is deleted at a start. @throws UserError home-in-use */
function lockHome(home: string): () => void {
  const unlock = takeLock(join(home, 'gpu-host-lock'), letGoMs)
  if (unlock) return unlock
  const sentence = `Another GPU host has its files in ${home}: give each a folder of its own (ZOETROPE_HOME), and the bot's HOST_KEY.`
  throw new UserError('home-in-use', sentence, { home })
}

/** A training waits while something is drawn on its device. */
function trainingDevice(
  { threads, ffmpeg }: Config,
  listed: ListedDevice,
  { name, started }: StartedDevice,
  activity: PoolActivity,
): TrainingDevice {
  return {
    name,
    activity,
    place: { device: started as Device, version: description.version, ...omitUndefined({ threads, ffmpeg }) },
    environment: deviceEnvironment(listed, process.env),
  }
}

/** Of each device: another loads at another speed. */
function loadTimesOf(home: string, device: number) {
  return { file: join(cacheFolder(home), `load-times-${device}.json`), now: () => performance.now() }
}

interface StartedDevice extends HostDevice {
  /** As the engine calls it. */
  readonly started: string
}

/** What does not start is said before anybody is promised a slot. */
async function startDevices(
  slots: ReturnType<typeof openDevices>,
  listed: readonly ListedDevice[],
  tell: (sentence: string) => void,
): Promise<readonly StartedDevice[]> {
  const cards = await listCards()
  const devices: StartedDevice[] = []
  for (const [index, slot] of slots.entries()) {
    const { name, notes } = await slot.pool.device()
    for (const note of notes) tell(note)
    const card = name === 'cpu' ? undefined : cards[listed[index]!.card ?? 0]
    const called = [listed[index]!.device === 'auto' ? name : slot.name, card?.name].filter((part) => part !== undefined).join(' ')
    const memoryBytes = card?.memoryBytes ?? (name === 'cpu' ? totalmem() : undefined)
    devices.push({ ...slot, name: called, started: name, ...omitUndefined({ memoryBytes }) })
  }
  return devices
}

/** The model that ships, those that were pulled or put beside them, and those that are named. */
function installedIn({ home, checkpoint, motion }: Config): readonly string[] {
  const folder = modelFolder(home)
  mkdirSync(folder, { recursive: true })
  const pulled = readdirSync(folder).filter((name) => !/\.(json|part)$/.test(name))
  return [pocket, ...pulled.map((name) => join(folder, name)), checkpoint, motion].filter((path) => path !== undefined)
}

async function openHealth(
  { health }: Config,
  host: GpuHost,
  metrics: ReturnType<typeof createHostMetrics>,
  tell: (sentence: string) => void,
  open: (() => Promise<void>)[],
): Promise<void> {
  try {
    const troubles = () => (host.state() === 'up' ? [] : [`the host is ${host.state()}`])
    const served = await serveHealth({ ...health, metrics, troubles })
    open.push(served.close)
    tell(`Health and metrics: ${served.address}/metrics`)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    tell(error.message)
  }
}

/** With the ids under which the bot logs the same. */
function aboutEvent(event: HostEvent) {
  if (event.kind === 'lock-lost') return { run: event.run }
  const { run } = event.order
  const about = { run, job: jobOfRun(run), device: event.device }
  return event.kind === 'ended' ? { ...about, outcome: event.outcome.kind } : about
}

// The composition root of the bot: store, journal, rate limiter, render pool, styles, scheduler, chat, health. Stopped in reverse.

import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { commands } from '../../commands/index.ts'
import description from '../../package.json' with { type: 'json' }
import { createChat } from '../chat/chat.ts'
import { noGpuHosts } from '../chat/contract/gpu-hosts.ts'
import type { Config } from '../config.ts'
import { UserError } from '../errors.ts'
import { type Health, serveHealth } from '../health.ts'
import { hasEnded } from '../jobs/job.ts'
import { type Journal, openJournal } from '../jobs/journal/journal.ts'
import { deleteOrphanedBlobs } from '../jobs/journal/orphaned-blobs.ts'
import { createRateLimiter } from '../jobs/limits/rate-limiter.ts'
import type { JobRenderer } from '../jobs/renderer.ts'
import { createScheduler, type KeptQuota } from '../jobs/scheduler.ts'
import type { Log } from '../log.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { cacheFolder, pocket } from '../paths.ts'
import { createJobRenderer } from '../render/job-renderer.ts'
import { withLoadingProgress } from '../render/loading-progress.ts'
import { watchPool } from '../render/training/pool-activity.ts'
import { migrateStore } from '../store/migrate-store.ts'
import { openStore, type StoreOptions } from '../store/store.ts'
import { isStylePicture } from '../styles/catalog/style-pictures.ts'
import type { Download } from '../styles/download/download.ts'
import { systemClock } from '../system-clock.ts'
import { openTracing } from '../tracing.ts'
import { gpuHostsOf } from './gpu-hosts.ts'
import { openHome } from './home-folder.ts'
import { recordJob } from './monitoring/job-traces.ts'
import { logJobs } from './monitoring/log-jobs.ts'
import { createMetrics } from './monitoring/metrics.ts'
import { createReadiness } from './monitoring/readiness.ts'
import { openPool } from './open-pool.ts'
import { openStyles } from './open-styles.ts'
import { openTrainer } from './open-trainer.ts'
import { createExampleLoops } from './page/example-loops.ts'
import { type PlatformMaker, platformsOf } from './platforms.ts'
import { usualRequest, warmUp } from './warm-up.ts'

export interface Bot {
  /** Whether something can be drawn, once that is known. People are answered from the start. */
  readonly ready: Promise<boolean>
  stop(): Promise<void>
}

/**
 * @param tell a sentence for the operator: addresses, and how to mend what is off
 * @param platforms what people reach it by, in this process and without a port; what is configured otherwise
 * @param download of files that people name or attach; from the hosts that are allowed otherwise
 * @throws UserError where the bot cannot be started at all; what was opened is closed again
 */
export async function startBot(
  config: Config,
  log: Log,
  tell: (sentence: string) => void,
  platforms?: PlatformMaker,
  download?: Download,
): Promise<Bot> {
  const open: (() => Promise<void> | void)[] = []
  const stop = async (): Promise<void> => {
    for (const close of open.splice(0).reverse()) {
      try {
        await close()
      } catch (error) {
        log.error({ err: error }, 'something could not be closed')
      }
    }
  }
  try {
    const { ready } = await assemble(config, log, tell, { platforms, download }, (close) => void open.push(close))
    return { ready, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function assemble(
  config: Config,
  log: Log,
  tell: (sentence: string) => void,
  { platforms: withoutPort, download }: { readonly platforms: PlatformMaker | undefined; readonly download: Download | undefined },
  closing: (close: () => Promise<void> | void) => void,
): Promise<Pick<Bot, 'ready'>> {
  const { home, limits, redisUrl, retentionDays } = config
  openHome(home)
  const trouble = (what: string) => (error: unknown) => log.error({ err: error }, what)
  const redis = omitUndefined({ redisUrl })
  const journal = openJournal(join(home, 'journal.sqlite'))
  closing(() => journal.close())
  // From here on no other bot uses this home.
  const inStore: StoreOptions = { folder: join(home, 'store'), ...redis, onError: trouble('the store is in trouble') }
  const moved = await migrateStore(inStore)
  if (moved > 0) tell(`${moved} records were moved from this folder into Redis: see that it writes them down (appendonly yes).`)
  const store = await openStore(inStore)
  closing(() => store.close())
  const rateLimiter = createRateLimiter({ limits, ...redis, onError: trouble('the rate limiter is in trouble') })
  closing(() => rateLimiter.close())

  const metrics = createMetrics()
  const tracing = await openTracing({
    endpoint: config.traces,
    service: 'zoetrope-bot',
    version: description.version,
    onError: trouble('traces cannot be sent'),
  })
  closing(() => tracing.close())
  const { pool: opened, remote } = await openPool(config, log, tell, metrics.run)
  // GPU hosts tell it themselves: they see what they load.
  const loadTimes = { file: join(cacheFolder(home), 'load-times.json'), now: () => performance.now() }
  const { pool, activity } = watchPool(remote ? opened : withLoadingProgress(opened, loadTimes))
  closing(() => pool.close())
  const learns = config.trainingDevice !== null || remote !== undefined
  const styles = await openStyles(config, { store, draw: pool.render, trainings: () => trainingsIn(journal), learns, download })
  const readiness = createReadiness({ check: () => warmUp(pool, styles, log, tell), clock: systemClock, tell, log })
  closing(() => readiness.stop())
  const jobRenderer = createJobRenderer({ recipeFor: styles.recipe, pool, blobs: store.blobs, now: () => performance.now() })
  const renderer: JobRenderer = {
    ...jobRenderer,
    check: (request) => readiness.guard(async () => jobRenderer.check?.(request)),
    render: (job, options) => readiness.guard(() => jobRenderer.render(job, options)),
  }
  const trainer = openTrainer(config, {
    ...{ styles: styles.taught, pool, drawings: renderer },
    hosts: remote?.trainings,
    activity: remote ? undefined : activity,
    onTrouble: trouble('a training is in trouble'),
  })
  const scheduler = createScheduler({
    journal,
    rateLimiter,
    renderer,
    ...omitUndefined({ trainer }),
    limits,
    clock: systemClock,
    newId,
    // Where others render, it is not the render that has ended this process.
    ...(remote && { maxAttempts: 10 }),
    onError: (error, job) => log.error(omitUndefined({ err: error, job: job?.id }), 'a job is in trouble'),
  })
  const gpuHosts = remote && gpuHostsOf(remote, async (style) => styles.recipe(await usualRequest(styles, style)))
  metrics.watch(scheduler, gpuHosts)
  closing(logJobs(scheduler, log))
  // What becomes of it is written down: nothing goes on with it.
  closing(
    scheduler.listen(({ kind, job }) => {
      const { training } = job.request
      if (kind === 'state' && hasEnded(job) && training && !trainingsIn(journal).has(training.id)) styles.taught.forget(training.id)
    }),
  )

  const chat = createChat({
    commands,
    scheduler,
    store,
    styles: { ...styles, model: (name) => readiness.guard(() => styles.model(name)) },
    styleAdminFor: styles.admin,
    gpuHosts,
    retentionDays,
    quotas: config.page.exposed ? [guestQuota(config.page)] : [],
    exampleLoop: createExampleLoops(join(dirname(pocket), 'examples')),
    async alsoDelete(nowMs) {
      styles.taught.sweep(trainingsIn(journal))
      await deleteOrphanedBlobs({ blobs: store.blobs, journal, shownElsewhere: isStylePicture, nowMs })
    },
    limits,
    clock: systemClock,
    log,
    observer: {
      ...metrics.observer,
      ended(job, nowMs) {
        metrics.observer.ended(job, nowMs)
        recordJob(tracing, job, nowMs)
      },
    },
    platforms:
      withoutPort ?? (await platformsOf(config, { scheduler, styles, blobs: store.blobs, gpuHosts: gpuHosts ?? noGpuHosts }, log, tell)),
  })
  const troubles = () =>
    [scheduler.trouble(), remote ? remote.trouble() : readiness.trouble(), ...chat.platforms.map((platform) => platform.trouble())].filter(
      (one) => one !== undefined,
    )
  const health = withoutPort ? undefined : await healthOf(config, metrics, troubles, tell)
  if (health) closing(() => health.close())
  closing(() => chat.stop())
  if ((await chat.start(tell)) === 0) throw new UserError('no-platform', 'Nobody can reach the bot: every platform is off.')
  // Hosts come and go: a bot without one takes requests on for the next.
  return { ready: remote ? Promise.resolve(true) : readiness.known }
}

/** Records without an animation are small, and counted as well. */
function guestQuota({ keptBytes: { guest, all } }: Config['page']): KeptQuota {
  return { platform: 'web', person: { jobs: 2000, bytes: guest }, all: { jobs: 100_000, bytes: all } }
}

/** That wait or run. */
function trainingsIn(journal: Pick<Journal, 'live'>): ReadonlySet<string> {
  return new Set(journal.live().flatMap(({ request }) => request.training?.id ?? []))
}

/** A port that is taken keeps machines from asking, not people. */
async function healthOf(
  { health: where }: Config,
  metrics: ReturnType<typeof createMetrics>,
  troubles: () => readonly string[],
  tell: (sentence: string) => void,
): Promise<Health | undefined> {
  try {
    const health = await serveHealth({ ...where, metrics, troubles })
    tell(`Health and metrics: ${health.address}/metrics`)
    return health
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    tell(error.message)
    return undefined
  }
}

function newId(): string {
  return randomBytes(8).readBigUInt64LE().toString(36).padStart(13, '0').slice(-10)
}

// A scheduler: which job runs next, and what became of it. Journal, rate limiter, queue and renderer meet here; neither chat nor
// GPU is known.

import type { Clock } from '../clock.ts'
import { omitUndefined } from '../omit-undefined.ts'
import type { Json } from '../store/json.ts'
import { cancelled, expired, unwritten } from './end-reasons.ts'
import { createFairQueue, type FairQueue } from './fair-queue/fair-queue.ts'
import { createEstimate } from './forecast/estimate.ts'
import { createForecastCache } from './forecast/forecast-cache.ts'
import { type Ask, begin, costOf, end, handBack, type Job, newJob, type Outcome, type Owner, type Reason, type Result } from './job.ts'
import type { JobPage } from './journal/job-page.ts'
import type { EndedQuery, JobPageQuery, Journal, JournalValue, KeptQuota } from './journal/journal.ts'
import { createLanes, type Lane, laneOf, trainingAttempts } from './lane.ts'
import { type Limits, mayRun, tooManyTrainings } from './limits/limits.ts'
import type { RateLimiter } from './limits/rate-limiter.ts'
import { type JobRenderer, SchedulerStops } from './renderer.ts'
import { createActiveRenders } from './renders/active-renders.ts'
import type { AnimationRequest } from './request.ts'
import { createAdmission } from './scheduler/admission.ts'
import { createDispatcher } from './scheduler/dispatcher.ts'
import { createEventEmitter } from './scheduler/event-emitter.ts'
import { createExpiry } from './scheduler/expiry.ts'
import { createJobChanges, type JobEvent } from './scheduler/job-changes.ts'
import { createJobPositions, type JobPosition } from './scheduler/job-positions.ts'
import { createJobRuns } from './scheduler/job-runs.ts'
import { createLifecycle } from './scheduler/lifecycle.ts'
import { createLiveJobs } from './scheduler/live-jobs.ts'
import { recoverJobs } from './scheduler/recovery.ts'

export type { JobPage } from './journal/job-page.ts'
export type { EndedQuery, JobPageQuery, KeptQuota } from './journal/journal.ts'
export type { JobEvent } from './scheduler/job-changes.ts'
export type { JobPosition } from './scheduler/job-positions.ts'

export interface Scheduler {
  /** Takes up what the journal holds and begins to run jobs. */
  start(): Promise<void>
  /** Begins nothing new; running jobs are aborted and wait again, for the next start. */
  stop(): Promise<void>
  /**
   * Written down before it returns: from here on the request has exactly one end.
   * @throws UserError too-many-waiting, too-often; starting, stopping; journal-failed; what the renderer's check throws
   */
  accept(ask: Ask, options?: { readonly limits?: Limits }): Promise<Job>
  /**
   * What was drawn already becomes a job of its own, which has ended: it waits for nothing and counts for nothing.
   * @param resultOf puts it away under the name of the new job
   * @throws UserError starting, stopping; journal-failed
   */
  record(ask: Ask, resultOf: (id: string) => Promise<Result>): Promise<Job>
  /** Waiting or running → cancelled, or what `outcome` says. Undefined where it has ended, is unknown, or cannot be changed just now. */
  cancel(id: string, outcome?: { readonly state: 'cancelled' | 'refused' | 'expired'; readonly reason: Reason }): Promise<Job | undefined>
  /** Also ended ones, until they are forgotten. */
  find(id: string): Job | undefined
  /** Of this person in every space of the platform; newest first. */
  jobsOf(owner: Owner, page: JobPageQuery): JobPage
  /** Ended ones of everybody, newest end first: what galleries show and what retention clears away. */
  ended(query: EndedQuery): JobPage
  standing(id: string): JobPosition | undefined
  /** Running ones first, then in the order of service. */
  standings(where?: Partial<Owner>): readonly JobPosition[]
  load(): { readonly waiting: number; readonly running: number }
  /** How long it would be drawn, in milliseconds; undefined where nothing has been measured. */
  expectedMs(request: AnimationRequest): number | undefined
  /** Looks at every job that has not ended. */
  loadByPlatform(): ReadonlyMap<string, { readonly waiting: number; readonly running: number }>
  /** Called in order, after each change was written down. Returns what takes the listener away. */
  listen(listener: (event: JobEvent) => void): () => void
  /** Ended jobs of which nobody has been told yet, oldest first. */
  untold(): readonly Job[]
  /** The end has been shown; `told` is kept with the job and comes with `find`. Written down before it returns. */
  told(id: string): Promise<void>
  /** What the chat keeps with a job: where its message is. Written down before it returns, though a power cut may undo it. */
  annotate(id: string, note: Json): Promise<void>
  noteOf(id: string): Json | undefined
  /** Ended ones of one platform that are more than is kept: the oldest of each person, and of all together. */
  beyond(quota: KeptQuota): readonly Job[]
  /** Removes ended jobs that were told. @returns the blobs that no job has any more, which are the caller's to remove: duplicates share theirs */
  forget(ids: readonly string[]): Promise<readonly string[]>
  /** Called when the journal can be written again: what was not written meanwhile may be tried again. Returns what takes the listener away. */
  onRecovery(listener: () => void): () => void
  /** Why nothing is taken on or begun just now; undefined while all is well. */
  trouble(): string | undefined
}

export interface SchedulerOptions {
  readonly journal: Journal
  readonly rateLimiter: Pick<RateLimiter, 'take'>
  readonly renderer: JobRenderer
  /** Of requests that teach a style; absent: there is none, and they are refused. */
  readonly trainer?: JobRenderer
  readonly limits: Limits
  readonly clock: Clock
  /** 1 to 25 of a-z and 0-9, never the same twice. */
  readonly newId: () => string
  /** Of drawings; empty. */
  readonly queue?: FairQueue
  /** A job that has waited this long without a beginning is given up. */
  readonly maxWaitMs?: number
  /** How often a job is begun before it is given up: the process dies in the middle of some renders. */
  readonly maxAttempts?: number
  /** Bugs, and what kept the journal from being written. */
  readonly onError?: (error: unknown, job?: Job) => void
}

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { journal, rateLimiter, renderer, limits, clock, newId, queue = createFairQueue() } = options
  const { maxWaitMs = 6 * 3_600_000, maxAttempts = 2, onError = () => undefined } = options
  let stopListening = () => {}
  const lanes = createLanes({ queue, limits, renderer, ...omitUndefined({ trainer: options.trainer }) })
  const laneFor = ({ request }: Pick<Job, 'request'>): Lane => lanes[laneOf(request)]
  const live = createLiveJobs(lanes)
  const estimate = createEstimate(journal.kept('estimate'))
  const events = createEventEmitter<JobEvent>(onError)
  const recoveries = createEventEmitter<'recovered'>(onError)
  const renders = createActiveRenders({
    rendererOf: (job) => laneFor(job).renderer,
    steadyMs: clock.steadyMs,
    onProgress: (id, progress) => events.emit({ kind: 'progress', job: live.get(id)!, progress }),
    onError,
  })
  const forecasts = createForecastCache({
    capacity: renderer.capacity,
    limits,
    togetherWith: live.togetherWith,
    nowMs: clock.steadyMs,
    queue,
    get: live.get,
    renders: () => renders,
    estimate,
  })
  const lifecycle = createLifecycle({
    clock,
    writeMark: () => journal.change([], written()),
    handBackRunning,
    beginAll,
    halt(error) {
      stopBeginning()
      void renders.abortAll(error)
    },
    onRecovered: () => recoveries.emit('recovered'),
    onError,
  })
  const { isOpen, checkOpen } = lifecycle
  const changes = createJobChanges({
    journal,
    queue,
    live,
    forecasts,
    events,
    onRefused: lifecycle.refuse,
    onUnwritable: lifecycle.breakDown,
  })
  const runs = createJobRuns({
    live,
    renders,
    changes,
    forecasts,
    estimate,
    clock,
    onSlotFree: dispatch,
  })
  const dispatchers = Object.values(lanes).map((lane) =>
    createDispatcher({
      isOpen,
      hasFreeSlot: () => [...renders].filter(({ lead }) => laneFor(lead) === lane).length < lane.renderer.capacity(),
      queue: lane.queue,
      mayRun: (entry) => mayRun(lane.limits, lane.jobCounts.at(entry)),
      begin: runs.begin,
    }),
  )
  const expiry = createExpiry({
    clock,
    maxWaitMs,
    jobs: live.all,
    giveUp: (late) => void changes.change(late.map((job) => end(job, expired(maxWaitMs), clock.nowMs()))),
    isOpen,
  })
  const admissions = {
    drawing: createAdmission({ ...lanes.drawing, rateLimiter, forecasts, live, checkOpen }),
    training: createAdmission({ ...lanes.training, rateLimiter, forecasts, live, checkOpen, tooMany: tooManyTrainings }),
  }
  const positions = createJobPositions({ live, lanes, forecasts, renders })

  function dispatch(): void {
    for (const dispatcher of dispatchers) dispatcher.dispatch()
  }

  function stopBeginning(): void {
    expiry.stop()
    stopListening()
  }

  /** As if it had not been begun: the fault was none of its own. */
  function handBackRunning(): boolean {
    if (!changes.change(runningOnes().map(handBack), written())) return false
    live.giveBackUnbegun()
    return true
  }

  const written = (): JournalValue => ({ name: 'written', value: clock.nowMs() })

  function runningOnes(): Job[] {
    return [...live.all()].filter(({ state }) => state === 'running')
  }

  async function start(): Promise<void> {
    lifecycle.open()
    if (!recoverJobs({ journal, queue, live, changes, maxAttempts: attemptsOf, nowMs: clock.nowMs() })) throw unwritten()
    beginAll()
  }

  /** A training goes on where it was: what has stopped the process so often need not be its fault. */
  function attemptsOf({ request }: Job): number {
    return laneOf(request) === 'training' ? trainingAttempts : maxAttempts
  }

  function beginAll(): void {
    const listening = Object.values(lanes).map((lane) =>
      lane.renderer.onCapacity(() => {
        forecasts.changed()
        dispatch()
      }),
    )
    stopListening = () => {
      for (const stop of listening) stop()
    }
    expiry.check()
    dispatch()
  }

  async function stop(): Promise<void> {
    const writable = lifecycle.isWritable()
    lifecycle.close()
    stopBeginning()
    if (writable) changes.change(runningOnes().map(handBack))
    await renders.abortAll(new SchedulerStops())
    await durable()
  }

  async function accept(ask: Ask, { limits: asked = limits }: { readonly limits?: Limits } = {}): Promise<Job> {
    // Whoever asks need not wait for the next try.
    lifecycle.recover()
    const lane = laneOf(ask.request)
    await lanes[lane].renderer.check?.(ask.request)
    await (lane === 'training' ? admissions.training.admit(ask) : admissions.drawing.admit(ask, asked))
    const job = newJob(ask, newId(), clock.nowMs())
    changes.add(job)
    // Undefined where somebody has cancelled it on hearing of it.
    const key = live.keyOf(job.id)
    if (key !== undefined && renders.join(job.id, key)) changes.change([begin(job, 1, clock.nowMs())])
    else {
      expiry.watch()
      dispatch()
    }
    await durable()
    return find(job.id) ?? job
  }

  async function record(ask: Ask, resultOf: (id: string) => Promise<Result>): Promise<Job> {
    lifecycle.recover()
    const id = newId()
    const result = await resultOf(id)
    checkOpen()
    const nowMs = clock.nowMs()
    const job = newJob(ask, id, nowMs)
    const ended = end(begin(job, 1, nowMs), { state: 'done', result }, nowMs)
    changes.add(job)
    if (!changes.change([ended])) throw unwritten()
    await durable()
    return ended
  }

  async function cancel(id: string, outcome: Outcome = cancelled): Promise<Job | undefined> {
    const job = live.get(id)
    if (!job || !lifecycle.isWritable()) return undefined
    const ended = end(job, outcome, clock.nowMs())
    renders.leave(id, `job ${id} was ${outcome.state}`)
    if (!changes.change([ended])) return undefined
    // It counted as running for its person and its space.
    dispatch()
    return ended
  }

  function find(id: string): Job | undefined {
    return live.get(id) ?? journal.find(id)
  }

  async function durable(): Promise<void> {
    await journal.durable().catch((error: unknown) => onError(error))
  }

  return {
    start,
    stop,
    accept,
    record,
    cancel,
    find,
    jobsOf: ({ platform, person }, page) => journal.list({ platform, person }, page),
    ended: journal.ended,
    standing: positions.of,
    standings: (where = {}) => positions.all(where),
    load: () => ({ waiting: live.countWaiting(), running: live.countRunning() }),
    expectedMs: (request) => estimate.msFor({ request, cost: costOf(request) }),
    loadByPlatform: live.countByPlatform,
    listen: events.listen,
    untold: journal.untold,
    async told(id) {
      journal.told(id)
      await durable()
    },
    annotate: async (id, note) => journal.annotate(id, note),
    noteOf: journal.noteOf,
    beyond: journal.beyond,
    forget: async (ids) => journal.forget(ids),
    onRecovery: recoveries.listen,
    trouble: lifecycle.trouble,
  }
}

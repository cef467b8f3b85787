// Which job runs next, and what became of it. Journal, gate and queue meet here; neither chat nor GPU is known.

import type { Clock } from '../clock.ts'
import { UserError } from '../errors.ts'
import type { Json } from '../store/json.ts'
import { createActiveRenders, type RenderOutcome } from './active-renders.ts'
import { cancelled, expired, gaveUp, unwritten } from './end-reasons.ts'
import { createEventEmitter } from './event-emitter.ts'
import { createFairQueue, type FairQueue, type QueueEntry } from './fair-queue/fair-queue.ts'
import { createEstimate } from './forecast/estimate.ts'
import { createForecastCache } from './forecast/forecast-cache.ts'
import { type Ask, begin, end, handBack, interrupt, type Job, newJob, type Outcome, type Owner, type Reason } from './job.ts'
import type { EndedQuery, JobPage, JobPageQuery, Journal, JournalValue } from './journal.ts'
import { createJobCounts, keyOf } from './limits/job-counts.ts'
import { checkWaiting, type Level, type Limits, mayRun } from './limits/limits.ts'
import type { Leave, RateLimiter } from './limits/rate-limiter.ts'
import { createLiveJobs } from './live-jobs.ts'
import type { JobRenderer, RenderProgress } from './renderer.ts'

export type { EndedQuery, JobPage, JobPageQuery } from './journal.ts'

export interface Scheduler {
  /** Takes up what the journal holds and begins to run jobs. */
  start(): Promise<void>
  /** Begins nothing new; running jobs are aborted and wait again, for the next start. */
  stop(): Promise<void>
  /**
   * Written down before it returns: from here on the request has exactly one end.
   * @throws UserError too-many-waiting, too-often; starting, stopping; journal-failed
   */
  accept(ask: Ask, options?: { readonly limits?: Limits }): Promise<Job>
  /** Waiting or running → cancelled, or what `outcome` says. Undefined where it has ended or is unknown. */
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
  /** Called in order, after each change was written down. Returns what takes the listener away. */
  listen(listener: (event: JobEvent) => void): () => void
  /** Ended jobs of which nobody has been told yet, oldest first. */
  untold(): readonly Job[]
  /** The end has been shown; `told` is kept with the job and comes with `find`. Written down before it returns. */
  told(id: string): Promise<void>
  /** What the chat keeps with a job: where its message is. Written down before it returns, though a power cut may undo it. */
  annotate(id: string, note: Json): Promise<void>
  noteOf(id: string): Json | undefined
  /** Removes ended jobs that were told. @returns the blobs that no job has any more, which are the caller's to remove: duplicates share theirs */
  forget(ids: readonly string[]): Promise<readonly string[]>
  /** Why nothing is taken on or begun any more; undefined while all is well. */
  trouble(): string | undefined
}

export interface JobPosition {
  readonly job: Job
  /** How many run before it; undefined while it runs. */
  readonly ahead?: number
  /** Until it is finished; undefined where nothing has been measured. */
  readonly leftMs?: number
}

export type JobEvent =
  /** Accepted, begun, handed back or ended. */
  | { readonly kind: 'state'; readonly job: Job }
  /** Only of running jobs; nothing is written down for it. */
  | { readonly kind: 'progress'; readonly job: Job; readonly progress: RenderProgress }

export interface SchedulerOptions {
  readonly journal: Journal
  readonly rateLimiter: Pick<RateLimiter, 'shared' | 'take' | 'enter'>
  readonly renderer: JobRenderer
  readonly limits: Limits
  readonly clock: Clock
  /** 1 to 25 of a-z and 0-9, never the same twice. */
  readonly newId: () => string
  /** Empty. */
  readonly queue?: FairQueue
  /** A job that has waited this long without a beginning is given up. */
  readonly maxWaitMs?: number
  /** How often a job is begun before it is given up: the process dies in the middle of some drawings. */
  readonly maxAttempts?: number
  /** Bugs, and what kept the journal from being written. */
  readonly onError?: (error: unknown, job?: Job) => void
}

/** Between two tries to begin what the other processes on a shared gate left no room for. */
const gateRetryMs = 1000
/** What somebody who is refused is told to wait where nothing has been measured yet. */
const unmeasuredWaitMs = 60_000
/** Timers cannot be set for longer than 24 days; a look now and then costs nothing. */
const longestTimerMs = 3_600_000

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { journal, rateLimiter, renderer, limits, clock, newId, queue = createFairQueue() } = options
  const { maxWaitMs = 6 * 3_600_000, maxAttempts = 2, onError = () => undefined } = options
  const jobCounts = createJobCounts()
  const live = createLiveJobs(queue, jobCounts)
  const estimate = createEstimate(journal.kept('estimate'))
  const events = createEventEmitter<JobEvent>(onError)
  const renders = createActiveRenders({
    renderer,
    nowMs: clock.nowMs,
    onProgress: (id, progress) => events.say({ kind: 'progress', job: live.get(id)!, progress }),
    onError,
  })
  const forecasts = createForecastCache({
    slots: renderer.slots,
    limits,
    togetherWith: live.togetherWith,
    nowMs: clock.nowMs,
    queue,
    get: live.get,
    renders: () => renders,
    estimate,
  })
  /** People for whom the shared gate had no room just now. */
  const turnedAway = new Set<string>()
  let phase: 'new' | 'open' | 'stopped' | 'broken' = 'new'
  let filling = false
  let callOffExpiry: (() => void) | undefined
  let callOffRetry: (() => void) | undefined

  /** The one way in which a job changes: written down, then so, then said. False where it could not be written. */
  function change(changed: readonly Job[], kept?: JournalValue): boolean {
    if (changed.length === 0) return true
    try {
      journal.change(changed, kept)
    } catch (error) {
      breakDown(error)
      return false
    }
    for (const job of changed) live.put(job)
    forecasts.changed()
    for (const job of changed) events.say({ kind: 'state', job })
    return true
  }

  /** What the journal cannot record must not go on: the next start takes up from what it holds. */
  function breakDown(error: unknown): void {
    phase = 'broken'
    callOffTimers()
    onError(error)
    void renders.abortAll(error)
  }

  async function start(): Promise<void> {
    if (phase !== 'new') throw new Error(`a scheduler starts once, and is ${phase}`)
    phase = 'open'
    const found = journal.live()
    const { running = [], waiting = [] } = Object.groupBy(found, ({ state }) => state)
    for (const job of running) live.put(job)
    const nowMs = clock.nowMs()
    if (!change(running.map((job) => (job.attempts < maxAttempts ? interrupt(job) : end(job, gaveUp(job), nowMs))))) throw unwritten()
    // What was begun once stands in front of what never was.
    const { true: begun = [], false: fresh = [] } = Object.groupBy(waiting, ({ startedMs }) => `${startedMs !== undefined}`)
    for (const job of [...begun, ...fresh]) live.put(job)
    expire()
    fill()
  }

  async function stop(): Promise<void> {
    if (phase === 'open' || phase === 'new') phase = 'stopped'
    callOffTimers()
    if (phase === 'stopped') change([...live.all()].filter(({ state }) => state === 'running').map(handBack))
    await renders.abortAll(new Error('the scheduler stops'))
    await durable()
  }

  async function accept(ask: Ask, { limits: asked = limits }: { readonly limits?: Limits } = {}): Promise<Job> {
    checkOpen()
    checkWaiting(asked, jobCounts.of(ask.owner), (level) => waitMs(level, ask.owner))
    // Counted while the gate is asked, so that many at once are not all let in.
    jobCounts.move(ask.owner, undefined, 'waiting')
    try {
      await rateLimiter.take(ask.owner, asked)
      checkOpen()
    } finally {
      jobCounts.move(ask.owner, 'waiting', undefined)
    }
    const job = newJob(ask, newId(), clock.nowMs())
    record(job)
    live.put(job)
    forecasts.changed()
    events.say({ kind: 'state', job })
    const key = live.keyOf(job.id)
    if (key !== undefined && renders.join(job.id, key)) change([begin(job, 1, clock.nowMs())])
    else {
      watchExpiry()
      fill()
    }
    await durable()
    return find(job.id) ?? job
  }

  function checkOpen(): void {
    if (phase === 'open') return
    if (phase === 'broken') throw unwritten()
    const doing = phase === 'new' ? 'starting' : 'stopping'
    throw new UserError(doing, `The bot is ${doing}: ask again in a minute.`)
  }

  function record(job: Job): void {
    try {
      journal.add(job)
    } catch (error) {
      onError(error, job)
      throw unwritten(error)
    }
  }

  /** Until one fewer waits on this level. */
  function waitMs(level: Level, owner: Owner): number {
    const key = keyOf(level, owner)
    const first = forecasts.order().find((id) => keyOf(level, live.get(id)!.owner) === key)
    return (first === undefined ? undefined : forecasts.ofWaiting(first)?.beginMs) ?? unmeasuredWaitMs
  }

  async function cancel(id: string, outcome: Outcome = cancelled): Promise<Job | undefined> {
    const job = live.get(id)
    if (!job || phase === 'broken') return undefined
    const ended = end(job, outcome, clock.nowMs())
    renders.leave(id, `job ${id} was ${outcome.state}`)
    if (!change([ended])) return undefined
    // It counted as running for its person and its space.
    fill()
    return ended
  }

  /** Begins what may run, until every slot is taken. */
  function fill(): void {
    if (rateLimiter.shared) {
      fillShared().catch((error: unknown) => onError(error))
      return
    }
    while (phase === 'open' && renders.size < renderer.slots) {
      const entry = queue.next(blocked)
      if (!entry) return
      draw(entry.id)
    }
  }

  /** As `fill`, where other processes must be asked before each. What comes meanwhile is seen, because each turn looks anew. */
  async function fillShared(): Promise<void> {
    if (filling) return
    filling = true
    try {
      while (phase === 'open' && renders.size < renderer.slots) {
        const entry = queue.peek(blocked)
        if (!entry) break
        const { owner } = live.get(entry.id)!
        const leave = await rateLimiter.enter(owner)
        if (!leave) turnAway(entry)
        else if (phase === 'open' && queue.peek(blocked)?.id === entry.id) draw(queue.next(blocked)!.id, leave)
        else leave()
      }
    } finally {
      filling = false
    }
  }

  function turnAway(entry: QueueEntry): void {
    turnedAway.add(laneOf(entry))
    callOffRetry ??= clock.after(gateRetryMs, () => {
      callOffRetry = undefined
      turnedAway.clear()
      fill()
    })
  }

  function blocked(entry: QueueEntry): boolean {
    return (turnedAway.size > 0 && turnedAway.has(laneOf(entry))) || !mayRun(limits, jobCounts.at(entry))
  }

  /** @param id of a job that the queue has given out; others that wait for the same are drawn with it */
  function draw(id: string, leave?: Leave): void {
    const startedMs = clock.nowMs()
    const key = live.keyOf(id)!
    const members = [...live.togetherWith(id)].map((other) => begin(live.get(other)!, live.get(other)!.attempts + 1, startedMs))
    const lead = members.find((job) => job.id === id)!
    // Before it is said, so that who cancels it on hearing of it aborts it.
    const render = renders.add(
      lead,
      key,
      members.map((job) => job.id),
      startedMs,
    )
    if (change(members)) renders.run(render, (ending) => conclude(lead, render.ids, ending, leave))
    else leave?.()
  }

  /** @param ids who waited for it to the end */
  function conclude(lead: Job, ids: ReadonlySet<string>, { outcome, drawMs }: RenderOutcome, leave: Leave | undefined): void {
    forecasts.changed()
    leave?.()
    if (ids.size > 0) {
      if (drawMs !== undefined) estimate.learn(lead, drawMs)
      const endedMs = clock.nowMs()
      const ended = [...ids].map((id) => end(live.get(id)!, outcome, endedMs))
      change(ended, { name: 'estimate', value: estimate.save() })
    }
    turnedAway.clear()
    fill()
  }

  function expire(): void {
    const beforeMs = clock.nowMs() - maxWaitMs
    const late = [...live.all()].filter(({ state, acceptedMs }) => state === 'waiting' && acceptedMs <= beforeMs)
    change(late.map((job) => end(job, expired(maxWaitMs), clock.nowMs())))
    watchExpiry()
  }

  /** One timer, for whoever has waited longest. */
  function watchExpiry(): void {
    if (callOffExpiry || phase !== 'open') return
    for (const { state, acceptedMs } of live.all()) {
      if (state !== 'waiting') continue
      const leftMs = acceptedMs + maxWaitMs - clock.nowMs()
      callOffExpiry = clock.after(Math.min(Math.max(0, leftMs), longestTimerMs), () => {
        callOffExpiry = undefined
        if (phase === 'open') expire()
      })
      return
    }
  }

  function callOffTimers(): void {
    callOffExpiry?.()
    callOffRetry?.()
    callOffExpiry = callOffRetry = undefined
  }

  function find(id: string): Job | undefined {
    return live.get(id) ?? journal.find(id)
  }

  function standing(id: string): JobPosition | undefined {
    const job = live.get(id)
    if (!job) return undefined
    if (job.state === 'waiting') {
      const { ahead, leftMs } = forecasts.ofWaiting(id)!
      return { job, ahead, ...(leftMs !== undefined && { leftMs }) }
    }
    const render = renders.of(id)
    const leftMs = render && forecasts.ofRunning(render)
    return { job, ...(leftMs !== undefined && { leftMs }) }
  }

  function standings(where: Partial<Owner> = {}): readonly JobPosition[] {
    const running = [...live.all()].filter(({ state }) => state === 'running').map(({ id }) => id)
    const served = new Set([...running, ...forecasts.order(), ...queue.order().map(({ id }) => id)])
    return [...served].filter((id) => isOf(live.get(id)!.owner, where)).map((id) => standing(id)!)
  }

  async function durable(): Promise<void> {
    await journal.durable().catch((error: unknown) => onError(error))
  }

  return {
    start,
    stop,
    accept,
    cancel,
    find,
    jobsOf: ({ platform, person }, page) => journal.list({ platform, person }, page),
    ended: journal.ended,
    standing,
    standings,
    load: () => ({ waiting: live.countWaiting(), running: live.countRunning() }),
    listen: events.listen,
    untold: journal.untold,
    async told(id) {
      journal.told(id)
      await durable()
    },
    annotate: async (id, note) => journal.annotate(id, note),
    noteOf: journal.noteOf,
    forget: async (ids) => journal.forget(ids),
    trouble: () => (phase === 'broken' ? 'the journal cannot be written' : undefined),
  }
}

function laneOf({ space, person }: QueueEntry): string {
  return `${space} ${person}`
}

function isOf(owner: Owner, where: Partial<Owner>): boolean {
  return (['platform', 'space', 'person'] as const).every((name) => where[name] === undefined || where[name] === owner[name])
}

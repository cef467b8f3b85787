// A load simulation: many users at once against scheduler, journal, rate limiter and queue, or against the whole chat before them, with
// GPUs that answer after a simulated time. What `bench-load` reports on.

import type { Clock } from '../../clock.ts'
import { hasEnded } from '../../jobs/job.ts'
import { openJournal } from '../../jobs/journal/journal.ts'
import type { Limits, Rate } from '../../jobs/limits/limits.ts'
import { createRateLimiter } from '../../jobs/limits/rate-limiter.ts'
import { createScheduler, type Scheduler } from '../../jobs/scheduler.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { createEndCounts, type LoadReport, type ServedShares } from './load-report.ts'
import { type LoadTarget, type OpenLoadTarget, openSchedulerTarget } from './load-target.ts'
import { createSimulatedGpu } from './simulated-gpu.ts'
import { createRandom, createUserSession, outstanding, simulatedUsers } from './simulated-users.ts'

export interface LoadSimulationOptions {
  readonly users: number
  readonly spaces: number
  /** In all; the same number for each user. */
  readonly requests: number
  /** How many jobs the simulated GPUs render at once. */
  readonly slots: number
  /** How long all jobs together would take them, one after the other in each slot. */
  readonly drawMs: number
  /** Of the journal. */
  readonly path: string
  readonly clock: Clock
  /** How often one user may ask; more than any does here. */
  readonly rate?: Rate
  /** Straight to the scheduler where absent. */
  readonly openTarget?: OpenLoadTarget
  /** Called at each quarter. */
  readonly onQuarter?: (quarter: number) => void
}

export async function simulateLoad(options: LoadSimulationOptions): Promise<LoadReport> {
  const { spaces, slots, drawMs, path, clock, rate, openTarget = openSchedulerTarget, onQuarter } = options
  const each = Math.floor(options.requests / options.users)
  const total = each * options.users
  const limits: Limits = {
    person: { waiting: outstanding, running: 1, ...omitUndefined({ rate }) },
    space: rate ? { rate: { ...rate, jobs: rate.jobs * options.users } } : {},
    all: {},
  }
  const random = createRandom(1)
  const users = simulatedUsers(options.users, spaces, each, random)
  const sessions = new Map(users.map((user) => [user.owner.person, createUserSession(user)]))
  const wait = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve))

  // Nothing is rendered before everybody is there, so that all have asked for the same time when shares are compared.
  const everybody = Promise.withResolvers<void>()
  const everything = Promise.withResolvers<void>()
  let target: LoadTarget | undefined
  const journal = openJournal(path)
  const rateLimiter = createRateLimiter({ limits })
  const keep = (blob: string) => target!.keep(blob)
  let ids = 0
  const scheduler = createScheduler({
    journal,
    rateLimiter,
    renderer: createSimulatedGpu({ slots, jobs: total, drawMs, start: everybody.promise, wait, keep }),
    limits,
    newId: () => `j${ids++}`,
    clock,
    onError: (error) => {
      throw error
    },
  })

  const counts = createEndCounts(users.map(({ owner }) => owner))
  scheduler.listen(({ kind, job }) => {
    if (kind === 'state' && job.state === 'waiting' && ids === users.length * Math.min(outstanding, each)) everybody.resolve()
    if (kind === 'progress' || !hasEnded(job)) return
    const quarter = (4 * counts.count(job)) / total
    sessions.get(job.owner.person)!.freed()
    target!.ended(job)
    if (Number.isInteger(quarter)) onQuarter?.(quarter)
    if (quarter === 4) everything.resolve()
  })

  const acceptMs: number[] = []
  let served: ServedShares | undefined
  let looks = 0
  async function simulateUser({ owner, arrival }: (typeof users)[number]): Promise<void> {
    await wait((arrival * drawMs) / 3)
    await sessions.get(owner.person)!.run(async (request) => {
      acceptMs.push(await target!.ask(owner, request))
      looks++
    })
    served ??= counts.served()
  }

  /** Some look at their position, ten times a second. */
  let most = { waiting: 0, running: 0 }
  async function look(): Promise<void> {
    while (counts.jobs() < total) {
      await wait(100)
      most = largest(most, scheduler.load())
      for (let n = 0; n < 20; n++) if (scheduler.standing(`j${Math.floor(random() * ids)}`)) looks++
    }
  }

  target = await openTarget({ scheduler, limits, clock })
  const { wallMs, cpuMs } = await measured(async () => {
    await Promise.all([look(), ...users.map(simulateUser), everything.promise])
    await target.quiet()
  })
  await target.close()
  await rateLimiter.close()
  journal.close()
  const { byState: ended } = counts
  return { acceptMs: acceptMs.sort((a, b) => a - b), ended, endedTwice: counts.twice(), served: served!, looks, most, wallMs, cpuMs }
}

type Load = ReturnType<Scheduler['load']>

const largest = (a: Load, b: Load): Load => ({ waiting: Math.max(a.waiting, b.waiting), running: Math.max(a.running, b.running) })

async function measured(work: () => Promise<void>): Promise<Pick<LoadReport, 'wallMs' | 'cpuMs'>> {
  const beganMs = performance.now()
  const cpu = process.cpuUsage()
  const threadCpu = process.threadCpuUsage()
  await work()
  const wallMs = performance.now() - beganMs
  return { wallMs, cpuMs: { thisThread: inMs(process.threadCpuUsage(threadCpu)), allThreads: inMs(process.cpuUsage(cpu)) } }
}

const inMs = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000

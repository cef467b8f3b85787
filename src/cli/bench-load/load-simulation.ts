// Many people at once against scheduler, journal, gate and queue, or against the whole chat before them, with a GPU that answers after a
// simulated time: what `bench-load` reports on. People ask again as soon as they may, so that there is always more to draw than can be drawn.

import type { Clock } from '../../clock.ts'
import { costOf, hasEnded, type Job, type Owner, spaceOf } from '../../jobs/job.ts'
import { openJournal } from '../../jobs/journal.ts'
import type { Limits, Rate } from '../../jobs/limits/limits.ts'
import { createRateLimiter } from '../../jobs/limits/rate-limiter.ts'
import type { JobRenderer } from '../../jobs/renderer.ts'
import type { AnimationRequest } from '../../jobs/request.ts'
import { createScheduler, type Scheduler } from '../../jobs/scheduler.ts'
import type { Json } from '../../store/json.ts'

/** How people reach the scheduler. */
export interface LoadTarget {
  /** @returns after how many milliseconds it was acknowledged; resolves when everything about it has been said */
  ask(owner: Owner, request: AnimationRequest): Promise<number>
  /** Keeps what was drawn, under this name. */
  keep(blob: string): Promise<void>
  /** Somebody's request has ended. */
  ended(job: Job): void
  /** Resolves when every end has been told. */
  quiet(): Promise<void>
  close(): Promise<void>
}

export type OpenLoadTarget = (parts: {
  readonly scheduler: Scheduler
  readonly limits: Limits
  readonly clock: Clock
}) => Promise<LoadTarget>

export interface LoadSimulationOptions {
  readonly people: number
  readonly spaces: number
  /** In all; the same number for each person. */
  readonly requests: number
  /** How many drawings the simulated GPUs make at once. */
  readonly slots: number
  /** How long all drawings together would take them, one after the other in each slot. */
  readonly drawMs: number
  /** Of the journal. */
  readonly path: string
  readonly clock: Clock
  /** How often one person may ask; more than anybody does here. */
  readonly rate?: Rate
  /** Straight to the scheduler where absent. */
  readonly openDoor?: OpenLoadTarget
  /** Called at each quarter. */
  readonly onQuarter?: (quarter: number) => void
}

export interface LoadReport {
  /** One for each request, rising. */
  readonly acceptMs: readonly number[]
  readonly ended: ReadonlyMap<Job['state'], number>
  /** Jobs with more than one end; none, if all is well. */
  readonly endedTwice: number
  /** Cost served to each person, and to each space, when the first person had nothing more to ask. */
  readonly served: { readonly people: readonly number[]; readonly spaces: readonly number[] }
  /** How often places and times were asked for. */
  readonly looks: number
  readonly most: { readonly waiting: number; readonly running: number }
  readonly wallMs: number
  /** Players and simulated GPUs included. All threads are those that wait for the disk and collect garbage, too. */
  readonly cpuMs: { readonly thisThread: number; readonly allThreads: number }
}

/** Of one person at a time, waiting or running: more than the GPUs can take up. */
const outstanding = 5
/** Small to large, in equal numbers for everybody, in an order of each person's own. */
const sizes = [
  { width: 256, height: 256, frames: 8, steps: 12 },
  { width: 256, height: 256, frames: 16, steps: 25 },
  { width: 512, height: 384, frames: 16, steps: 12 },
  { width: 512, height: 512, frames: 16, steps: 20 },
] as const

export async function simulateLoad({
  people,
  spaces,
  requests,
  slots,
  drawMs,
  path,
  clock,
  rate,
  openDoor = toScheduler,
  onQuarter,
}: LoadSimulationOptions): Promise<LoadReport> {
  const each = Math.floor(requests / people)
  const total = each * people
  const limits: Limits = {
    person: { waiting: outstanding, running: 1, ...(rate && { rate }) },
    space: rate ? { rate: { ...rate, jobs: rate.jobs * people } } : {},
    all: {},
  }
  const journal = openJournal(path)
  const rateLimiter = createRateLimiter({ limits })
  const random = randomFrom(1)
  const arriveMs = drawMs / 3
  const wait = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve))
  const meanCost = sizes.reduce((sum, size) => sum + costOf(requestOf(size, 0, 0)), 0) / sizes.length
  const msPerCost = (drawMs * slots) / (total * meanCost)

  // Nothing is drawn before everybody is there, so that all have asked for the same time when shares are compared.
  const everybody = Promise.withResolvers<void>()
  const everything = Promise.withResolvers<void>()
  const renderer: JobRenderer = {
    slots,
    async draw(job, { onProgress }) {
      await everybody.promise
      const takesMs = job.cost * msPerCost
      onProgress({ stage: 'denoising', step: 1, of: job.request.steps })
      await wait(takesMs)
      const blob = `${job.id}.webp`
      await door.keep(blob)
      return { result: { blob, details: detailsOf(job) }, drawMs: takesMs }
    },
  }
  let ids = 0
  const scheduler = createScheduler({
    journal,
    rateLimiter,
    renderer,
    limits,
    newId: () => `j${ids++}`,
    clock,
    onError: (error) => {
      throw error
    },
  })

  const owners = Array.from({ length: people }, (_, n): Owner => ({ platform: 'bench', space: `s${n % spaces}`, person: `p${n}` }))
  const served = new Map<string, number>(owners.map(({ person }) => [person, 0]))
  const ends = new Map<string, number>()
  const ended = new Map<Job['state'], number>()
  const free = new Map<string, () => void>()
  const acceptMs: number[] = []
  let final: LoadReport['served'] | undefined
  let most = { waiting: 0, running: 0 }
  let looks = 0

  scheduler.listen(({ kind, job }) => {
    if (kind === 'state' && job.state === 'waiting' && ids === people * Math.min(outstanding, each)) everybody.resolve()
    if (kind === 'progress' || !hasEnded(job)) return
    served.set(job.owner.person, served.get(job.owner.person)! + job.cost)
    ends.set(job.id, (ends.get(job.id) ?? 0) + 1)
    ended.set(job.state, (ended.get(job.state) ?? 0) + 1)
    free.get(job.owner.person)?.()
    door.ended(job)
    const quarter = (4 * ends.size) / total
    if (Number.isInteger(quarter)) onQuarter?.(quarter)
    if (quarter === 4) everything.resolve()
  })

  /** Asks, is shown the place, and asks again when there is room. */
  async function live(owner: Owner): Promise<void> {
    const order = shuffled(
      Array.from({ length: each }, (_, n) => sizes[n % sizes.length]!),
      random,
    )
    let open = 0
    let room = Promise.withResolvers<void>()
    free.set(owner.person, () => {
      open--
      room.resolve()
    })
    await wait(random() * arriveMs)
    for (const [n, size] of order.entries()) {
      while (open >= outstanding) {
        room = Promise.withResolvers()
        await room.promise
      }
      open++
      const request = requestOf(size, owners.indexOf(owner), n)
      acceptMs.push(await door.ask(owner, request))
      looks++
    }
    final ??= { people: [...served.values()], spaces: bySpace(owners, served) }
  }

  /** Some who look at their place, ten times a second. */
  async function look(): Promise<void> {
    while (ends.size < total) {
      await wait(100)
      most = { waiting: Math.max(most.waiting, scheduler.load().waiting), running: Math.max(most.running, scheduler.load().running) }
      for (let n = 0; n < 20; n++) if (scheduler.standing(`j${Math.floor(random() * ids)}`)) looks++
    }
  }

  const door = await openDoor({ scheduler, limits, clock })
  const beganMs = performance.now()
  const [cpu, threadCpu] = [process.cpuUsage(), process.threadCpuUsage()]
  await Promise.all([look(), ...owners.map(live), everything.promise])
  await door.quiet()
  const wallMs = performance.now() - beganMs
  const cpuMs = { thisThread: inMs(process.threadCpuUsage(threadCpu)), allThreads: inMs(process.cpuUsage(cpu)) }
  await door.close()
  await rateLimiter.close()
  journal.close()
  return {
    acceptMs: acceptMs.sort((a, b) => a - b),
    ended,
    endedTwice: [...ends.values()].filter((times) => times > 1).length,
    served: final!,
    looks,
    most,
    wallMs,
    cpuMs,
  }
}

/** As the chat does it: asks, looks up the place, keeps where the message is; tells the end. */
const toScheduler: OpenLoadTarget = async ({ scheduler }) => {
  await scheduler.start()
  const tellings: Promise<void>[] = []
  return {
    async ask(owner, request) {
      const beganMs = performance.now()
      const { id } = await scheduler.accept({ request, owner, address: { channel: owner.space } })
      const ms = performance.now() - beganMs
      scheduler.standing(id)
      await scheduler.annotate(id, { message: id })
      return ms
    },
    keep: async () => undefined,
    ended: ({ id }) => void tellings.push(scheduler.told(id)),
    quiet: async () => void (await Promise.all(tellings)),
    close: () => scheduler.stop(),
  }
}

const detailsOf = ({ request: { format, width, height, frames, fps } }: Job): Json => ({
  format,
  width,
  height,
  frames,
  fps,
  bytes: 0,
  notes: [],
})

function inMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000
}

/** R. Jain, D. Chiu, W. Hawe, A Quantitative Measure of Fairness, 1984: 1 where all have the same, 1/n where one has all. */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((a, b) => a + b, 0)
  return sum ** 2 / (shares.length * shares.reduce((a, b) => a + b * b, 0))
}

/** @param rising sorted */
export function percentile(rising: readonly number[], share: number): number {
  return rising[Math.min(rising.length - 1, Math.floor(rising.length * share))]!
}

function requestOf(size: (typeof sizes)[number], person: number, n: number): AnimationRequest {
  const words = 'a red ball bouncing in a meadow while the sun goes down behind far blue hills'
  return { ...size, prompt: words, negative: 'text', fps: 8, guidance: 7.5, seed: `${person * 1000 + n}`, clipSkip: 1, format: 'webp' }
}

function bySpace(owners: readonly Owner[], served: ReadonlyMap<string, number>): number[] {
  const groups = Map.groupBy(owners, spaceOf)
  return [...groups.values()].map((people) => people.reduce((sum, { person }) => sum + served.get(person)!, 0) / people.length)
}

function shuffled<T>(items: T[], random: () => number): T[] {
  for (let n = items.length - 1; n > 0; n--) {
    const other = Math.floor(random() * (n + 1))
    ;[items[n], items[other]] = [items[other]!, items[n]!]
  }
  return items
}

/** S. K. Park and K. W. Miller, 1988: the same people ask the same in each run. From 0 to 1. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

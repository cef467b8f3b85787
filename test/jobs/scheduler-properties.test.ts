// Property tests: what must hold whatever happens in whatever order. Scripts that fast-check invents are played on a clock moved by
// hand with a real journal; a death leaves the old scheduler behind, unable to write, as a killed process is.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { UserError } from '../../src/errors.ts'
import { createFairQueue } from '../../src/jobs/fair-queue/fair-queue.ts'
import { hasEnded, type Job, renderKey } from '../../src/jobs/job.ts'
import { type Journal, openJournal } from '../../src/jobs/journal/journal.ts'
import { createJobCounts } from '../../src/jobs/limits/job-counts.ts'
import { type Limits, mayRun } from '../../src/jobs/limits/limits.ts'
import { createRateLimiter } from '../../src/jobs/limits/rate-limiter.ts'
import type { JobRenderer } from '../../src/jobs/renderer.ts'
import { createScheduler, type Scheduler } from '../../src/jobs/scheduler.ts'
import { askOf, noLimits } from './asks.ts'
import { createManualClock, type ManualClock, settled } from './manual-clock.ts'
import { createManualRenderer, createPacedRenderer, type ManualRenderer } from './manual-renderer.ts'

interface Asked {
  readonly act: 'ask'
  readonly person: string
  readonly space: string
  readonly seed: string
  readonly frames: number
  readonly priority: number
}

type Step =
  | Asked
  | { readonly act: 'cancel' | 'finish' | 'refuse' | 'break'; readonly which: number }
  | { readonly act: 'die' | 'restart' }
  | { readonly act: 'pass'; readonly ms: number }
  | { readonly act: 'resize'; readonly slots: number }

const asked: fc.Arbitrary<Asked> = fc.record({
  act: fc.constant('ask' as const),
  person: fc.constantFrom('ann', 'bob', 'cid'),
  space: fc.constantFrom('one', 'two'),
  seed: fc.constantFrom('1', '2', '3', '4', '5', '6'),
  frames: fc.integer({ min: 1, max: 8 }),
  priority: fc.constantFrom(1, 1, 3),
})
const which = fc.nat(1000)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: asked },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('finish' as const), which }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('cancel' as const), which }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom('refuse' as const, 'break' as const), which }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom('die' as const, 'restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 4 * 3_600_000 }) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('resize' as const), slots: fc.integer({ min: 0, max: 4 }) }) },
)
const limitsArbitrary: fc.Arbitrary<Limits> = fc.constantFrom(
  noLimits,
  { ...noLimits, person: { running: 1 } },
  { person: { running: 1, waiting: 4 }, space: { running: 2 }, all: { waiting: 12 } },
)
/** In units of which one frame costs 64: sometimes several jobs a turn, sometimes several turns a job. */
const quantum = 200

/** What outlives a scheduler. */
interface Home {
  readonly journal: Journal
  readonly clock: ManualClock
  readonly ends: Map<string, number>
  /** That were reported, but for those that a step asks for. */
  readonly errors: string[]
  ids: number
}

/** Of a step that breaks a render, and of a journal whose process has died. */
const wanted = /^Error: (broken|written by the dead)$/

/** A journal that refuses to be written once its process has died. */
function mortalJournal(journal: Journal): { readonly journal: Journal; readonly die: () => void } {
  let dead = false
  const written = new Proxy(journal, {
    get(target, name: keyof Journal) {
      if (dead && (name === 'add' || name === 'change')) throw new Error('written by the dead')
      return target[name]
    },
  })
  return {
    journal: written,
    die: () => {
      dead = true
    },
  }
}

function newHome(): Home {
  return { journal: openJournal(':memory:'), clock: createManualClock(), ends: new Map(), errors: [], ids: 0 }
}

async function openIn(
  home: Home,
  renderer: JobRenderer,
  limits: Limits,
): Promise<{ readonly scheduler: Scheduler; readonly die: () => void }> {
  const { journal, die } = mortalJournal(home.journal)
  const scheduler = createScheduler({
    journal,
    rateLimiter: createRateLimiter({ limits: noLimits }),
    renderer,
    limits,
    clock: home.clock,
    newId: () => `j${home.ids++}`,
    queue: createFairQueue(quantum),
    onError: (error) => wanted.test(String(error)) || home.errors.push(String(error)),
  })
  scheduler.listen(({ kind, job }) => {
    if (kind !== 'state' || !hasEnded(job)) return
    home.ends.set(job.id, (home.ends.get(job.id) ?? 0) + 1)
    assert.deepEqual(home.journal.find(job.id), job)
  })
  await scheduler.start()
  return { scheduler, die }
}

async function ask(scheduler: Scheduler, { person, space, seed, frames, priority }: Asked): Promise<string | undefined> {
  try {
    const { id } = await scheduler.accept({ ...askOf(person, { space, seed, frames }), priority })
    return id
  } catch (error) {
    assert.ok(error instanceof UserError, `${error}`)
    return undefined
  }
}

test('every accepted job has exactly one end, whatever is asked, cancelled, finished, broken, resized, stopped or killed in between', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 50, size: 'max' }),
      fc.integer({ min: 1, max: 3 }),
      limitsArbitrary,
      async (steps, slots, limits) => {
        const home = newHome()
        const accepted = new Set<string>()
        let renderer = createManualRenderer(slots)
        let { scheduler, die } = await openIn(home, renderer, limits)
        const renew = async () => {
          renderer = createManualRenderer(renderer.capacity())
          ;({ scheduler, die } = await openIn(home, renderer, limits))
        }
        for (const step of steps) {
          const begun = renderer.begun.length
          const render = 'which' in step ? renderer.active[step.which % renderer.active.length] : undefined
          if (step.act === 'ask') {
            const id = await ask(scheduler, step)
            if (id !== undefined) accepted.add(id)
          } else if (step.act === 'cancel') {
            const standings = scheduler.standings()
            const { job } = standings[step.which % standings.length] ?? {}
            if (job) assert.equal((await scheduler.cancel(job.id))!.state, 'cancelled')
          } else if (step.act === 'finish') render?.finish()
          else if (step.act === 'refuse') render?.fail(new UserError('no', 'No.'))
          else if (step.act === 'break') render?.fail(new Error('broken'))
          else if (step.act === 'pass') await home.clock.advance(step.ms)
          else if (step.act === 'resize') renderer.setCapacity(step.slots)
          else if (step.act === 'restart') {
            await scheduler.stop()
            await renew()
          } else {
            die()
            await renew()
          }
          await settled()
          check(home, scheduler, renderer, limits)
          if (renderer.active.length > renderer.capacity()) assert.equal(renderer.begun.length, begun, 'begun beyond the capacity')
        }
        renderer.setCapacity(slots)
        while (renderer.active.length > 0) {
          renderer.active[0]!.finish()
          await settled()
        }
        assert.deepEqual(scheduler.load(), { waiting: 0, running: 0 })
        assert.deepEqual([...home.ends.keys()].sort(), [...accepted].sort())
        for (const [id, times] of home.ends) assert.equal(times, 1, `${id} ended ${times} times`)
        assert.deepEqual(home.journal.live(), [])
        for (const id of accepted) {
          const { state, result, reason } = home.journal.find(id)!
          assert.equal(result !== undefined, state === 'done')
          assert.equal(reason !== undefined, state !== 'done')
        }
        await scheduler.stop()
        home.journal.close()
        assert.deepEqual(home.errors, [])
      },
    ),
    { numRuns: 150 },
  )
})

/** A free slot waits for nobody who may run; nothing is rendered twice at a time; memory and journal tell the same. */
function check({ journal }: Home, scheduler: Scheduler, { active, capacity }: ManualRenderer, limits: Limits): void {
  const jobs = journal.live()
  assert.deepEqual(
    scheduler
      .standings()
      .map(({ job }) => job)
      .sort(byId),
    jobs.toSorted(byId),
  )
  const keys = active.filter(({ signal }) => !signal.aborted).map(({ job }) => renderKey(job.request))
  assert.equal(new Set(keys).size, keys.length)
  const jobCounts = createJobCounts()
  for (const { owner, state } of jobs) jobCounts.move(owner, undefined, state as 'waiting' | 'running')
  for (const { id, owner, request, state } of jobs) {
    if (state !== 'waiting') continue
    assert.equal(keys.includes(renderKey(request)), false, `${id} waits for what is being rendered`)
    if (active.length < capacity()) assert.equal(mayRun(limits, jobCounts.of(owner)), false, `${id} waits before a free slot`)
  }
}

function byId(a: Job, b: Job): number {
  return a.id < b.id ? -1 : 1
}

test('the place and the time that are shown come true when nothing more comes', async () => {
  // A power of two, so that times add up without rounding.
  const msPerCost = 8
  const scripts = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: asked },
      { weight: 1, arbitrary: fc.record({ act: fc.constant('cancel' as const), which }) },
      { weight: 1, arbitrary: fc.record({ act: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 5000 }) }) },
    ),
    { maxLength: 40, size: 'max' },
  )
  const running = limitsArbitrary.map(({ person, space, all }) => ({ person, space, all: { ...all, waiting: 1000 } }))
  await fc.assert(
    fc.asyncProperty(scripts, fc.integer({ min: 1, max: 3 }), running, async (steps, slots, limits) => {
      const home = newHome()
      const { clock } = home
      const renderer = createPacedRenderer(slots, msPerCost, clock)
      const { scheduler } = await openIn(home, renderer, limits)
      await scheduler.accept(askOf('first'))
      await clock.advance(64 * msPerCost)
      for (const step of steps) {
        if (step.act === 'ask') await ask(scheduler, step)
        else if (step.act === 'pass') await clock.advance(step.ms)
        else {
          const standings = scheduler.standings()
          const { job } = standings[step.which % standings.length] ?? {}
          if (job) await scheduler.cancel(job.id)
        }
        await settled()
      }
      const shown = scheduler.standings()
      const shownAtMs = clock.nowMs()
      const before = renderer.begun.length
      const beginnings: string[][] = []
      scheduler.listen(({ kind, job }) => {
        if (kind !== 'state' || job.state !== 'running') return
        const n = renderer.begun.length - before
        beginnings[n] ??= []
        beginnings[n].push(job.id)
      })
      while (scheduler.load().waiting + scheduler.load().running > 0) assert.ok(await clock.step())
      for (const { job, ahead, leftMs } of shown) {
        assert.equal(home.journal.find(job.id)!.endedMs! - shownAtMs, leftMs, `${job.id} was shown ${leftMs} ms`)
        if (ahead === undefined) continue
        assert.equal(
          beginnings.findIndex((ids) => ids?.includes(job.id)),
          ahead,
          `${job.id} was shown place ${ahead}`,
        )
      }
      const waiting = shown.filter(({ ahead }) => ahead !== undefined)
      assert.deepEqual(
        waiting.map(({ ahead }) => ahead),
        waiting.map(({ ahead }) => ahead!).sort((a, b) => a - b),
      )
      await scheduler.stop()
      home.journal.close()
    }),
    { numRuns: 150 },
  )
})

test('nobody starves: a single request is rendered although others never stop asking', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 8 }), fc.boolean(), async (greedy, frames, sameSpace) => {
      const home = newHome()
      const renderer = createManualRenderer(1)
      const { scheduler } = await openIn(home, renderer, noLimits)
      const feed = (who: number) => scheduler.accept(askOf(`greedy${who}`, { space: sameSpace ? 'one' : `space${who}`, frames: 8 }))
      for (let who = 0; who < greedy; who++) for (let n = 0; n < 3; n++) await feed(who)
      const mine = await scheduler.accept(askOf('me', { space: sameSpace ? 'one' : 'mine', frames }))
      // Rounds until the credit covers it and the one it came in; in each of them everybody's quantum, and one job over.
      const rounds = Math.ceil((frames * 64) / quantum) + 1
      const most = rounds * greedy * (Math.ceil(quantum / (8 * 64)) + 1) + 1
      for (let n = 0; scheduler.find(mine.id)!.state === 'waiting'; n++) {
        assert.ok(n <= most, `${n} were rendered before, more than ${most}`)
        const { job } = renderer.active[0]!
        renderer.active[0]!.finish()
        await settled()
        await feed(Number(job.owner.person.replace(/\D/g, '') || 0))
      }
      await scheduler.stop()
      home.journal.close()
    }),
    { numRuns: 30 },
  )
})

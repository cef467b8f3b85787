import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../src/errors.ts'
import { createFairQueue } from '../../src/jobs/fair-queue/fair-queue.ts'
import type { Job } from '../../src/jobs/job.ts'
import { type Journal, openJournal } from '../../src/jobs/journal.ts'
import { createRateLimiter, type RateLimiter } from '../../src/jobs/limits/rate-limiter.ts'
import { createScheduler, type JobEvent, type Scheduler, type SchedulerOptions } from '../../src/jobs/scheduler.ts'
import { askOf, noLimits, ownerOf, requestOf } from './asks.ts'
import { createHandClock, settled } from './manual-clock.ts'
import { createEasel, resultOf } from './manual-renderer.ts'

interface Stage extends SchedulerOptions {
  readonly scheduler: Scheduler
  readonly events: readonly JobEvent[]
  readonly said: () => string[]
  readonly easel: ReturnType<typeof createEasel>
  readonly clock: ReturnType<typeof createHandClock>
  readonly errors: unknown[]
}

async function stage(changes: Partial<SchedulerOptions> & { readonly slots?: number; readonly aborted?: 'draws on' } = {}): Promise<Stage> {
  const { slots = 1, aborted, ...options } = changes
  const easel = createEasel(slots, aborted)
  const clock = createHandClock()
  const events: JobEvent[] = []
  const errors: unknown[] = []
  let ids = 0
  const parts: SchedulerOptions = {
    journal: openJournal(':memory:'),
    rateLimiter: createRateLimiter({ limits: noLimits }),
    renderer: easel,
    limits: noLimits,
    clock,
    newId: () => `j${ids++}`,
    onError: (error) => errors.push(error),
    ...options,
  }
  const scheduler = createScheduler(parts)
  scheduler.listen((event) => events.push(event))
  await scheduler.start()
  const said = () => events.map(({ job, kind }) => `${job.id} ${kind === 'state' ? job.state : kind}`)
  return { ...parts, scheduler, events, said, easel, clock, errors }
}

test('a job goes from waiting over running to done, each written down before it is said', async () => {
  const { scheduler, easel, journal, said, clock } = await stage()
  scheduler.listen(({ kind, job }) => kind === 'state' && assert.deepEqual(journal.find(job.id), job))
  const accepted = await scheduler.accept(askOf('ann'))
  assert.deepEqual(accepted, journal.find('j0'))
  easel.under[0]!.progress(1, 4)
  await clock.advance(500)
  easel.under[0]!.finish()
  await settled()
  assert.deepEqual(said(), ['j0 waiting', 'j0 running', 'j0 progress', 'j0 done'])
  const job = scheduler.find('j0')!
  assert.deepEqual(
    [job.state, job.result, job.attempts, job.endedMs! - job.startedMs!],
    ['done', { blob: 'j0.webp', details: { drawn: 'j0' } }, 1, 500],
  )
  assert.deepEqual(
    scheduler.untold().map(({ id }) => id),
    ['j0'],
  )
  assert.deepEqual(scheduler.load(), { waiting: 0, running: 0 })
})

test('what is refused fails with its sentence; what breaks is reported, and people hear only of its id', async () => {
  const { scheduler, easel, errors } = await stage()
  for (const person of ['ann', 'bob']) await scheduler.accept(askOf(person))
  easel.under[0]!.fail(new UserError('style-missing', 'The style is gone.', { style: 'x' }))
  await settled()
  const bug = new Error('secret details')
  easel.under[0]!.fail(bug)
  await settled()
  const reason = { code: 'style-missing', message: 'The style is gone.', data: { style: 'x' } }
  assert.deepEqual([scheduler.find('j0')!.state, scheduler.find('j0')!.reason], ['failed', reason])
  const broken = { code: 'broken', message: 'Something broke, id j1.', data: { id: 'j1' } }
  assert.deepEqual([scheduler.find('j1')!.state, scheduler.find('j1')!.reason], ['failed', broken])
  assert.deepEqual(errors, [bug])
})

test('two people who ask for the same are drawn once, each with an end of their own', async () => {
  const { scheduler, easel } = await stage()
  const same = { prompt: 'the same', seed: '7' }
  await scheduler.accept(askOf('eve'))
  await scheduler.accept(askOf('ann', same))
  await scheduler.accept(askOf('cid'))
  await scheduler.accept(askOf('bob', { ...same, space: 'other' }))
  await scheduler.accept(askOf('bob', { ...same, seed: '8' }))
  easel.under[0]!.finish()
  await settled()
  assert.deepEqual(
    easel.begun.map(({ id }) => id),
    ['j0', 'j1'],
  )
  assert.deepEqual([scheduler.find('j1')!.state, scheduler.find('j3')!.state], ['running', 'running'])
  easel.under[0]!.finish()
  await settled()
  for (const id of ['j1', 'j3']) {
    const { state, result } = scheduler.find(id)!
    assert.deepEqual([state, result], ['done', { blob: 'j1.webp', details: { drawn: 'j1' } }])
  }
  assert.deepEqual(
    easel.begun.map(({ id }) => id),
    ['j0', 'j1', 'j2'],
  )
})

test('who asks for what is being drawn joins it, and hears of its progress from then on', async () => {
  const { scheduler, easel, said } = await stage()
  const same = { seed: '7' }
  await scheduler.accept(askOf('ann', same))
  easel.under[0]!.progress(1, 3)
  const joined = await scheduler.accept(askOf('bob', same))
  assert.equal(joined.state, 'running')
  easel.under[0]!.progress(2, 3)
  easel.under[0]!.finish()
  await settled()
  assert.deepEqual(said().slice(3), ['j1 waiting', 'j1 running', 'j0 progress', 'j1 progress', 'j0 done', 'j1 done'])
  assert.equal(easel.begun.length, 1)
})

test('cancelling one of two that are drawn together leaves the other; cancelling both ends the drawing', async () => {
  const { scheduler, easel } = await stage()
  await scheduler.accept(askOf('ann', { seed: '7' }))
  await scheduler.accept(askOf('bob', { seed: '7' }))
  assert.equal((await scheduler.cancel('j0'))!.state, 'cancelled')
  assert.equal(easel.under[0]!.signal.aborted, false)
  assert.equal(scheduler.find('j1')!.state, 'running')
  assert.equal((await scheduler.cancel('j1'))!.state, 'cancelled')
  await settled()
  assert.deepEqual([easel.under.length, scheduler.load()], [0, { waiting: 0, running: 0 }])
  assert.equal(await scheduler.cancel('j1'), undefined)
  assert.equal(await scheduler.cancel('unknown'), undefined)
})

test('cancelling the one that came first costs the other nothing of its place', async () => {
  const { scheduler, easel } = await stage()
  await scheduler.accept(askOf('eve'))
  await scheduler.accept(askOf('ann', { seed: '7' }))
  await scheduler.accept(askOf('bob', { seed: '7' }))
  await scheduler.accept(askOf('cid'))
  await scheduler.cancel('j1')
  easel.under[0]!.finish()
  await settled()
  assert.equal(easel.under[0]!.job.id, 'j2')
})

test('a drawing that is being aborted is joined by nobody, and its slot is taken until it has stopped', async () => {
  const { scheduler, easel } = await stage({ aborted: 'draws on' })
  await scheduler.accept(askOf('ann', { seed: '7' }))
  await scheduler.cancel('j0')
  assert.equal((await scheduler.accept(askOf('bob', { seed: '7' }))).state, 'waiting')
  assert.equal(easel.under.length, 1)
  easel.under[0]!.finish()
  await settled()
  assert.deepEqual([scheduler.find('j0')!.state, scheduler.find('j1')!.state], ['cancelled', 'running'])
})

test('an end can be given from outside with its reason', async () => {
  const { scheduler } = await stage()
  await scheduler.accept(askOf('ann'))
  await scheduler.accept(askOf('ann'))
  const reason = { code: 'missing-permission', message: 'It cannot be posted there.' }
  await scheduler.cancel('j1', { state: 'refused', reason })
  assert.deepEqual([scheduler.find('j1')!.state, scheduler.find('j1')!.reason], ['refused', reason])
})

test('one running job a person leaves the other slots to others', async () => {
  const { scheduler, easel } = await stage({ slots: 3, limits: { ...noLimits, person: { running: 1 } } })
  for (const person of ['ann', 'ann', 'ann', 'bob']) await scheduler.accept(askOf(person))
  const running = () => easel.under.map(({ job }) => job.id)
  assert.deepEqual(running(), ['j0', 'j3'])
  easel.under[1]!.finish()
  await settled()
  assert.deepEqual(running(), ['j0'])
  easel.under[0]!.finish()
  await settled()
  assert.deepEqual(running(), ['j1'])
})

test('a running job that is cancelled makes room for another of its person at once', async () => {
  const { scheduler, easel } = await stage({ slots: 2, limits: { ...noLimits, person: { running: 1 } }, aborted: 'draws on' })
  for (const person of ['ann', 'ann']) await scheduler.accept(askOf(person))
  await scheduler.cancel('j0')
  assert.deepEqual(
    easel.under.map(({ job }) => job.id),
    ['j0', 'j1'],
  )
})

test('too many waiting are refused with the time until the first of them begins; the limits of a space are its own', async () => {
  const limits = { ...noLimits, person: { waiting: 2 } }
  const { scheduler, easel, clock, journal } = await stage({ limits })
  await scheduler.accept(askOf('ann', { frames: 10 }))
  await clock.advance(5000)
  easel.under[0]!.finish(5000)
  await settled()
  for (let n = 0; n < 3; n++) await scheduler.accept(askOf('ann', { frames: 10 }))
  await clock.advance(2000)
  const error = await refusal(scheduler.accept(askOf('ann')))
  assert.deepEqual([error.code, error.data], ['too-many-waiting', { level: 'person', limit: 2, waitS: 3 }])
  assert.equal(journal.list({}, { from: 0, limit: 9 }).total, 4)
  await scheduler.accept(askOf('ann'), { limits: noLimits })
})

test('of many at once as many are taken as may wait', async () => {
  const { scheduler } = await stage({ limits: { ...noLimits, person: { waiting: 3 } }, slots: 0 })
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => scheduler.accept(askOf('ann'))))
  assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 3)
  assert.equal(scheduler.load().waiting, 3)
})

test('what the gate refuses is not written down and does not count as waiting', async () => {
  const limits = { ...noLimits, person: { waiting: 2, rate: { jobs: 1, perMs: 60_000 } } }
  const rateLimiter = createRateLimiter({ limits })
  const { scheduler, journal } = await stage({ limits, rateLimiter, slots: 0 })
  await scheduler.accept(askOf('ann', { seed: '7' }))
  for (let n = 0; n < 3; n++) assert.equal((await refusal(scheduler.accept(askOf('ann', { seed: '7' })))).code, 'too-often')
  assert.deepEqual([journal.live().length, scheduler.load().waiting], [1, 1])
  await scheduler.accept(askOf('bob', { seed: '7' }))
  await rateLimiter.close()
})

test('who has waited for six hours is given up, and not before', async () => {
  const { scheduler, clock, said } = await stage({ slots: 0 })
  await scheduler.accept(askOf('ann'))
  await clock.advance(3_600_000)
  await scheduler.accept(askOf('bob'))
  await clock.advance(5 * 3_600_000 - 1)
  assert.deepEqual(said(), ['j0 waiting', 'j1 waiting'])
  await clock.advance(1)
  assert.deepEqual(said().slice(2), ['j0 expired'])
  assert.equal(scheduler.find('j0')!.reason!.code, 'waited-too-long')
  await clock.advance(3_600_000)
  assert.deepEqual(said().slice(3), ['j1 expired'])
})

test('stopping hands running jobs back, and the next start draws them first as if it had not begun them', async () => {
  const first = await stage()
  const { journal } = first
  for (const person of ['ann', 'bob', 'cid']) await first.scheduler.accept(askOf(person))
  first.easel.under[0]!.finish()
  await settled()
  await first.scheduler.stop()
  assert.equal(first.easel.under.length, 0)
  assert.deepEqual(
    journal.live().map(({ id, state, attempts }) => [id, state, attempts]),
    [
      ['j1', 'waiting', 0],
      ['j2', 'waiting', 0],
    ],
  )
  assert.equal((await refusal(first.scheduler.accept(askOf('dan')))).code, 'stopping')
  const second = await stage({ journal })
  assert.equal(second.easel.under[0]!.job.id, 'j1')
  second.easel.under[0]!.finish()
  await settled()
  second.easel.under[0]!.finish()
  await settled()
  assert.deepEqual(
    second.scheduler.untold().map(({ id, state }) => [id, state]),
    [
      ['j0', 'done'],
      ['j1', 'done'],
      ['j2', 'done'],
    ],
  )
})

test('a job whose process died in the middle is begun once more, before what waits, and then given up', async () => {
  const journal = openJournal(':memory:')
  const first = await stage({ journal })
  await first.scheduler.accept(askOf('ann'))
  await first.scheduler.accept(askOf('bob', { seed: '7' }))
  const second = await stage({ journal, newId: () => 'k0' })
  assert.deepEqual(
    second.easel.begun.map(({ id, attempts }) => [id, attempts]),
    [['j0', 2]],
  )
  const third = await stage({ journal })
  const given = third.scheduler.find('j0')!
  assert.deepEqual([given.state, given.reason!.code, given.reason!.data], ['failed', 'gave-up', { attempts: 2 }])
  assert.deepEqual(
    third.easel.begun.map(({ id, attempts }) => [id, attempts]),
    [['j1', 1]],
  )
})

test('nothing is taken on before the start', async () => {
  const scheduler = createScheduler(await stage())
  assert.equal((await refusal(scheduler.accept(askOf('ann')))).code, 'starting')
})

test('place and time of everybody are shown, first what runs, then in the order of service', async () => {
  const { scheduler, easel, clock } = await stage()
  await scheduler.accept(askOf('ann', { frames: 10 }))
  assert.deepEqual(scheduler.standing('j0'), { job: scheduler.find('j0') })
  await scheduler.accept(askOf('ann', { frames: 2 }))
  assert.deepEqual(scheduler.standing('j1'), { job: scheduler.find('j1'), ahead: 0 })
  await clock.advance(10_000)
  easel.under[0]!.finish(10_000)
  await settled()
  await scheduler.accept(askOf('ann', { frames: 3, space: 'other' }))
  await scheduler.accept(askOf('bob', { frames: 4 }))
  await clock.advance(500)
  assert.deepEqual(
    scheduler.standings().map(({ job, ahead, leftMs }) => [job.id, ahead, leftMs]),
    [
      ['j1', undefined, 1500],
      ['j2', 0, 4500],
      ['j3', 1, 8500],
    ],
  )
  assert.deepEqual(
    scheduler.standings(ownerOf('ann', 'other')).map(({ job }) => job.id),
    ['j2'],
  )
  // Slower than foretold: half of the steps took 4 s.
  easel.under[0]!.progress(1, 5)
  await clock.advance(4000)
  easel.under[0]!.progress(3, 5)
  assert.equal(scheduler.standing('j1')!.leftMs, 4000)
  assert.equal(scheduler.standing('j0'), undefined)
})

test('where hundreds wait, who comes is shown the place and the time that the next look confirms', async () => {
  const { scheduler, easel, clock } = await stage({ queue: createFairQueue(200) })
  await scheduler.accept(askOf('ann'))
  easel.under[0]!.finish(1000)
  await settled()
  for (let n = 0; n < 300; n++) await scheduler.accept(askOf(`p${n % 40}`, { space: `s${n % 7}`, frames: 1 + (n % 4) }))
  assert.equal(scheduler.standings().length, 300)
  const late = await scheduler.accept(askOf('late', { space: 'late', frames: 2 }))
  const shown = scheduler.standing(late.id)!
  assert.ok(shown.ahead! > 0 && shown.ahead! < 100)
  await clock.advance(500)
  const { ahead, leftMs } = scheduler.standing(late.id)!
  assert.deepEqual([ahead, leftMs], [shown.ahead, shown.leftMs! - 500])
})

test('what was measured is known after a restart', async () => {
  const { scheduler, easel, journal } = await stage()
  await scheduler.accept(askOf('ann', { frames: 10 }))
  easel.under[0]!.finish(10_000)
  await settled()
  await scheduler.stop()
  const second = await stage({ journal, newId: () => 'k0' })
  await second.scheduler.accept(askOf('ann', { frames: 3 }))
  assert.equal(second.scheduler.standing('k0')!.leftMs, 3000)
})

test('told, notes and history are kept; what is forgotten gives back the blobs that nobody has any more', async () => {
  const { scheduler, easel } = await stage()
  await scheduler.accept(askOf('ann', { seed: '7' }))
  await scheduler.accept(askOf('bob', { seed: '7' }))
  await scheduler.accept(askOf('ann', { space: 'other', prompt: 'a dog' }))
  await scheduler.annotate('j0', { message: 5 })
  assert.deepEqual(scheduler.noteOf('j0'), { message: 5 })
  assert.equal(scheduler.noteOf('j1'), undefined)
  await assert.rejects(scheduler.told('j0'), /has not ended/)
  easel.under[0]!.finish()
  await settled()
  await scheduler.told('j0')
  assert.equal(scheduler.find('j0')!.told, true)
  const history = scheduler.jobsOf(ownerOf('ann'), { from: 0, limit: 1 })
  assert.deepEqual([history.jobs.map(({ id }) => id), history.total], [['j2'], 2])
  const dogs = scheduler.jobsOf(ownerOf('ann'), { from: 0, limit: 9, where: ({ request }) => request.prompt.includes('dog') })
  assert.deepEqual([dogs.jobs.map(({ id }) => id), dogs.total], [['j2'], 1])
  assert.deepEqual(await scheduler.forget(['j0', 'j1', 'j2']), [])
  assert.deepEqual([scheduler.find('j0'), scheduler.find('j1')!.state, scheduler.find('j2')!.state], [undefined, 'done', 'running'])
  await scheduler.told('j1')
  assert.deepEqual(await scheduler.forget(['j1']), [resultOf({ id: 'j0' } as Job).blob])
  await scheduler.told('j0')
})

test('ended ones of everybody come newest end first, of one state or one place where that is asked', async () => {
  const { scheduler, easel, clock } = await stage()
  for (const person of ['ann', 'bob', 'cid']) {
    await scheduler.accept(askOf(person, { space: person === 'cid' ? 'other' : 's' }))
    await clock.advance(1000)
    easel.under[0]!.finish()
    await settled()
  }
  await scheduler.accept(askOf('ann'))
  await scheduler.cancel('j3')
  const ids = (query: Partial<Parameters<Scheduler['ended']>[0]>) =>
    scheduler.ended({ from: 0, limit: 9, ...query }).jobs.map(({ id }) => id)
  assert.deepEqual(ids({}), ['j3', 'j2', 'j1', 'j0'])
  assert.deepEqual(ids({ state: 'done', limit: 2 }), ['j2', 'j1'])
  assert.deepEqual(ids({ where: { space: 's' }, from: 1 }), ['j1', 'j0'])
  assert.deepEqual(ids({ beforeMs: scheduler.find('j1')!.endedMs! }), ['j0'])
})

test('what a listener does on hearing is said after what it heard, and a listener that throws disturbs nobody', async () => {
  const { scheduler, said, errors, easel } = await stage()
  const stop = scheduler.listen(({ job }) => {
    if (job.state === 'running') void scheduler.cancel(job.id)
    throw new Error('of a listener')
  })
  await scheduler.accept(askOf('ann'))
  await settled()
  assert.deepEqual(said(), ['j0 waiting', 'j0 running', 'j0 cancelled'])
  assert.equal(errors.length, 3)
  assert.equal(easel.under.length, 0)
  stop()
  await scheduler.accept(askOf('ann'))
  assert.equal(scheduler.find('j1')!.state, 'running')
})

test('where the journal can no longer be written nothing is begun, taken on or ended, and the next start goes on', async () => {
  const journal = openJournal(':memory:')
  let full = false
  const failing: Journal = {
    ...journal,
    change(jobs, kept) {
      if (full) throw new Error('database or disk is full')
      journal.change(jobs, kept)
    },
  }
  const { scheduler, easel, errors, said } = await stage({ journal: failing })
  for (const person of ['ann', 'bob']) await scheduler.accept(askOf(person))
  full = true
  easel.under[0]!.finish()
  await settled()
  assert.match(String(errors[0]), /disk is full/)
  assert.equal(scheduler.trouble(), 'the journal cannot be written')
  assert.equal((await refusal(scheduler.accept(askOf('cid')))).code, 'journal-failed')
  assert.equal(await scheduler.cancel('j1'), undefined)
  await scheduler.stop()
  assert.deepEqual(said(), ['j0 waiting', 'j0 running', 'j1 waiting'])
  const second = await stage({ journal })
  assert.deepEqual(
    second.easel.begun.map(({ id, attempts }) => [id, attempts]),
    [['j0', 2]],
  )
})

test('a request that cannot be written down is refused and leaves no trace', async () => {
  const journal = openJournal(':memory:')
  let full = true
  const failing: Journal = {
    ...journal,
    add(job) {
      if (full) throw new Error('database or disk is full')
      journal.add(job)
    },
  }
  const { scheduler, said } = await stage({ journal: failing })
  assert.equal((await refusal(scheduler.accept(askOf('ann')))).code, 'journal-failed')
  assert.deepEqual([said(), scheduler.load()], [[], { waiting: 0, running: 0 }])
  full = false
  assert.equal((await scheduler.accept(askOf('ann'))).state, 'running')
})

test('behind a shared gate a job runs when the gate lets it, others go before, and it leaves when it ends', async () => {
  const inside = new Set<string>()
  const barred = new Set(['ann'])
  const rateLimiter: Pick<RateLimiter, 'shared' | 'take' | 'enter'> = {
    shared: true,
    take: async () => undefined,
    async enter({ person }) {
      await settled()
      if (barred.has(person)) return undefined
      inside.add(person)
      return () => void inside.delete(person)
    },
  }
  const asked = async () => {
    for (let n = 0; n < 10; n++) await settled()
  }
  const { scheduler, easel, clock } = await stage({ rateLimiter, slots: 2 })
  for (const person of ['ann', 'bob', 'ann', 'cid']) await scheduler.accept(askOf(person))
  await asked()
  assert.deepEqual(easel.under.map(({ job }) => job.owner.person).sort(), ['bob', 'cid'])
  assert.deepEqual([...inside].sort(), ['bob', 'cid'])
  easel.under[0]!.finish()
  await settled()
  assert.equal(inside.size, 1)
  barred.clear()
  await clock.advance(1000)
  await asked()
  assert.deepEqual(
    easel.under.map(({ job }) => job.id),
    ['j3', 'j0'],
  )
  await scheduler.stop()
  assert.deepEqual([...inside], [])
})

test('a priority outside 1 to 100 is a mistake of ours, not of a person', async () => {
  const { scheduler } = await stage()
  await assert.rejects(scheduler.accept({ ...askOf('ann'), priority: 0 }), /a priority is a number from 1 to 100/)
  assert.deepEqual(scheduler.load(), { waiting: 0, running: 0 })
  assert.equal((await scheduler.accept({ request: requestOf(), owner: ownerOf('ann'), address: null, priority: 2 })).priority, 2)
})

async function refusal(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.then(
    () => assert.fail('not refused'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof UserError, `${error}`)
  return error
}

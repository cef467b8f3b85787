// The life of a job from its acceptance to its end, alone and together with others.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../src/errors.ts'
import { createScheduler, type Scheduler } from '../../src/jobs/scheduler.ts'
import { askOf, ownerOf, requestOf } from './asks.ts'
import { settled } from './manual-clock.ts'
import { resultOf } from './manual-renderer.ts'
import { activeIds, fillableJournal, idsOf, openScheduler, refusal } from './open-scheduler.ts'

test('a job goes from waiting over running to done, each written down before it is told', async () => {
  const { scheduler, renderer, journal, told, clock, errors } = await openScheduler()
  // what a listener throws is reported
  scheduler.listen(({ kind, job }) => kind === 'state' && assert.deepEqual(journal.find(job.id), job))
  const accepted = await scheduler.accept(askOf('ann'))
  assert.deepEqual(accepted, journal.find('j0'))
  renderer.active[0]!.progress(1, 4)
  await clock.advance(500)
  renderer.active[0]!.finish()
  await settled()
  assert.deepEqual(told(), ['j0 waiting', 'j0 running', 'j0 progress', 'j0 done'])
  const { startedMs = Number.NaN, endedMs, ...job } = scheduler.find('j0')!
  assert.partialDeepStrictEqual({ ...job, endedMs }, { state: 'done', result: resultOf(accepted), attempts: 1, endedMs: startedMs + 500 })
  assert.deepEqual(idsOf(scheduler.untold()), ['j0'])
  assert.deepEqual(scheduler.load(), { waiting: 0, running: 0 })
  assert.deepEqual(errors, [])
})

test('what is refused fails with its sentence; what breaks is reported, and people hear only of its id', async () => {
  const { scheduler, renderer, errors } = await openScheduler()
  for (const person of ['ann', 'bob']) await scheduler.accept(askOf(person))
  renderer.active[0]!.fail(new UserError('style-missing', 'The style is gone.', { style: 'x' }))
  await settled()
  const bug = new Error('secret details')
  renderer.active[0]!.fail(bug)
  await settled()
  assert.partialDeepStrictEqual(scheduler.find('j0'), {
    state: 'failed',
    reason: { code: 'style-missing', message: 'The style is gone.', data: { style: 'x' } },
  })
  assert.partialDeepStrictEqual(scheduler.find('j1'), {
    state: 'failed',
    reason: { code: 'broken', message: 'Something broke, id j1.', data: { id: 'j1' } },
  })
  assert.deepEqual(errors, [bug])
})

test('two people who ask for the same are served by one render, each with an end of their own', async () => {
  const { scheduler, renderer } = await openScheduler()
  const same = { prompt: 'the same', seed: '7' }
  await scheduler.accept(askOf('eve'))
  await scheduler.accept(askOf('ann', same))
  await scheduler.accept(askOf('cid'))
  await scheduler.accept(askOf('bob', { ...same, space: 'other' }))
  await scheduler.accept(askOf('bob', { ...same, seed: '8' }))
  renderer.active[0]!.finish()
  await settled()
  assert.deepEqual(idsOf(renderer.begun), ['j0', 'j1'])
  for (const id of ['j1', 'j3']) assert.equal(scheduler.find(id)!.state, 'running')
  renderer.active[0]!.finish()
  await settled()
  const result = resultOf(scheduler.find('j1')!)
  for (const id of ['j1', 'j3']) assert.partialDeepStrictEqual(scheduler.find(id), { state: 'done', result })
  assert.deepEqual(idsOf(renderer.begun), ['j0', 'j1', 'j2'])
})

test('who asks for what is being rendered joins it, and hears of its progress from then on', async () => {
  const { scheduler, renderer, told } = await openScheduler()
  const same = { seed: '7' }
  await scheduler.accept(askOf('ann', same))
  renderer.active[0]!.progress(1, 3)
  const joined = await scheduler.accept(askOf('bob', same))
  assert.equal(joined.state, 'running')
  renderer.active[0]!.progress(2, 3)
  renderer.active[0]!.finish()
  await settled()
  assert.deepEqual(told().slice(3), ['j1 waiting', 'j1 running', 'j0 progress', 'j1 progress', 'j0 done', 'j1 done'])
  assert.equal(renderer.begun.length, 1)
})

test('cancelling one of two that are rendered together leaves the other; cancelling both ends the render', async () => {
  const { scheduler, renderer } = await openScheduler()
  await scheduler.accept(askOf('ann', { seed: '7' }))
  await scheduler.accept(askOf('bob', { seed: '7' }))
  assert.equal((await scheduler.cancel('j0'))!.state, 'cancelled')
  assert.equal(renderer.active[0]!.signal.aborted, false)
  assert.equal(scheduler.find('j1')!.state, 'running')
  assert.equal((await scheduler.cancel('j1'))!.state, 'cancelled')
  await settled()
  assert.deepEqual(activeIds(renderer), [])
  assert.deepEqual(scheduler.load(), { waiting: 0, running: 0 })
  assert.equal(await scheduler.cancel('j1'), undefined)
  assert.equal(await scheduler.cancel('unknown'), undefined)
})

test('cancelling the one that came first costs the other nothing of its place', async () => {
  const { scheduler, renderer } = await openScheduler()
  await scheduler.accept(askOf('eve'))
  await scheduler.accept(askOf('ann', { seed: '7' }))
  await scheduler.accept(askOf('bob', { seed: '7' }))
  await scheduler.accept(askOf('cid'))
  await scheduler.cancel('j1')
  renderer.active[0]!.finish()
  await settled()
  assert.deepEqual(activeIds(renderer), ['j2'])
})

test('a render that is being aborted is joined by nobody, and its slot is taken until it has stopped', async () => {
  const { scheduler, renderer } = await openScheduler({ aborted: 'goes on' })
  await scheduler.accept(askOf('ann', { seed: '7' }))
  await scheduler.cancel('j0')
  assert.equal((await scheduler.accept(askOf('bob', { seed: '7' }))).state, 'waiting')
  assert.deepEqual(activeIds(renderer), ['j0'])
  renderer.active[0]!.finish()
  await settled()
  assert.equal(scheduler.find('j0')!.state, 'cancelled')
  assert.equal(scheduler.find('j1')!.state, 'running')
})

test('an end can be given from outside with its reason', async () => {
  const { scheduler } = await openScheduler()
  await scheduler.accept(askOf('ann'))
  await scheduler.accept(askOf('ann'))
  const refused = { state: 'refused', reason: { code: 'missing-permission', message: 'It cannot be posted there.' } } as const
  await scheduler.cancel('j1', refused)
  assert.partialDeepStrictEqual(scheduler.find('j1'), refused)
})

test('a clock that is set in the middle of a render changes nothing about how much longer it takes', async () => {
  const { scheduler, renderer, clock } = await openScheduler()
  await scheduler.accept(askOf('ann'))
  const leftMs = () => scheduler.standing('j0')?.leftMs
  await clock.advance(1000)
  renderer.active[0]!.progress(1, 10)
  clock.set(365 * 24 * 3_600_000)
  await clock.advance(1000)
  renderer.active[0]!.progress(2, 10)
  assert.equal(leftMs(), 8000)
  clock.set(-2 * 365 * 24 * 3_600_000)
  await clock.advance(1000)
  assert.equal(leftMs(), 7000)
})

test('nothing is taken on before the start', async () => {
  const scheduler = createScheduler(await openScheduler())
  assert.equal((await refusal(scheduler.accept(askOf('ann')))).code, 'starting')
})

test('told, notes and history are kept; what is forgotten gives back the blobs that nobody has any more', async () => {
  const { scheduler, renderer } = await openScheduler()
  await scheduler.accept(askOf('ann', { seed: '7' }))
  await scheduler.accept(askOf('bob', { seed: '7' }))
  await scheduler.accept(askOf('ann', { space: 'other', prompt: 'a dog' }))
  await scheduler.annotate('j0', { message: 5 })
  assert.deepEqual(scheduler.noteOf('j0'), { message: 5 })
  assert.equal(scheduler.noteOf('j1'), undefined)
  await assert.rejects(scheduler.told('j0'), /has not ended/)
  renderer.active[0]!.finish()
  await settled()
  await scheduler.told('j0')
  assert.equal(scheduler.find('j0')!.told, true)

  const history = scheduler.jobsOf(ownerOf('ann'), { from: 0, limit: 1 })
  assert.deepEqual({ ids: idsOf(history.jobs), total: history.total }, { ids: ['j2'], total: 2 })
  const dogs = scheduler.jobsOf(ownerOf('ann'), { from: 0, limit: 9, prompt: (prompt) => prompt.includes('dog') })
  assert.deepEqual({ ids: idsOf(dogs.jobs), total: dogs.total }, { ids: ['j2'], total: 1 })

  assert.deepEqual(await scheduler.forget(['j0', 'j1', 'j2']), [])
  assert.equal(scheduler.find('j0'), undefined)
  assert.equal(scheduler.find('j1')!.state, 'done')
  assert.equal(scheduler.find('j2')!.state, 'running')
  await scheduler.told('j1')
  assert.deepEqual(await scheduler.forget(['j1']), ['j0.webp'])
  await scheduler.told('j0')
})

test('ended ones of everybody come newest end first, of one state or one place where that is asked', async () => {
  const { scheduler, renderer, clock } = await openScheduler()
  for (const person of ['ann', 'bob', 'cid']) {
    await scheduler.accept(askOf(person, { space: person === 'cid' ? 'other' : 's' }))
    await clock.advance(1000)
    renderer.active[0]!.finish()
    await settled()
  }
  await scheduler.accept(askOf('ann'))
  await scheduler.cancel('j3')
  const ids = (query: Partial<Parameters<Scheduler['ended']>[0]>) => idsOf(scheduler.ended({ from: 0, limit: 9, ...query }).jobs)
  assert.deepEqual(ids({}), ['j3', 'j2', 'j1', 'j0'])
  assert.deepEqual(ids({ state: 'done', limit: 2 }), ['j2', 'j1'])
  assert.deepEqual(ids({ where: { space: 's' }, from: 1 }), ['j1', 'j0'])
  assert.deepEqual(ids({ beforeMs: scheduler.find('j1')!.endedMs! }), ['j0'])
})

test('what a listener does on hearing is told after what it heard, and a listener that throws disturbs nobody', async () => {
  const { scheduler, told, errors, renderer } = await openScheduler()
  const stop = scheduler.listen(({ job }) => {
    if (job.state === 'running') void scheduler.cancel(job.id)
    throw new Error('of a listener')
  })
  await scheduler.accept(askOf('ann'))
  await settled()
  assert.deepEqual(told(), ['j0 waiting', 'j0 running', 'j0 cancelled'])
  assert.equal(errors.length, 3)
  assert.deepEqual(activeIds(renderer), [])
  stop()
  await scheduler.accept(askOf('ann'))
  assert.equal(scheduler.find('j1')!.state, 'running')
})

test('a request that cannot be written down is refused and leaves no trace', async () => {
  const disk = fillableJournal()
  const { scheduler, told, errors } = await openScheduler({ journal: disk.journal })
  disk.full = true
  assert.equal((await refusal(scheduler.accept(askOf('ann')))).code, 'journal-failed')
  assert.match(String(errors), /disk is full/)
  assert.deepEqual(told(), [])
  assert.deepEqual(scheduler.load(), { waiting: 0, running: 0 })
  disk.full = false
  assert.equal((await scheduler.accept(askOf('ann'))).state, 'running')
})

test('a priority outside 1 to 100 is a mistake of ours, not of a person', async () => {
  const { scheduler } = await openScheduler()
  await assert.rejects(scheduler.accept({ ...askOf('ann'), priority: 0 }), /a priority is a number from 1 to 100/)
  assert.deepEqual(scheduler.load(), { waiting: 0, running: 0 })
  assert.equal((await scheduler.accept({ request: requestOf(), owner: ownerOf('ann'), address: null, priority: 2 })).priority, 2)
})

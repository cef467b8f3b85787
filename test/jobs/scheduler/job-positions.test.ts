// The place and the time that are shown.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFairQueue } from '../../../src/jobs/fair-queue/fair-queue.ts'
import { askOf, ownerOf } from '../asks.ts'
import { settled } from '../manual-clock.ts'
import { type OpenScheduler, openScheduler } from '../open-scheduler.ts'

const shown = ({ scheduler }: OpenScheduler) => scheduler.standings().map(({ job: { id }, ahead, leftMs }) => ({ id, ahead, leftMs }))

/** One frame takes a second from now on. */
async function measure({ scheduler, renderer, clock }: OpenScheduler): Promise<void> {
  await scheduler.accept(askOf('first', { frames: 10 }))
  await clock.advance(10_000)
  renderer.active[0]!.finish(10_000)
  await settled()
}

test('before anything was measured a place is shown without a time', async () => {
  const { scheduler } = await openScheduler()
  await scheduler.accept(askOf('ann', { frames: 10 }))
  await scheduler.accept(askOf('ann', { frames: 2 }))
  assert.deepEqual(scheduler.standing('j0'), { job: scheduler.find('j0') })
  assert.deepEqual(scheduler.standing('j1'), { job: scheduler.find('j1'), ahead: 0 })
})

test('place and time of everybody are shown, first what runs, then in the order of service', async () => {
  const open = await openScheduler()
  const { scheduler, renderer, clock } = open
  await measure(open)
  await scheduler.accept(askOf('ann', { frames: 2 }))
  await scheduler.accept(askOf('ann', { frames: 3, space: 'other' }))
  await scheduler.accept(askOf('bob', { frames: 4 }))
  await clock.advance(500)
  assert.deepEqual(shown(open), [
    { id: 'j1', ahead: undefined, leftMs: 1500 },
    { id: 'j2', ahead: 0, leftMs: 4500 },
    { id: 'j3', ahead: 1, leftMs: 8500 },
  ])
  assert.deepEqual(
    scheduler.standings(ownerOf('ann', 'other')).map(({ job }) => job.id),
    ['j2'],
  )
  // Slower than foretold: half of the steps took 4 s.
  renderer.active[0]!.progress(1, 5)
  await clock.advance(4000)
  renderer.active[0]!.progress(3, 5)
  assert.equal(scheduler.standing('j1')!.leftMs, 4000)
  assert.equal(scheduler.standing('j0'), undefined)
})

test('times go by the capacity there is just now: half with twice the slots, none without any', async () => {
  const open = await openScheduler()
  const { scheduler, renderer } = open
  await measure(open)
  for (const person of ['ann', 'bob', 'cid']) await scheduler.accept(askOf(person, { frames: 4 }))
  assert.deepEqual(shown(open), [
    { id: 'j1', ahead: undefined, leftMs: 4000 },
    { id: 'j2', ahead: 0, leftMs: 8000 },
    { id: 'j3', ahead: 1, leftMs: 12_000 },
  ])
  renderer.setCapacity(2)
  assert.deepEqual(shown(open), [
    { id: 'j1', ahead: undefined, leftMs: 4000 },
    { id: 'j2', ahead: undefined, leftMs: 4000 },
    { id: 'j3', ahead: 0, leftMs: 8000 },
  ])
  renderer.setCapacity(0)
  assert.deepEqual(shown(open), [
    { id: 'j1', ahead: undefined, leftMs: 4000 },
    { id: 'j2', ahead: undefined, leftMs: 4000 },
    { id: 'j3', ahead: 0, leftMs: undefined },
  ])
})

test('where hundreds wait, who comes is shown the place and the time that the next look confirms', async () => {
  const { scheduler, renderer, clock } = await openScheduler({ queue: createFairQueue(200) })
  await scheduler.accept(askOf('ann'))
  renderer.active[0]!.finish(1000)
  await settled()
  for (let n = 0; n < 300; n++) await scheduler.accept(askOf(`p${n % 40}`, { space: `s${n % 7}`, frames: 1 + (n % 4) }))
  assert.equal(scheduler.standings().length, 300)
  const { id } = await scheduler.accept(askOf('late', { space: 'late', frames: 2 }))
  const before = scheduler.standing(id)!
  assert.ok(before.ahead! > 0 && before.ahead! < 100)
  await clock.advance(500)
  const { ahead, leftMs } = scheduler.standing(id)!
  assert.deepEqual({ ahead, leftMs }, { ahead: before.ahead, leftMs: before.leftMs! - 500 })
})

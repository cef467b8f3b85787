// Who gets a free slot: as many as there are just now, and as the limits allow.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFairQueue } from '../../../src/jobs/fair-queue/fair-queue.ts'
import { askOf, noLimits } from '../asks.ts'
import { settled } from '../manual-clock.ts'
import { activeIds, openScheduler } from '../open-scheduler.ts'

test('one running job a person leaves the other slots to others', async () => {
  const { scheduler, renderer } = await openScheduler({ slots: 3, limits: { ...noLimits, person: { running: 1 } } })
  for (const person of ['ann', 'ann', 'ann', 'bob']) await scheduler.accept(askOf(person))
  assert.deepEqual(activeIds(renderer), ['j0', 'j3'])
  renderer.active[1]!.finish()
  await settled()
  assert.deepEqual(activeIds(renderer), ['j0'])
  renderer.active[0]!.finish()
  await settled()
  assert.deepEqual(activeIds(renderer), ['j1'])
})

test('a running job that is cancelled makes room for another of its person at once', async () => {
  const limits = { ...noLimits, person: { running: 1 } }
  const { scheduler, renderer } = await openScheduler({ slots: 2, limits, aborted: 'goes on' })
  for (const person of ['ann', 'ann']) await scheduler.accept(askOf(person))
  await scheduler.cancel('j0')
  assert.deepEqual(activeIds(renderer), ['j0', 'j1'])
})

test('capacity that grows is filled at once, in the order of service', async () => {
  const { scheduler, renderer } = await openScheduler({ slots: 0, queue: createFairQueue(64) })
  for (const person of ['ann', 'ann', 'bob', 'bob']) await scheduler.accept(askOf(person))
  assert.deepEqual(activeIds(renderer), [])
  renderer.setCapacity(1)
  assert.deepEqual(activeIds(renderer), ['j0'])
  renderer.setCapacity(3)
  assert.deepEqual(activeIds(renderer), ['j0', 'j2', 'j1'])
})

test('capacity that shrinks stops nothing that runs, and nothing begins before fewer run than there are slots', async () => {
  const { scheduler, renderer } = await openScheduler({ slots: 3 })
  for (const person of ['ann', 'bob', 'cid', 'dan', 'eve']) await scheduler.accept(askOf(person))
  renderer.setCapacity(1)
  assert.deepEqual(activeIds(renderer), ['j0', 'j1', 'j2'])
  for (const left of [['j1', 'j2'], ['j2'], ['j3']]) {
    renderer.active[0]!.finish()
    await settled()
    assert.deepEqual(activeIds(renderer), left)
  }
  renderer.setCapacity(0)
  renderer.active[0]!.finish()
  await settled()
  assert.deepEqual(activeIds(renderer), [])
  assert.equal(scheduler.find('j3')!.state, 'done')
  assert.equal(scheduler.find('j4')!.state, 'waiting')
})

test('a scheduler that has stopped no longer listens to the capacity', async () => {
  const { scheduler, renderer } = await openScheduler({ slots: 0 })
  await scheduler.accept(askOf('ann'))
  assert.equal(renderer.listeners(), 1)
  await scheduler.stop()
  assert.equal(renderer.listeners(), 0)
})

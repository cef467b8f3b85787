// Lanes: trainings of styles and drawings wait for nothing but their own kind.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openJournal } from '../../src/jobs/journal/journal.ts'
import { trainingAttempts } from '../../src/jobs/lane.ts'
import type { AnimationRequest } from '../../src/jobs/request.ts'
import { askOf, ownerOf } from './asks.ts'
import { createManualRenderer } from './manual-renderer.ts'
import { activeIds, idsOf, openScheduler, refusal } from './open-scheduler.ts'

const training = (id: string): Partial<AnimationRequest> => ({ training: { id, pictures: 12 }, style: id })
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('a training takes no slot and no turn of a drawing, and one runs at a time', async () => {
  const trainer = createManualRenderer(1)
  const { scheduler, renderer, limits } = await openScheduler({
    trainer,
    limits: { person: { running: 1, waiting: 1 }, space: {}, all: {} },
  })
  assert.deepEqual(limits.person, { running: 1, waiting: 1 })
  const first = await scheduler.accept(askOf('ann', training('one')))
  const drawing = await scheduler.accept(askOf('ann'))
  const second = await scheduler.accept(askOf('bob', training('two')))
  assert.deepEqual(activeIds(trainer), [first.id])
  assert.deepEqual(activeIds(renderer), [drawing.id], 'though ann has something running already')
  assert.deepEqual(scheduler.load(), { waiting: 1, running: 2 })

  // What waits stands behind the trainings alone.
  const next = await scheduler.accept(askOf('ann'))
  assert.equal(scheduler.standing(next.id)!.ahead, 0)
  assert.equal(scheduler.standing(second.id)!.ahead, 1)
  assert.equal(scheduler.standing(first.id)!.ahead, undefined)
  assert.deepEqual(idsOf(scheduler.standings().map(({ job }) => job)).sort(), [first.id, drawing.id, second.id, next.id].sort())

  renderer.active[0]!.finish(1000)
  await tick()
  assert.deepEqual(activeIds(renderer), [next.id])
  trainer.active[0]!.finish(1_000_000)
  await tick()
  assert.deepEqual(activeIds(trainer), [second.id])
  // A training's hour tells nothing of how long a drawing takes: 64 units took a second.
  assert.equal(scheduler.expectedMs(next.request), 1000)
})

test('of one person one training waits at most, and drawings do not count', async () => {
  const none = { trainer: createManualRenderer(0), slots: 0 }
  const { scheduler } = await openScheduler({ ...none, limits: { person: { waiting: 1 }, space: {}, all: {} } })
  await scheduler.accept(askOf('ann', training('one')))
  await scheduler.accept(askOf('ann'))
  const { code, message } = await refusal(scheduler.accept(askOf('ann', training('two'))))
  assert.deepEqual([code, message], ['too-many-trainings', '1 style waits to be learned for you already, as many as may: ask again later.'])
  assert.equal((await refusal(scheduler.accept(askOf('ann')))).code, 'too-many-waiting')
})

test('without a trainer none is taken on', async () => {
  const { scheduler } = await openScheduler()
  assert.equal((await refusal(scheduler.accept(askOf('ann', training('one'))))).code, 'no-training')
})

test('stopped in the middle, a training waits again; cancelled, its slot is free', async () => {
  const trainer = createManualRenderer(1)
  const { scheduler, journal, told } = await openScheduler({ trainer })
  const { id } = await scheduler.accept(askOf('ann', training('one')))
  await scheduler.stop()
  assert.equal(journal.find(id)!.state, 'waiting')
  assert.deepEqual(journal.live()[0]!.request.training, { id: 'one', pictures: 12 })

  const again = await openScheduler({ trainer: createManualRenderer(1), journal, newId: () => 'later' })
  const other = await again.scheduler.accept({ ...askOf('bob', training('two')), owner: ownerOf('bob') })
  assert.equal(again.scheduler.find(id)!.state, 'running')
  await again.scheduler.cancel(id)
  await tick()
  assert.deepEqual([again.scheduler.find(id)!.state, again.scheduler.find(other.id)!.state], ['cancelled', 'running'])
  assert.deepEqual(told(), [`${id} waiting`, `${id} running`, `${id} waiting`])
})

test('a training is begun as often as its lane allows, however often the process dies, and then given up', async () => {
  const journal = openJournal(':memory:')
  const open = () => openScheduler({ trainer: createManualRenderer(1), journal })
  const first = await open()
  const { id } = await first.scheduler.accept(askOf('ann', training('one')))
  for (let attempts = 2; attempts <= trainingAttempts; attempts++) {
    const { scheduler } = await open()
    assert.partialDeepStrictEqual(scheduler.find(id), { state: 'running', attempts })
  }
  const { scheduler } = await open()
  assert.partialDeepStrictEqual(scheduler.find(id), { state: 'failed', reason: { code: 'gave-up', data: { attempts: trainingAttempts } } })
})

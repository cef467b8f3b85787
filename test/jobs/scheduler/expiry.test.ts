// When who waits is given up.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askOf } from '../asks.ts'
import { createManualRenderer } from '../manual-renderer.ts'
import { openScheduler } from '../open-scheduler.ts'

const hourMs = 3_600_000

test('who has waited for six hours is given up, and not before', async () => {
  const { scheduler, clock, told } = await openScheduler({ slots: 0 })
  await scheduler.accept(askOf('ann'))
  await clock.advance(hourMs)
  await scheduler.accept(askOf('bob'))
  await clock.advance(5 * hourMs - 1)
  assert.deepEqual(told(), ['j0 waiting', 'j1 waiting'])
  await clock.advance(1)
  assert.deepEqual(told().slice(2), ['j0 expired'])
  assert.equal(scheduler.find('j0')!.reason!.code, 'waited-too-long')
  await clock.advance(hourMs)
  assert.deepEqual(told().slice(3), ['j1 expired'])
})

test('who waited too long while nothing ran is given up at the next start, and nobody once it has stopped', async () => {
  const first = await openScheduler({ slots: 0, maxWaitMs: hourMs })
  await first.scheduler.accept(askOf('ann'))
  await first.scheduler.stop()
  await first.clock.advance(2 * hourMs)
  assert.deepEqual(first.told(), ['j0 waiting'])
  const second = await openScheduler({ slots: 0, journal: first.journal, maxWaitMs: 0 })
  assert.equal(second.scheduler.find('j0')!.state, 'expired')
})

test('a training that was begun before a stop goes on after it, however long ago it came; a drawing does not', async () => {
  const trainer = createManualRenderer(1)
  const first = await openScheduler({ maxWaitMs: hourMs, trainer })
  const training = await first.scheduler.accept(askOf('ann', { training: { id: 'one', pictures: 12 } }))
  const drawing = await first.scheduler.accept(askOf('ann'))
  await first.clock.advance(2 * hourMs)
  assert.deepEqual(
    [training.id, drawing.id].map((id) => first.scheduler.find(id)!.state),
    ['running', 'running'],
  )
  await first.scheduler.stop()
  const second = await openScheduler({ journal: first.journal, maxWaitMs: 0, trainer: createManualRenderer(1) })
  assert.deepEqual(
    [training.id, drawing.id].map((id) => second.scheduler.find(id)!.state),
    ['running', 'expired'],
  )
})

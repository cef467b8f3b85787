// What a start takes up after a stop, a death, or a journal that could not be written.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openJournal } from '../../src/jobs/journal.ts'
import { askOf } from './asks.ts'
import { settled } from './manual-clock.ts'
import { activeIds, fillableJournal, openScheduler, refusal } from './open-scheduler.ts'

test('stopping hands running jobs back, and the next start renders them first as if it had not begun them', async () => {
  const first = await openScheduler()
  const { journal } = first
  for (const person of ['ann', 'bob', 'cid']) await first.scheduler.accept(askOf(person))
  first.renderer.active[0]!.finish()
  await settled()
  await first.scheduler.stop()
  assert.deepEqual(activeIds(first.renderer), [])
  assert.deepEqual(
    journal.live().map(({ id, state, attempts }) => ({ id, state, attempts })),
    [
      { id: 'j1', state: 'waiting', attempts: 0 },
      { id: 'j2', state: 'waiting', attempts: 0 },
    ],
  )
  assert.equal((await refusal(first.scheduler.accept(askOf('dan')))).code, 'stopping')
  const second = await openScheduler({ journal })
  assert.deepEqual(activeIds(second.renderer), ['j1'])
  for (let n = 0; n < 2; n++) {
    second.renderer.active[0]!.finish()
    await settled()
  }
  assert.deepEqual(
    second.scheduler.untold().map(({ id, state }) => `${id} ${state}`),
    ['j0 done', 'j1 done', 'j2 done'],
  )
})

test('a job whose process died in the middle is begun once more, before what waits, and then given up', async () => {
  const journal = openJournal(':memory:')
  const first = await openScheduler({ journal })
  await first.scheduler.accept(askOf('ann'))
  await first.scheduler.accept(askOf('bob', { seed: '7' }))
  const second = await openScheduler({ journal, newId: () => 'k0' })
  assert.deepEqual(
    second.renderer.begun.map(({ id, attempts }) => ({ id, attempts })),
    [{ id: 'j0', attempts: 2 }],
  )
  const third = await openScheduler({ journal })
  assert.partialDeepStrictEqual(third.scheduler.find('j0'), { state: 'failed', reason: { code: 'gave-up', data: { attempts: 2 } } })
  assert.deepEqual(
    third.renderer.begun.map(({ id, attempts }) => ({ id, attempts })),
    [{ id: 'j1', attempts: 1 }],
  )
})

test('what was measured is known after a restart', async () => {
  const { scheduler, renderer, journal } = await openScheduler()
  await scheduler.accept(askOf('ann', { frames: 10 }))
  renderer.active[0]!.finish(10_000)
  await settled()
  await scheduler.stop()
  const second = await openScheduler({ journal, newId: () => 'k0' })
  await second.scheduler.accept(askOf('ann', { frames: 3 }))
  assert.equal(second.scheduler.standing('k0')!.leftMs, 3000)
})

test('where the journal can no longer be written nothing is begun, taken on or ended, and the next start goes on', async () => {
  const disk = fillableJournal()
  const { scheduler, renderer, errors, told } = await openScheduler({ journal: disk.journal })
  for (const person of ['ann', 'bob']) await scheduler.accept(askOf(person))
  disk.full = true
  renderer.active[0]!.finish()
  await settled()
  assert.match(String(errors[0]), /disk is full/)
  assert.equal(scheduler.trouble(), 'the journal cannot be written')
  assert.equal((await refusal(scheduler.accept(askOf('cid')))).code, 'journal-failed')
  assert.equal(await scheduler.cancel('j1'), undefined)
  renderer.setCapacity(5)
  await scheduler.stop()
  assert.deepEqual(told(), ['j0 waiting', 'j0 running', 'j1 waiting'])
  disk.full = false
  const second = await openScheduler({ journal: disk.journal })
  assert.deepEqual(
    second.renderer.begun.map(({ id, attempts }) => ({ id, attempts })),
    [{ id: 'j0', attempts: 2 }],
  )
})

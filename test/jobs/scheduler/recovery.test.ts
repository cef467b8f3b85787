// What a start takes up after a stop, a death, or a journal that could not be written.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFairQueue } from '../../../src/jobs/fair-queue/fair-queue.ts'
import { costOf } from '../../../src/jobs/job.ts'
import { openJournal } from '../../../src/jobs/journal/journal.ts'
import { temporaryFolder } from '../../store/folder.ts'
import { askOf, noLimits, requestOf } from '../asks.ts'
import { settled } from '../manual-clock.ts'
import { activeIds, fillableJournal, openScheduler, refusal } from '../open-scheduler.ts'

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

test('a large request that saves up for its turn is served when it would be, however often the process dies meanwhile', async () => {
  const large = 24
  /** Who is begun, in that order, until the large one is; `dan` joins late, `cid` goes away. */
  async function begunUntilLarge(rendersPerLife: number): Promise<string[]> {
    const journal = openJournal(':memory:')
    const begun: string[] = []
    let ids = 0
    for (;;) {
      const life = { journal, newId: () => `j${ids++}`, limits: noLimits }
      const quantum = costOf(requestOf())
      // One dies before there was a slot.
      if (ids > 0) await openScheduler({ ...life, queue: createFairQueue(quantum), slots: 0 })
      const { scheduler, renderer } = await openScheduler({ ...life, queue: createFairQueue(quantum) })
      const feed = (person: string) => scheduler.accept(askOf(person, { space: person.startsWith('d') ? 'other' : 's' }))
      if (ids === 0) {
        for (const person of ['ann', 'bob', 'cid', 'ann', 'bob', 'cid']) await feed(person)
        await scheduler.accept(askOf('eve', { frames: large }))
      }
      for (let n = 0; n < rendersPerLife; n++) {
        const { person } = renderer.active[0]!.job.owner
        begun.push(person)
        assert.ok(begun.length <= 6 * large, begun.join(' '))
        if (person === 'eve') return begun
        // The next one is there before this one leaves, as with people who never stop asking.
        if (person !== 'cid') await feed(person)
        if (begun.length === 10) for (let k = 0; k < 2; k++) await feed('dan')
        renderer.active[0]!.finish()
        await settled()
      }
    }
  }
  const undisturbed = await begunUntilLarge(Number.POSITIVE_INFINITY)
  assert.ok(undisturbed.length > 2 * large, `${undisturbed.length} were begun`)
  for (const rendersPerLife of [1, 2, 5, 11]) assert.deepEqual(await begunUntilLarge(rendersPerLife), undisturbed)
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

/** Between two tries, and a little more. */
const triedAgainMs = 2500

test('when the journal can be written again what was running is begun anew, uncounted, and requests are taken on', async () => {
  const disk = fillableJournal()
  const { scheduler, renderer, clock, errors, told } = await openScheduler({ journal: disk.journal, slots: 2 })
  let recoveries = 0
  scheduler.onRecovery(() => recoveries++)
  for (const person of ['ann', 'bob', 'cid']) await scheduler.accept(askOf(person))
  disk.full = true
  renderer.active[0]!.finish()
  await settled()
  for (let n = 0; n < 3; n++) await clock.advance(triedAgainMs)
  assert.equal((await refusal(scheduler.accept(askOf('dan')))).code, 'journal-failed')
  assert.deepEqual(activeIds(renderer), [])
  assert.equal(errors.length, 1, 'it is told once')
  disk.full = false
  await clock.advance(triedAgainMs)
  assert.equal(scheduler.trouble(), undefined)
  assert.equal(recoveries, 1)
  assert.deepEqual(activeIds(renderer), ['j0', 'j1'])
  assert.deepEqual(
    renderer.active.map(({ job }) => job.attempts),
    [1, 1],
  )
  await scheduler.accept(askOf('dan'))
  while (renderer.active.length > 0) {
    renderer.active[0]!.finish()
    await settled()
  }
  assert.deepEqual(
    told().filter((line) => line.endsWith('done')),
    ['j0', 'j1', 'j2', 'j3'].map((id) => `${id} done`),
  )
  assert.deepEqual(disk.journal.live(), [])
})

test('a job that could not be begun keeps no slot and is begun when it can be', async () => {
  const disk = fillableJournal()
  const { scheduler, renderer, clock } = await openScheduler({ journal: disk.journal, slots: 0 })
  for (const person of ['ann', 'bob']) await scheduler.accept(askOf(person))
  disk.full = true
  renderer.setCapacity(1)
  assert.deepEqual(activeIds(renderer), [])
  // Whoever asks meanwhile hears that it waits.
  for (const id of ['j0', 'j1']) assert.equal(scheduler.standing(id)?.job.state, 'waiting')
  disk.full = false
  await clock.advance(triedAgainMs)
  assert.deepEqual(activeIds(renderer), ['j0'])
  renderer.active[0]!.finish()
  await settled()
  assert.deepEqual(activeIds(renderer), ['j1'])
})

test('whoever asks first when there is room again need not wait for the next try', async () => {
  const disk = fillableJournal()
  const { scheduler, renderer } = await openScheduler({ journal: disk.journal })
  await scheduler.accept(askOf('ann'))
  disk.full = true
  renderer.active[0]!.finish()
  await settled()
  disk.full = false
  await scheduler.accept(askOf('bob'))
  assert.equal(scheduler.trouble(), undefined)
  assert.deepEqual(activeIds(renderer), ['j0'])
})

test('a request that could not be written down stops nothing that runs, and is told of until one could be', async () => {
  const disk = fillableJournal()
  const { scheduler, renderer, clock } = await openScheduler({ journal: disk.journal })
  await scheduler.accept(askOf('ann'))
  disk.full = true
  assert.equal((await refusal(scheduler.accept(askOf('bob')))).code, 'journal-failed')
  await clock.advance(triedAgainMs)
  assert.equal(scheduler.trouble(), 'the journal cannot be written')
  assert.deepEqual(activeIds(renderer), ['j0'])
  disk.full = false
  await clock.advance(triedAgainMs)
  assert.equal(scheduler.trouble(), undefined)
  renderer.active[0]!.finish()
  await settled()
  assert.equal(scheduler.find('j0')!.state, 'done')
})

test('a scheduler that stops while the journal cannot be written tries no more', async () => {
  const disk = fillableJournal()
  const { scheduler, renderer, clock } = await openScheduler({ journal: disk.journal })
  await scheduler.accept(askOf('ann'))
  disk.full = true
  renderer.active[0]!.finish()
  await settled()
  await scheduler.stop()
  disk.full = false
  await clock.advance(10 * triedAgainMs)
  assert.deepEqual(activeIds(renderer), [])
})

const disk = temporaryFolder()
const fullDisk = join(import.meta.dirname, 'full-disk-process.ts')
const mayMount = spawnSync('unshare', ['-m', 'true']).status === 0

test('on a real disk that was full for a moment requests are taken on again', {
  skip: mayMount ? false : 'nothing may be mounted here',
}, () => {
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['-m', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$1" "$2" "$0"', disk, process.execPath, fullDisk],
    { encoding: 'utf8', timeout: 120_000 },
  )
  assert.equal(status, 0, stderr)
  assert.deepEqual(stdout.trim().split('\n'), ['refused journal-failed', 'recovered', 'accepted running'])
})

// What the journal keeps, and what it refuses to write.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { begin, end, type Job, newJob } from '../../../src/jobs/job.ts'
import { openJournal } from '../../../src/jobs/journal/journal.ts'
import { temporaryFolder } from '../../store/folder.ts'
import { askOf } from '../asks.ts'
import { resultOf } from '../manual-renderer.ts'

const folder = temporaryFolder()
const everything = { from: 0, limit: Number.POSITIVE_INFINITY }

function jobOf(id: string, person = 'ann', space = 's', acceptedMs = 1000): Job {
  return newJob(askOf(person, { space }), id, acceptedMs)
}

function done(job: Job, blob: string, endedMs: number): Job {
  return end(begin(job, 1, endedMs - 1), { state: 'done', result: { ...resultOf(job), blob } }, endedMs)
}

const cancelled = (job: Job, endedMs: number) =>
  end(job, { state: 'cancelled', reason: { code: 'c', message: 'C.', data: [1, null] } }, endedMs)

test('a job is read back as it was written, from another process too', () => {
  const path = join(folder, 'back.sqlite')
  const ask = askOf('ann', { prompt: 'Ünïcode 猫 "quoted"\n', seed: '18446744073709551615', model: { checkpoint: 'a', loras: [] } })
  const job = newJob({ ...ask, address: { deep: [1.5, null, 'x'] }, priority: 2.5 }, 'j0', 1_795_592_372_814.5)
  const first = openJournal(path)
  first.add(job)
  first.close()
  const second = openJournal(path)
  assert.deepEqual(second.find('j0'), job)
  const finished = done(job, 'a.webp', 1_795_592_399_000)
  second.change([begin(job, 1, 1_795_592_398_999)])
  assert.equal(second.find('j0')!.state, 'running')
  second.change([finished])
  second.close()
  const third = openJournal(path)
  assert.deepEqual(third.find('j0'), finished)
  third.told('j0')
  assert.deepEqual(third.find('j0'), { ...finished, told: true })
  third.close()
})

test('what an earlier version wrote of an animation is read as what this one writes; what no version wrote is told with its job', () => {
  const path = join(folder, 'earlier.sqlite')
  const finished = done(jobOf('j0'), 'a.webp', 5)
  const { closing: _unmeasured, ...details } = finished.result!.details!
  const first = openJournal(path)
  for (const id of ['j0', 'j1']) {
    first.add(jobOf(id))
    first.change([{ ...finished, id }])
  }
  first.close()
  const sql = new DatabaseSync(path)
  const write = sql.prepare('UPDATE jobs SET result = ? WHERE id = ?')
  write.run(JSON.stringify({ blob: 'a.webp', details: { ...details, notes: ['It was made smaller.'] } }), 'j0')
  write.run(JSON.stringify({ blob: 'a.webp', details: { format: 'png' } }), 'j1')
  sql.close()
  const second = openJournal(path)
  const notes = [{ code: 'sentence', message: 'It was made smaller.', data: {} }]
  assert.deepEqual(second.find('j0')!.result, { blob: 'a.webp', details: { ...details, notes } })
  assert.throws(() => second.find('j1'), /job j1 .*details/)
  second.close()
})

test('an end is written once: a second one, and one of an unknown job, are refused with everything beside them', () => {
  const journal = openJournal(':memory:')
  const [one, two] = [jobOf('j1'), jobOf('j2')]
  journal.add(one)
  journal.add(two)
  journal.change([cancelled(one, 5)])
  assert.throws(
    () => journal.change([done(two, 'a.webp', 6), done(one, 'b.webp', 6)], { name: 'n', value: 1 }),
    /j1 is unknown or has ended/,
  )
  assert.equal(journal.find('j1')!.state, 'cancelled')
  assert.deepEqual(journal.find('j2'), two)
  assert.equal(journal.kept('n'), undefined)
  assert.throws(() => journal.change([begin(jobOf('j3'), 1, 5)]), /j3 is unknown/)
  assert.throws(() => journal.add(one), /UNIQUE/)
  assert.throws(() => journal.change([{ ...two, state: 'done' }]), /j2 is done, but ended at undefined/)
})

test('live ones come in the order of asking, untold ones in the order of ending', () => {
  const journal = openJournal(':memory:')
  for (const id of ['a', 'b', 'c', 'd']) journal.add(jobOf(id))
  journal.change([cancelled(jobOf('c'), 10)])
  journal.change([cancelled(jobOf('a'), 20)])
  const ids = (jobs: readonly Job[]) => jobs.map(({ id }) => id)
  assert.deepEqual(ids(journal.live()), ['b', 'd'])
  assert.deepEqual(ids(journal.untold()), ['c', 'a'])
  journal.told('c')
  assert.deepEqual(ids(journal.untold()), ['a'])
  assert.throws(() => journal.told('b'), /b has not ended/)
  assert.doesNotThrow(() => journal.told('unknown'))
})

test("a person's jobs are theirs on one platform and in every space, page by page", () => {
  const journal = openJournal(':memory:')
  for (let n = 0; n < 5; n++) journal.add(newJob(askOf('ann', { space: n % 2 ? 's' : 'direct', prompt: `cat ${n}` }), `a${n}`, 1000))
  journal.add(jobOf('b0', 'bob'))
  const elsewhere = jobOf('x0')
  journal.add({ ...elsewhere, owner: { ...elsewhere.owner, platform: 'other' } })
  const page = (from: number, limit: number) => {
    const { jobs, total } = journal.list({ platform: 'test', person: 'ann' }, { from, limit })
    return { ids: jobs.map(({ id }) => id), total }
  }
  assert.deepEqual(page(0, 2), { ids: ['a4', 'a3'], total: 5 })
  assert.deepEqual(page(4, 2), { ids: ['a0'], total: 5 })
  assert.deepEqual(page(9, 2), { ids: [], total: 5 })
  assert.equal(journal.list({}, everything).total, 7)
  const even = journal.list({ space: 's' }, { ...everything, prompt: (prompt) => prompt !== 'cat 1' })
  assert.deepEqual({ ids: even.jobs.map(({ id }) => id), total: even.total }, { ids: ['x0', 'b0', 'a3'], total: 3 })
})

test('forgetting removes told ends alone, and names the blobs that are nobody else’s', () => {
  const journal = openJournal(':memory:')
  for (const { id, blob } of [
    { id: 'a', blob: 'shared.webp' },
    { id: 'b', blob: 'shared.webp' },
    { id: 'c', blob: 'own.webp' },
    { id: 'd', blob: 'untold.webp' },
  ]) {
    journal.add(jobOf(id))
    journal.change([done(jobOf(id), blob, 5)])
    if (id !== 'd') journal.told(id)
  }
  journal.add(jobOf('e'))
  journal.annotate('a', { at: 1 })
  assert.deepEqual(journal.forget(['a', 'c', 'd', 'e', 'unknown']), ['own.webp'])
  assert.equal(journal.find('a'), undefined)
  assert.equal(journal.noteOf('a'), undefined)
  for (const id of ['d', 'e']) assert.equal(journal.find(id)!.id, id)
  assert.equal(journal.holds('shared.webp'), true)
  assert.equal(journal.holds('own.webp'), false)
  assert.deepEqual(journal.forget(['b', 'b']), ['shared.webp'])
})

test('what is kept beside a change is written with it', () => {
  const journal = openJournal(':memory:')
  journal.add(jobOf('a'))
  journal.change([begin(jobOf('a'), 1, 5)], { name: 'n', value: { rate: [1, 2] } })
  assert.deepEqual(journal.kept('n'), { rate: [1, 2] })
  journal.change([cancelled(jobOf('a'), 5)], { name: 'n', value: null })
  assert.equal(journal.kept('n'), null)
})

/** What the chat writes as an address, as far as it matters here. */
const askedBy = (person: string, isPrivate: boolean, id: string, space = 's'): Job =>
  newJob({ ...askOf(person, { space }), address: { private: isPrivate } }, id, 1)

test('what one may see is what is done and shown there, and the own that is private, newest end first', () => {
  const journal = openJournal(':memory:')
  const jobs = [
    askedBy('ann', false, 'a0'),
    askedBy('ann', true, 'a1'),
    askedBy('bob', true, 'b0'),
    askedBy('bob', false, 'b1'),
    askedBy('ann', false, 'a2', 'elsewhere'),
    askedBy('ann', true, 'a3', 'elsewhere'),
    askedBy('ann', false, 'a4'),
  ]
  for (const [n, job] of jobs.entries()) {
    journal.add(job)
    journal.change([job.id === 'a4' ? cancelled(job, 100) : done(job, `${job.id}.webp`, 10 + n)])
  }
  const seen = (person: string, space = 's', from = 0, limit = 9) => {
    const { jobs, total } = journal.ended({ visibleTo: { platform: 'test', space, person }, from, limit })
    return `${jobs.map(({ id }) => id)} of ${total}`
  }
  assert.equal(seen('ann'), 'b1,a1,a0 of 3')
  assert.equal(seen('bob'), 'b1,b0,a0 of 3')
  assert.equal(seen('cid'), 'b1,a0 of 2')
  assert.equal(seen('ann', 'elsewhere'), 'a3,a2 of 2')
  assert.equal(seen('ann', 's', 1, 1), 'a1 of 3')
  journal.close()
})

test('what one may see is searched by words of prompt and style, whatever their case, and nothing hidden is found', () => {
  const journal = openJournal(':memory:')
  const asks = [
    ['a0', 'ann', false, 'A Red BALL', 'sepia'],
    ['a1', 'ann', true, 'a red ball in private', undefined],
    ['b0', 'bob', true, 'a red ball of bob', undefined],
    ['b1', 'bob', false, 'eine große ÜBERRASCHUNG', undefined],
  ] as const
  for (const [n, [id, person, hidden, prompt, style]] of asks.entries()) {
    const job = askedBy(person, hidden, id)
    const asked = { ...job, request: { ...job.request, prompt, ...(style && { style }) } }
    journal.add(asked)
    journal.change([done(asked, `${id}.webp`, 10 + n)])
  }
  const found = (search: string) => {
    const { jobs, total } = journal.ended({ visibleTo: { platform: 'test', space: 's', person: 'ann' }, search, from: 0, limit: 9 })
    return `${jobs.map(({ id }) => id)} of ${total}`
  }
  assert.equal(found('red ball'), 'a1,a0 of 2')
  assert.equal(found('SEPIA red'), 'a0 of 1')
  assert.equal(found('überraschung'), 'b1 of 1')
  assert.equal(found('nowhere'), ' of 0')
  assert.equal(found('  '), 'b1,a1,a0 of 3')
  journal.close()
})

test('what is more than is kept is the oldest of each person, by number or bytes, then the oldest of all; of other platforms nothing', () => {
  const journal = openJournal(':memory:')
  const add = (id: string, person: string, bytes: number, platform = 'test') => {
    const job = newJob({ ...askOf(person), owner: { platform, space: 's', person } }, id, 1)
    const { details } = resultOf(job)
    journal.add(job)
    journal.change([
      end(begin(job, 1, 1), { state: 'done', result: { blob: `${id}.webp`, details: { ...details!, bytes } } }, Number(id.slice(1))),
    ])
  }
  for (const n of [1, 2, 3]) add(`a${n}`, 'ann', 10)
  for (const n of [4, 5]) add(`b${n}`, 'bob', 60)
  add('c6', 'cid', 10)
  add('x7', 'dan', 500, 'other')
  journal.add(jobOf('w0', 'ann'))
  const beyond = (person: { jobs: number; bytes: number }, all: { jobs: number; bytes: number }) =>
    journal.beyond({ platform: 'test', person, all }).map(({ id }) => id)
  const much = { jobs: 99, bytes: 999 }
  assert.deepEqual(beyond(much, much), [])
  assert.deepEqual(beyond({ jobs: 2, bytes: 999 }, much), ['a1'])
  assert.deepEqual(beyond({ jobs: 99, bytes: 100 }, much), ['b4'])
  assert.deepEqual(beyond(much, { jobs: 2, bytes: 999 }), ['a1', 'a2', 'a3', 'b4'])
  assert.deepEqual(beyond(much, { jobs: 99, bytes: 75 }), ['a1', 'a2', 'a3', 'b4'])
  journal.close()
})

test('what one may see costs no more for all that others hide, nor far back', () => {
  const journal = openJournal(':memory:')
  for (let n = 0; n < 20_000; n++) {
    const job = askedBy(`person${n % 50}`, n % 4 > 0, `j${n}`)
    journal.add(job)
    journal.change([done(job, `${job.id}.webp`, n)])
  }
  for (const from of [0, 4990, 99_999]) {
    const before = process.cpuUsage()
    const { jobs, total } = journal.ended({ visibleTo: { platform: 'test', space: 's', person: 'guest' }, from, limit: 24 })
    const { user, system } = process.cpuUsage(before)
    assert.equal(jobs.length, Math.max(0, Math.min(24, 5000 - from)))
    assert.equal(total, 5000)
    assert.ok(user + system < 100_000, `${user + system} µs of CPU from ${from}`)
  }
  journal.close()
})

test('what stands beside a grid is held, counted and forgotten with it', () => {
  const journal = openJournal(':memory:')
  const about = { format: 'webp', width: 8, height: 8, frames: 2, fps: 8, notes: [] } as const
  const details = {
    ...about,
    bytes: 10,
    cells: [
      { ...about, bytes: 40 },
      { ...about, bytes: 50 },
    ],
  }
  const job = newJob({ request: askOf('ann').request, owner: askOf('ann').owner, address: null }, 'grid', 1)
  journal.add(job)
  journal.change([end(begin(job, 1, 1), { state: 'done', result: { blob: 'grid.webp', details } }, 2)])
  assert.deepEqual(journal.find('grid')!.result!.details, details)
  for (const name of ['grid.webp', 'grid-1.webp', 'grid-2.webp']) assert.ok(journal.holds(name), name)
  assert.ok(!journal.holds('other-1.webp'))
  const quota = (bytes: number) => ({ platform: job.owner.platform, person: { jobs: 9, bytes }, all: { jobs: 9, bytes: 1000 } })
  assert.deepEqual([journal.beyond(quota(99)).length, journal.beyond(quota(100)).length], [1, 0])
  journal.told('grid')
  assert.deepEqual(journal.forget(['grid']), ['grid.webp', 'grid-1.webp', 'grid-2.webp'])
  assert.ok(!journal.holds('grid-1.webp'))
})

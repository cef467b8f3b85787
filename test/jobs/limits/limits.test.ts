// What the limits refuse, and with which words.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../../src/errors.ts'
import { createJobCounts } from '../../../src/jobs/limits/job-counts.ts'
import { checkWaiting, type Limits, mayRun, tooOften } from '../../../src/jobs/limits/limits.ts'
import { usualLimits } from '../../../src/jobs/limits/usual-limits.ts'

const owner = { platform: 'test', space: 'a', person: 'ann' }
const limits: Limits = { person: { waiting: 2, running: 1 }, space: { waiting: 3 }, all: { waiting: 4, running: 2 } }

function refusal(act: () => void): UserError {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof UserError)
    return error
  }
  assert.fail('not refused')
}

test('a third waiting job of one person is refused with the wait, rounded up to seconds', () => {
  const jobCounts = createJobCounts()
  checkWaiting(limits, jobCounts.of(owner), () => 0)
  jobCounts.move(owner, undefined, 'waiting')
  jobCounts.move(owner, undefined, 'waiting')
  const error = refusal(() => checkWaiting(limits, jobCounts.of(owner), () => 41_200))
  assert.equal(error.code, 'too-many-waiting')
  assert.deepEqual(error.data, { level: 'person', limit: 2, waitS: 42 })
  assert.equal(error.message, '2 animations wait for you already, as many as may: try again in about 42 seconds.')
})

test('a person is counted in every space, a space for all its people, and everybody for all', () => {
  const jobCounts = createJobCounts()
  const elsewhere = { ...owner, space: 'b' }
  jobCounts.move(elsewhere, undefined, 'waiting')
  jobCounts.move(owner, undefined, 'waiting')
  assert.equal(refusal(() => checkWaiting(limits, jobCounts.of(owner), () => 0)).data.level, 'person')
  jobCounts.move(owner, undefined, 'running')
  assert.deepEqual(jobCounts.of(owner), {
    person: { waiting: 2, running: 1 },
    space: { waiting: 1, running: 1 },
    all: { waiting: 2, running: 1 },
  })
  for (const person of ['bob', 'cid']) jobCounts.move({ ...owner, person }, undefined, 'waiting')
  assert.equal(refusal(() => checkWaiting(limits, jobCounts.of({ ...owner, person: 'dan' }), () => 0)).data.level, 'space')
  assert.equal(
    refusal(() => checkWaiting(limits, jobCounts.of({ platform: 'other', space: 'c', person: 'eve' }), () => 0)).data.level,
    'all',
  )
})

test('the same person id on another platform is another person', () => {
  const jobCounts = createJobCounts()
  jobCounts.move(owner, undefined, 'waiting')
  assert.equal(jobCounts.of({ ...owner, platform: 'other' }).person.waiting, 0)
})

test('one running job a person and two in all leave the third where it is', () => {
  const jobCounts = createJobCounts()
  assert.equal(mayRun(limits, jobCounts.of(owner)), true)
  jobCounts.move(owner, undefined, 'running')
  assert.equal(mayRun(limits, jobCounts.of(owner)), false)
  const bob = { ...owner, person: 'bob' }
  assert.equal(mayRun(limits, jobCounts.of(bob)), true)
  jobCounts.move(bob, undefined, 'running')
  assert.equal(mayRun(limits, jobCounts.of({ ...owner, person: 'cid' })), false)
  jobCounts.move(owner, 'running', undefined)
  assert.equal(mayRun(limits, jobCounts.of({ ...owner, person: 'cid' })), true)
})

test('a job that was never counted cannot be moved', () => {
  assert.throws(() => createJobCounts().move(owner, 'waiting', 'running'), /has no job waiting/)
})

test('what is asked too often is refused with what is allowed and the wait', () => {
  const error = tooOften('person', { jobs: 3, perMs: 600_000 }, 199_001)
  assert.equal(error.code, 'too-often')
  assert.equal(error.data.waitS, 200)
  assert.equal(error.message, '3 animations in 10 minutes is what one person may ask for: try again in 4 minutes.')
  assert.equal(tooOften('all', { jobs: 1, perMs: 1000 }, -5).data.waitS, 1)
})

test('the usual limits let a person in an empty house ask and run', () => {
  const counts = createJobCounts().of(owner)
  checkWaiting(usualLimits, counts, () => 0)
  assert.equal(mayRun(usualLimits, counts), true)
})

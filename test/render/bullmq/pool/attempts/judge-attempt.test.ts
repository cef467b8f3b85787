// What is done about an attempt, whatever BullMQ and its host say.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AttemptView, judgeAttempt } from '../../../../../src/render/bullmq/pool/attempts/judge-attempt.ts'
import type { JobLook } from '../../../../../src/render/bullmq/pool/hosts/host-queue.ts'

const looks: readonly JobLook[] = [
  { state: 'waiting' },
  { state: 'active' },
  { state: 'unknown' },
  { state: 'ended', value: 'signed' },
  { state: 'failed', reason: 'stalled' },
]
const views: readonly AttemptView[] = looks.flatMap((found) =>
  (['there', 'gone', 'not heard of yet'] as const).flatMap((host) =>
    [true, false].flatMap((begun) =>
      [0, 1, 3].flatMap((missed) => [true, false].map((overdue) => ({ found, host, begun, missed, overdue }))),
    ),
  ),
)
const usual: AttemptView = { found: { state: 'active' }, host: 'there', begun: true, missed: 0, overdue: false }
const verdict = (changes: Partial<AttemptView>) => judgeAttempt({ ...usual, ...changes })

test('what has ended is settled, whatever has become of its host', () => {
  for (const view of views.filter(({ found }) => found.state === 'ended'))
    assert.deepEqual(judgeAttempt(view), { kind: 'settle', value: 'signed' })
})

test('what its host works on, or may not have heard of yet, is waited for', () => {
  assert.deepEqual(verdict({}), { kind: 'wait' })
  for (const host of ['there', 'not heard of yet'] as const) {
    for (const state of ['waiting', 'active'] as const) assert.deepEqual(verdict({ host, found: { state } }), { kind: 'wait' })
  }
})

test('what a host that is gone had begun is lost, and what it had not begun is not; either is taken away from it', () => {
  assert.deepEqual(verdict({ host: 'gone' }), { kind: 'lose', how: 'its host is silent', revoke: true })
  assert.deepEqual(verdict({ host: 'gone', found: { state: 'waiting' }, begun: false }), { kind: 'again', revoke: true })
})

test('what a host leaves lying for too long is taken away from it', () => {
  assert.deepEqual(verdict({ found: { state: 'waiting' }, begun: false, overdue: true }), { kind: 'again', revoke: true })
  assert.deepEqual(verdict({ begun: false, overdue: true }), { kind: 'again', revoke: true })
  assert.deepEqual(verdict({ overdue: true }), { kind: 'lose', how: 'its host has dropped it', revoke: true })
})

test('what Redis knows nothing of is looked at twice', () => {
  const found = { state: 'unknown' } as const
  assert.deepEqual(verdict({ found, missed: 1 }), { kind: 'wait' })
  assert.deepEqual(verdict({ found, missed: 2 }), { kind: 'lose', how: 'Redis has lost it', revoke: false })
  assert.deepEqual(verdict({ found, missed: 2, begun: false }), { kind: 'again', revoke: false })
})

test('nothing that may have been begun is ever made again without being counted', () => {
  const uncounted = views.filter((view) => judgeAttempt(view).kind === 'again')
  assert.ok(uncounted.length > 0)
  for (const { found, begun } of uncounted) assert.ok(!begun || found.state === 'waiting', JSON.stringify({ found, begun }))
})

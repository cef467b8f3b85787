// Seen set: keys count as seen for a time, and the oldest are forgotten where there are too many.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeenSet } from '../../../src/chat/router/seen-set.ts'

test('a key is seen until its time is over; each time that it comes begins anew', () => {
  const seen = createSeenSet(1000, 10)
  assert.equal(seen.again('die', 0), false)
  assert.equal(seen.again('die', 999), true)
  assert.equal(seen.again('die', 1998), true)
  assert.equal(seen.again('die', 2998), false)
})

test('of more keys than it may hold, the oldest is forgotten first', () => {
  const seen = createSeenSet(1000, 2)
  for (const key of ['a', 'b', 'c']) seen.again(key, 0)
  assert.equal(seen.again('c', 1), true)
  assert.equal(seen.again('b', 1), true)
  assert.equal(seen.again('a', 1), false)
})

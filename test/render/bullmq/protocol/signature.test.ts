// What is taken for said by whoever has the key, and what is not.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { createSeenNonces, createSignature, maxTextChars, NotAuthentic } from '../../../../src/render/bullmq/protocol/signature.ts'

const schema = z.object({ n: z.number() })
let nowMs = 1_000_000_000_000
const clock = () => nowMs
const ours = createSignature({ key: 'the key of this deployment', nowMs: clock })
const theirs = createSignature({ key: 'the key of somebody else', nowMs: clock })
const refused = (text: unknown, why: RegExp) =>
  assert.throws(
    () => ours.open('order', text, schema),
    (error: unknown) => error instanceof NotAuthentic && why.test(error.message),
  )

test('what was signed is opened as it was, each time with another nonce', () => {
  const [one, two] = [0, 1].map(() => ours.open('order', ours.sign('order', { n: 7 }, 1000), schema))
  assert.deepEqual(one!.body, { n: 7 })
  assert.equal(one!.expiresMs - one!.issuedMs, 1000)
  assert.notEqual(one!.nonce, two!.nonce)
})

test('what another key has signed, or nobody, is refused, and so is each text with one character changed', () => {
  refused(theirs.sign('order', { n: 7 }, 1000), /another key/)
  for (const text of ['', '.', '{}', undefined, 7, { n: 7 }, '.{"kind":"order"}']) refused(text, /key|no text/)
  const text = ours.sign('order', { n: 7 }, 1000)
  for (let at = 0; at < text.length; at++) {
    const changed = text[at] === '8' ? '9' : '8'
    // The last character of a MAC holds four bits of its own: another may say the same.
    if (at === 42 || text[at] === '.') continue
    refused(text.slice(0, at) + changed + text.slice(at + 1), /another key/)
  }
})

test('one kind is never taken for another', () => {
  refused(ours.sign('progress', { n: 7 }, 1000), /is meant as progress, not as order/)
})

test('what has ended is refused, and what is said from the future; a minute is given to clocks', () => {
  const text = ours.sign('order', { n: 7 }, 1000)
  nowMs += 60_000
  ours.open('order', text, schema)
  nowMs += 2000
  refused(text, /ended 61 s ago/)
  const later = ours.sign('order', { n: 7 }, 1000)
  nowMs -= 60_000
  ours.open('order', later, schema)
  nowMs -= 2000
  refused(later, /from now: a clock is wrong/)
})

test('what is too long is neither signed nor looked at, and what is no such thing is refused', () => {
  assert.throws(() => ours.sign('order', { n: 'x'.repeat(maxTextChars) }, 1000), /longer than/)
  refused('x'.repeat(maxTextChars + 100), /too long/)
  refused(ours.sign('order', { n: 'seven' }, 1000), /is not understood: n /)
})

test('a nonce is heard once, until nobody would take it again', () => {
  const seen = createSeenNonces(clock)
  const opened = ours.open('order', ours.sign('order', { n: 7 }, 1000), schema)
  assert.deepEqual([seen.first(opened), seen.first(opened), seen.first(opened)], [true, false, false])
  nowMs += 30_000
  assert.equal(seen.first(opened), false)
})

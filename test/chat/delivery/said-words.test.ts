import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSaidWords } from '../../../src/chat/delivery/said-words.ts'
import type { Job } from '../../../src/jobs/job.ts'

const jobOf = (id: string, person: string): Job => ({ id, owner: { platform: 'web', space: 'page', person } }) as Job
const note = (...unknown: string[]) => ({ code: 'small-world', message: unknown.join(' '), data: { unknown } })

test('a word that the small model does not know is told to each person once, also where the message is shown again', () => {
  const said = createSaidWords()
  const [cat, both, other] = [[note('cat')], [note('cat', 'dog')], [{ code: 'lowered', message: 'Lowered.', data: {} }]]
  assert.deepEqual(said.notesFor(jobOf('a', 'ann'), cat), cat)
  assert.deepEqual(said.notesFor(jobOf('a', 'ann'), cat), cat, 'the same message again')
  assert.deepEqual(said.notesFor(jobOf('b', 'ann'), cat), [])
  assert.deepEqual(said.notesFor(jobOf('c', 'ann'), both), both, 'one of them is new')
  assert.deepEqual(said.notesFor(jobOf('d', 'bob'), cat), cat)
  assert.deepEqual(said.notesFor(jobOf('e', 'ann'), other), other)
})

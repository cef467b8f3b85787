// Who may see, keep, end or delete a job: each rule for the owner, for others there, for an admin there, for people elsewhere and for an operator.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Visibility, visibilityFor } from '../../../src/chat/context/visibility.ts'
import { type Job, newJob, type Owner } from '../../../src/jobs/job.ts'
import type { AnimationRequest } from '../../../src/jobs/request.ts'

const request: AnimationRequest = {
  prompt: 'a red ball',
  negative: '',
  width: 64,
  height: 64,
  frames: 8,
  fps: 8,
  steps: 8,
  guidance: 4,
  seed: '7',
  clipSkip: 1,
  format: 'webp',
}
const ann: Owner = { platform: 'discord', space: 's1', person: 'ann' }

function jobOfAnn(isPrivate: boolean, direct = false): Job {
  const address = { at: null, name: 'ann', locale: 'en', private: isPrivate, direct, maxBytes: 1, stripped: [], forced: [] }
  return newJob({ request, owner: ann, address }, 'k3j9x', 1000)
}
const shown = jobOfAnn(false)
const hidden = jobOfAnn(true)
const saidToTheBotAlone = jobOfAnn(false, true)

const nobodySpecial = { admin: false, operator: false, roles: [] }
const people = {
  owner: visibilityFor({ owner: ann, asker: nobodySpecial }),
  'owner in another server': visibilityFor({ owner: { ...ann, space: 's2' }, asker: nobodySpecial }),
  'somebody there': visibilityFor({ owner: { ...ann, person: 'bob' }, asker: nobodySpecial }),
  'an admin there': visibilityFor({ owner: { ...ann, person: 'root' }, asker: { ...nobodySpecial, admin: true } }),
  'an admin elsewhere': visibilityFor({ owner: { ...ann, space: 's2', person: 'eve' }, asker: { ...nobodySpecial, admin: true } }),
  'the same id on another platform': visibilityFor({ owner: { ...ann, platform: 'slack' }, asker: nobodySpecial }),
  'an operator on the page': visibilityFor({
    owner: { platform: 'web', space: 'page', person: 'op' },
    asker: { admin: true, operator: true, roles: [] },
  }),
}
const namesOf = (may: (visibility: Visibility) => boolean) =>
  Object.entries(people).flatMap(([name, visibility]) => (may(visibility) ? [name] : []))

describe('a job', () => {
  test('that is shown to everybody is seen and kept by those who are there, and by its owner anywhere', () => {
    const expected = ['owner', 'owner in another server', 'somebody there', 'an admin there']
    assert.deepEqual(
      namesOf(({ maySee }) => maySee(shown)),
      expected,
    )
    assert.deepEqual(
      namesOf(({ mayKeep }) => mayKeep(shown)),
      expected,
    )
  })

  test('that is private, or was said to the bot alone, is seen and kept by its owner alone', () => {
    const expected = ['owner', 'owner in another server']
    for (const job of [hidden, saidToTheBotAlone]) {
      assert.deepEqual(
        namesOf(({ maySee }) => maySee(job)),
        expected,
      )
      assert.deepEqual(
        namesOf(({ mayKeep }) => mayKeep(job)),
        expected,
      )
    }
  })

  test('is ended or deleted by its owner, and by an admin where it is, also a private one', () => {
    for (const job of [shown, hidden])
      assert.deepEqual(
        namesOf(({ mayEnd }) => mayEnd(job)),
        ['owner', 'owner in another server', 'an admin there'],
      )
  })

  test('is own for its owner alone', () => {
    assert.deepEqual(
      namesOf(({ isOwn }) => isOwn(shown)),
      ['owner', 'owner in another server'],
    )
  })
})

describe('a queue', () => {
  test('tells of those who are there; an operator of every platform', () => {
    assert.deepEqual(people['somebody there'].queue.scope, { platform: 'discord', space: 's1' })
    assert.deepEqual(people['an admin there'].queue.scope, { platform: 'discord', space: 's1' })
    assert.deepEqual(people['an operator on the page'].queue.scope, {})
  })

  test('shows words to who may see the job, and to operators', () => {
    assert.deepEqual(
      namesOf(({ queue }) => queue.maySeeWords(hidden)),
      ['owner', 'owner in another server', 'an operator on the page'],
    )
  })
})

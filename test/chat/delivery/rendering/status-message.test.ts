// What is said of a request from its place in the queue to its end.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jobFacts, runningMessage, waitingMessage } from '../../../../src/chat/delivery/rendering/status-message.ts'
import type { ReplyTarget } from '../../../../src/chat/delivery/reply-target.ts'
import { english, localeFor } from '../../../../src/chat/locales/locales.ts'
import { newJob } from '../../../../src/jobs/job.ts'
import type { JobProgress } from '../../../../src/jobs/renderer.ts'
import { askOf } from '../../../jobs/asks.ts'

const job = newJob(askOf('ann', { frames: 64, loop: 'auto' }), 'j1', 0)
const to = { at: null, name: 'ann', locale: 'en', private: false, maxBytes: 1, stripped: [], forced: [] } as unknown as ReplyTarget

test('how long it will take is said while it waits, and when it begins', () => {
  assert.match(waitingMessage(job, to, { ahead: 0, leftMs: 400_000 }, english).text, /Ready in about 7 minutes/)
  const beginning = { progress: { stage: 'loading', step: 0, of: 0 } } as const
  assert.equal(
    runningMessage(job, to, { ...beginning, leftMs: 400_000 }, english).progress!.text,
    'Getting ready. It takes about 7 minutes.',
  )
  assert.equal(runningMessage(job, to, beginning, english).progress!.text, 'Getting ready.')
})

test('how it loops is among its facts, where it was measured', () => {
  const loopOf = (seam: number, loop: 'closed' | 'ping-pong', locale: string) => {
    const details = { format: 'webp', width: 8, height: 8, frames: 64, fps: 8, bytes: 5, closing: { loop, seam }, notes: [] } as const
    return jobFacts({ ...job, state: 'done', result: { blob: 'a.webp', details } }, localeFor(locale)).find(({ label }) =>
      /Loop|循环/.test(label),
    )
  }
  assert.equal(loopOf(0.834, 'closed', 'en')!.value, 'closed, seam 0.83')
  assert.equal(loopOf(1, 'ping-pong', 'en')!.value, 'forth and back, seam 1.00')
  assert.equal(loopOf(1, 'ping-pong', 'zh')!.value, '来回播放，接缝 1.00')
  assert.ok(jobFacts(job, english).every(({ label }) => label !== 'Loop'))
})

test('of a style that is taught it is said what is going on: learning it, then drawing its example', () => {
  const teaching = { ...job, request: { ...job.request, style: 'watercolour', training: { id: 't1', pictures: 12 } } }
  const said = (progress?: JobProgress) => runningMessage(teaching, to, { ...(progress && { progress }) }, english).text
  const learning = 'Learning watercolour from 12 pictures'
  assert.equal(said(), learning)
  assert.equal(said({ stage: 'loading', step: 0, of: 0 }), learning)
  assert.equal(said({ stage: 'training', step: 2, of: 4 }), learning)
  assert.equal(said({ stage: 'denoising', step: 1, of: 8 }), 'watercolour is learned; its example is being drawn')
})

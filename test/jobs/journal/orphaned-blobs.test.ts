// Which animations are swept away.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { begin, end, newJob } from '../../../src/jobs/job.ts'
import { openJournal } from '../../../src/jobs/journal/journal.ts'
import { deleteOrphanedBlobs } from '../../../src/jobs/journal/orphaned-blobs.ts'
import { openBlobs } from '../../../src/store/blobs.ts'
import { temporaryFolder } from '../../store/folder.ts'
import { askOf } from '../asks.ts'

const folder = temporaryFolder()

test('animations that no job and no style shows are removed after a day, and not before', async () => {
  const blobs = openBlobs(folder)
  const journal = openJournal(':memory:')
  const job = newJob(askOf('ann'), 'j0', 1)
  journal.add(job)
  journal.change([end(begin(job, 1, 2), { state: 'done', result: { blob: 'held.webp' } }, 3)])
  for (const [name, bytes] of [
    ['held.webp', 10],
    ['example.webp', 20],
    ['lost.webp', 300],
    ['lost.mp4', 4000],
  ] as const) {
    await blobs.put(name, new Uint8Array(bytes))
  }
  const parts = { blobs, journal, shownElsewhere: (name: string) => name === 'example.webp' }
  const dayMs = 24 * 3_600_000
  assert.deepEqual(await deleteOrphanedBlobs({ ...parts, nowMs: Date.now() + dayMs - 60_000 }), { kept: 4330, removed: 0 })
  assert.deepEqual(await deleteOrphanedBlobs({ ...parts, nowMs: Date.now() + dayMs + 60_000 }), { kept: 30, removed: 4300 })
  const left = (await Array.fromAsync(blobs.all())).map(({ name }) => name)
  assert.deepEqual(left.sort(), ['example.webp', 'held.webp'])
})

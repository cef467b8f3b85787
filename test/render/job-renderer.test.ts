// From a job to an animation among the blobs: what is kept of it, and what it is made of.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fixedCapacity } from '../../src/jobs/capacity.ts'
import { newJob } from '../../src/jobs/job.ts'
import { blobsOf } from '../../src/jobs/result-details.ts'
import { createJobRenderer } from '../../src/render/job-renderer.ts'
import type { Recipe } from '../../src/render/recipe.ts'
import { openStore } from '../../src/store/store.ts'
import { temporaryFolder } from '../store/folder.ts'
import { smallRecipe } from './small-recipe.ts'

const closing = { loop: 'closed', seam: 0.5 } as const
const animation = { bytes: Uint8Array.of(1, 2), format: 'webp', width: 64, height: 64, frames: 4, fps: 10 } as const
const earlier = { blob: 'before.webp', frames: 2, as: 'beginning' } as const

test('what an animation goes on from travels with its recipe, and one that is gone is told', async (t) => {
  const store = await openStore({ folder: temporaryFolder() })
  t.after(() => store.close())
  const { blobs } = store
  const rendered: Recipe[] = []
  const renderer = createJobRenderer({
    recipeFor: async (request) => smallRecipe(request),
    pool: {
      ...fixedCapacity(1),
      async render(recipe) {
        rendered.push(recipe)
        return { animation, notes: [], stepMs: [], closing }
      },
    },
    blobs,
    now: () => 0,
  })
  const request = { ...smallRecipe().request, frames: 4, earlier }
  const job = newJob({ request, owner: { platform: 'p', space: 's', person: 'ann' }, address: null }, 'j1', 0)
  const options = { signal: new AbortController().signal, onProgress: () => undefined }
  await assert.rejects(renderer.render(job, options), { name: 'UserError', code: 'given-gone' })
  await assert.rejects(renderer.check!(request), { name: 'UserError', code: 'given-gone' }, 'before it waits for its turn')
  assert.equal(rendered.length, 0)

  await blobs.put('before.webp', Buffer.from('an animation'))
  await renderer.check!(request)
  const { result } = await renderer.render(job, options)
  assert.equal(readFileSync(rendered[0]!.earlier!, 'utf8'), 'an animation')
  const { bytes: _bytes, ...facts } = animation
  assert.deepEqual(result, { blob: 'j1.webp', details: { ...facts, bytes: 2, notes: [], closing } })
})

test('several side by side are kept with each of them alone, under names that follow from theirs', async (t) => {
  const store = await openStore({ folder: temporaryFolder() })
  t.after(() => store.close())
  const { blobs } = store
  const note = { code: 'reduced', message: 'It was lowered.', data: {} }
  const cells = [
    { animation: { ...animation, bytes: Uint8Array.of(3) }, closing },
    { animation: { ...animation, bytes: Uint8Array.of(4, 5, 6), frames: 2 }, note },
  ]
  const renderer = createJobRenderer({
    recipeFor: async (request) => smallRecipe(request),
    pool: { ...fixedCapacity(1), render: async () => ({ animation, notes: [], stepMs: [], closing, cells }) },
    blobs,
    now: () => 0,
  })
  const request = { ...smallRecipe().request, count: 2 }
  const job = newJob({ request, owner: { platform: 'p', space: 's', person: 'ann' }, address: null }, 'j2', 0)
  const { result } = await renderer.render(job, { signal: new AbortController().signal, onProgress: () => undefined })
  assert.deepEqual(
    result.details?.cells?.map(({ bytes, frames, notes, closing: loop }) => ({ bytes, frames, notes, loop })),
    [
      { bytes: 1, frames: 4, notes: [], loop: closing },
      { bytes: 3, frames: 2, notes: [note], loop: undefined },
    ],
  )
  assert.deepEqual(blobsOf(result), ['j2.webp', 'j2-1.webp', 'j2-2.webp'])
  assert.deepEqual(await Promise.all(blobsOf(result).map((blob) => blobs.get(blob))), [Buffer.of(1, 2), Buffer.of(3), Buffer.of(4, 5, 6)])
})

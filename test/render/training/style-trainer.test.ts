// What a style's trainer says of its previews to whoever runs the training.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Job } from '../../../src/jobs/job.ts'
import { pocket } from '../../../src/paths.ts'
import { createStyleTrainer, type StyleTrainerParts } from '../../../src/render/training/style-trainer.ts'
import { temporaryFolder } from '../../store/folder.ts'

test('a preview that gave way is no longer its own, though it has not settled yet', async () => {
  const folder = temporaryFolder()
  const out = join(folder, 'style.safetensors')
  writeFileSync(out, '')
  const seen: boolean[] = []
  const rendering = Promise.withResolvers<never>()
  let nowMs = 0
  const parts: StyleTrainerParts = {
    styles: {
      find: () => ({ folder, word: 'noir', base: { checkpoint: pocket, loras: [] }, out }),
      register: () => Promise.reject(new Error('enough')),
    },
    pool: { render: () => rendering.promise },
    drawings: { render: () => Promise.reject(new Error('nothing is drawn')) },
    trainer: {
      capacity: () => 1,
      onCapacity: () => () => undefined,
      check: async () => {},
      async train(_what, { onStep, preview }) {
        nowMs = 60_000
        onStep({ kind: 'saved', step: 1, of: 2 })
        seen.push(preview.drawing())
        preview.abandon()
        seen.push(preview.drawing())
        rendering.reject(new Error('aborted'))
      },
    },
    now: () => nowMs,
    onTrouble: (error) => assert.fail(String(error)),
  }
  const job = { id: 'one', attempts: 1, request: { prompt: 'a ball', negative: '', training: { id: 'one' } } } as unknown as Job
  const options = { signal: new AbortController().signal, onProgress: () => undefined }
  await assert.rejects(createStyleTrainer(parts).render(job, options as never), /enough/)
  assert.deepEqual(seen, [true, false])
})

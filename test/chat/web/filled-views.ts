// Views with something in them: two that wait, three animations, two styles.

import { readFile } from 'node:fs/promises'
import type { PageViews } from '../../../src/chat/web/index.ts'
import type { Job } from '../../../src/jobs/job.ts'

export async function filledViews(): Promise<PageViews> {
  const ball = await readFile(new URL('../../fixtures/ball.webp', import.meta.url))
  const entries = ['a red ball bouncing in a meadow', 'a blue boat rocking over the sea', 'a pink heart beating in the desert'].map(
    (prompt, n) => ({ job: jobOf(`done${n}`, prompt, 'done'), own: n === 0, kept: false, private: n === 1, mayDelete: n === 0 }),
  )
  return {
    gpuHosts: () => [],
    queue: async () => [
      { job: jobOf('first', 'a green rocket', 'running'), own: true, readable: true, mayCancel: true, leftMs: 12_000 },
      { job: jobOf('second', 'a fish', 'waiting'), own: false, readable: false, mayCancel: false, ahead: 1, leftMs: 130_000 },
    ],
    recent: async (_viewer, { search = '' }) => {
      const found = entries.filter(({ job }) => job.request.prompt.includes(search))
      return { entries: found, total: found.length }
    },
    animation: async () => ball,
    styles: async () => [
      { name: 'anime', about: 'Dark outlines', example: 'a red ball', pictured: true },
      { name: 'sepia', about: 'An old photograph', example: 'a red ball', pictured: false },
    ],
    example: async () => ball,
  }
}

function jobOf(id: string, prompt: string, state: Job['state']): Job {
  return {
    id,
    owner: { platform: 'web', space: 'page', person: 'somebody' },
    address: null,
    priority: 1,
    cost: 1,
    attempts: 1,
    state,
    acceptedMs: Date.now() - 300_000,
    request: {
      prompt,
      negative: '',
      width: 64,
      height: 64,
      frames: 16,
      fps: 10,
      steps: 12,
      guidance: 4,
      clipSkip: 1,
      sampler: 'euler',
      seed: '18446744073709551615',
      format: 'webp',
    },
    ...(state === 'done' && {
      endedMs: Date.now() - 200_000,
      result: { blob: id, details: { format: 'webp', width: 256, height: 256, frames: 16, fps: 10, bytes: 34_968, notes: [] } },
    }),
  }
}

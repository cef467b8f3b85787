// A scheduler in a process of its own, which takes requests, renders them and tells of them until it is killed:
// node scheduler-process.ts JOURNAL ASKS SEED [BEGINNINGS]: where these are named, it kills itself at the last of them. Each line it
// prints is true when it is printed: open, accepted ID, begun ID, ended ID, told ID, idle.

import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { fixedCapacity } from '../../src/jobs/capacity.ts'
import { createFairQueue } from '../../src/jobs/fair-queue/fair-queue.ts'
import { costOf, hasEnded } from '../../src/jobs/job.ts'
import { openJournal } from '../../src/jobs/journal/journal.ts'
import { createScheduler } from '../../src/jobs/scheduler.ts'
import { askOf, noLimits, requestOf } from './asks.ts'
import { resultOf } from './manual-renderer.ts'

const [path, asks, seed, beginnings] = process.argv.slice(2)
let state = Number(seed)
let begun = 0

/** Park and Miller's generator: the same seed does the same again, as far as time lets it. */
function random(below: number): number {
  state = (state * 48_271) % 2_147_483_647
  return state % below
}

function say(line: string): void {
  writeSync(1, `${line}\n`)
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

const scheduler = createScheduler({
  journal: openJournal(path!),
  // What it counts is no record and need not be loaded in each life.
  rateLimiter: { take: async () => undefined },
  limits: { ...noLimits, person: { running: 1 } },
  clock: {
    nowMs: () => Date.now(),
    steadyMs: () => performance.now(),
    after(ms, call) {
      const timer = setTimeout(call, ms)
      return () => clearTimeout(timer)
    },
  },
  queue: createFairQueue(costOf(requestOf())),
  newId: () => randomUUID().replaceAll('-', '').slice(0, 25),
  renderer: {
    ...fixedCapacity(2),
    async render(job, { signal, onProgress }) {
      say(`begun ${job.id}`)
      if (++begun === Number(beginnings)) process.kill(process.pid, 'SIGKILL')
      for (let step = 1; step <= 3; step++) {
        await wait(random(4))
        signal.throwIfAborted()
        onProgress({ stage: 'denoising', step, of: 3 })
      }
      if (random(10) === 0) throw new Error('broken')
      return { result: resultOf(job), renderMs: 6 }
    },
  },
})

const telling = new Set<string>()

async function tell(id: string): Promise<void> {
  if (telling.has(id)) return
  telling.add(id)
  await wait(random(5))
  await scheduler.told(id)
  say(`told ${id}`)
}

scheduler.listen(({ kind, job }) => {
  if (kind === 'progress' || !hasEnded(job)) return
  say(`ended ${job.id}`)
  void tell(job.id)
})
await scheduler.start()
for (const { id } of scheduler.untold()) void tell(id)
say('open')

async function ask(): Promise<void> {
  for (let n = 0; n < Number(asks); n++) {
    const { id } = await scheduler.accept(askOf(`p${random(4)}`, { space: `s${random(2)}`, seed: `${random(30)}` }))
    say(`accepted ${id}`)
    if (random(8) === 0) await scheduler.cancel(id)
    await wait(random(3))
  }
}

await Promise.all([ask(), ask(), ask()])
for (;;) {
  const { waiting, running } = scheduler.load()
  if (waiting + running + scheduler.untold().length === 0) break
  await wait(5)
}
say('idle')
await scheduler.stop()

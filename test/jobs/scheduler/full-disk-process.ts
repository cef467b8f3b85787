// A scheduler on a small disk of its own, which is filled and emptied again; says what becomes of requests meanwhile.

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UserError } from '../../../src/errors.ts'
import { openJournal } from '../../../src/jobs/journal/journal.ts'
import { askOf } from '../asks.ts'
import { settled } from '../manual-clock.ts'
import { openScheduler } from '../open-scheduler.ts'

const folder = process.argv[2]!
const filler = join(folder, 'filler')
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const journal = openJournal(join(folder, 'journal.sqlite'))
const { scheduler, renderer, clock } = await openScheduler({ journal })
await scheduler.accept(askOf('ann'))
fill()
renderer.active[0]?.finish()
await settled()
try {
  // Each takes a few pages of the write-ahead log, where some room may be left.
  for (let n = 0; n < 50; n++) await scheduler.accept(askOf(`person${n}`, { prompt: 'word '.repeat(2000) }))
} catch (error) {
  say(`refused ${(error as UserError).code}`)
}
scheduler.onRecovery(() => say('recovered'))
rmSync(filler)
await clock.advance(2500)
const { id } = await scheduler.accept(askOf('zoe'))
for (let next = renderer.active[0]; next && next.job.id !== id; next = renderer.active[0]) {
  next.finish()
  await settled()
}
say(`accepted ${scheduler.find(id)?.state}`)
await scheduler.stop()
journal.close()

function fill(): void {
  for (let bytes = 1 << 20; bytes >= 512; ) {
    try {
      writeFileSync(filler, Buffer.alloc(bytes), { flag: 'a' })
    } catch {
      bytes /= 2
    }
  }
}

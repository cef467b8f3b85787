// A scheduler that is killed at any moment: what its journal holds afterwards.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { hasEnded } from '../../src/jobs/job.ts'
import { openJournal } from '../../src/jobs/journal.ts'
import { temporaryFolder } from '../store/folder.ts'

const path = join(temporaryFolder(), 'journal.sqlite')

/**
 * @param killAfter how many lines it prints before it is killed, a few milliseconds later
 * @returns the lines printed until then, or until it ended by itself
 */
async function life(asks: number, seed: number, killAfter?: number): Promise<string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'scheduler-process.ts'), path, `${asks}`, `${seed}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  const ended = once(child, 'exit')
  const printed = createInterface(child.stdout)
  const read = once(printed, 'close')
  printed.on('line', (line) => {
    lines.push(line)
    if (lines.length === killAfter) setTimeout(() => child.kill('SIGKILL'), seed % 7)
  })
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null]
  await read
  assert.deepEqual({ code, signal }, killAfter === undefined ? { code: 0, signal: null } : { code: null, signal: 'SIGKILL' })
  return lines
}

test('after twelve deaths at any moment every accepted job has one end, said once at most, and what was told is known as told', async () => {
  const lines: string[] = []
  for (let n = 0; n < 12; n++) lines.push(...(await life(1_000_000, 1000 + n, 5 + ((n * 37) % 120))))
  const last = await life(0, 7)
  assert.ok(last.includes('idle'))
  lines.push(...last)

  const of = (word: string) => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))
  const accepted = of('accepted')
  assert.ok(accepted.length > 100, `${accepted.length} accepted`)
  const ended = of('ended')
  assert.equal(new Set(ended).size, ended.length, 'an end was said twice')
  assert.equal(new Set(of('told')).size, of('told').length, 'told twice')

  const journal = openJournal(path)
  assert.deepEqual(journal.live(), [])
  assert.deepEqual(journal.untold(), [])
  for (const id of [...accepted, ...ended]) {
    const job = journal.find(id)
    assert.ok(job && hasEnded(job) && job.told, `${id} was accepted and is ${job?.state}`)
    assert.ok(job.attempts <= 2)
  }
  const { jobs } = journal.list({}, { from: 0, limit: Number.POSITIVE_INFINITY })
  const states = Map.groupBy(jobs, ({ state, reason }) => reason?.code ?? state)
  // Each of the ways to end has come about, or the deaths came too late to show anything.
  for (const way of ['done', 'cancelled', 'broken']) assert.ok(states.has(way), [...states.keys()].join(' '))
  assert.ok(
    jobs.some(({ attempts, state }) => attempts === 2 && state === 'done'),
    'nothing was rendered again after a death',
  )
  journal.close()
})

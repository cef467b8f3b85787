// A scheduler that is killed at any moment: what its journal holds afterwards.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { hasEnded, newJob } from '../../src/jobs/job.ts'
import { openJournal } from '../../src/jobs/journal/journal.ts'
import { temporaryFolder } from '../store/folder.ts'
import { askOf } from './asks.ts'

const folder = temporaryFolder()

interface Life {
  readonly path: string
  /** How many requests each of three people make. */
  readonly asks: number
  readonly seed: number
  /** How many lines it prints before it is killed, a few milliseconds later. */
  readonly killAfter?: number
  /** It kills itself when it begins so many. */
  readonly beginnings?: number
}

/** @returns the lines printed until then, or until it ended by itself */
async function life({ path, asks, seed, killAfter, beginnings }: Life): Promise<string[]> {
  const options = [path, asks, seed, ...(beginnings === undefined ? [] : [beginnings])].map(String)
  const child = spawn(process.execPath, [join(import.meta.dirname, 'scheduler-process.ts'), ...options], {
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
  assert.deepEqual(
    { code, signal },
    killAfter === undefined && beginnings === undefined ? { code: 0, signal: null } : { code: null, signal: 'SIGKILL' },
  )
  return lines
}

test('after twelve deaths at any moment every accepted job has one end, said once at most, and what was told is known as told', async () => {
  const path = join(folder, 'deaths.sqlite')
  const lines: string[] = []
  for (let n = 0; n < 12; n++) lines.push(...(await life({ path, asks: 1_000_000, seed: 1000 + n, killAfter: 5 + ((n * 37) % 120) })))
  const last = await life({ path, asks: 0, seed: 7 })
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

test('a large request is served although no life of the process is as long as its turn takes to come', async () => {
  const path = join(folder, 'large.sqlite')
  const rounds = 12
  const journal = openJournal(path)
  for (let n = 0; n < 100; n++) journal.add(newJob(askOf(`p${n % 4}`, { space: `s${n % 2}` }), `small${n}`, Date.now()))
  journal.add(newJob(askOf('p4', { space: 's2', frames: rounds }), 'large', Date.now()))
  journal.close()
  // Each round serves one of either space that small requests come from; what a death interrupts is begun twice.
  const beginnings = 10
  for (let n = 0; n * beginnings <= 4 * rounds; n++) {
    const lines = await life({ path, asks: 0, seed: 2000 + n, beginnings })
    if (lines.includes('begun large')) return assert.ok(n >= 2, `in life ${n}`)
  }
  assert.fail('never')
})

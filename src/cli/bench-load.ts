// `zoetrope bench-load`: how scheduler, journal, rate limiter and queue bear many users at once.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { UserError } from '../errors.ts'
import { systemClock } from '../system-clock.ts'
import { openChatTarget } from './bench-load/chat-target.ts'
import { jainIndex, percentile } from './bench-load/fairness.ts'
import type { LoadReport } from './bench-load/load-report.ts'
import { simulateLoad } from './bench-load/load-simulation.ts'
import type { CommandLine } from './command-line/command-line.ts'
import type { Output } from './terminal/output.ts'
import { aligned, inBytes } from './terminal/plain-text.ts'

interface Flags {
  readonly people: number
  readonly spaces: number
  readonly requests: number
  readonly slots: number
  readonly seconds: number
  readonly chat?: boolean
}

export function loadBenchCommand(program: Command, { output }: CommandLine): void {
  const count = (flags: string, about: string, usual: number) => new Option(flags, about).default(usual).argParser(countFrom)
  program
    .command('bench-load')
    .description('play many people who ask at once, with a GPU that answers after a simulated time')
    .addOption(count('--people <n>', 'how many ask', 1000))
    .addOption(count('--spaces <n>', 'how many servers they are in', 20))
    .addOption(count('--requests <n>', 'how many requests they send together', 20_000))
    .addOption(count('--slots <n>', 'how many drawings are made at once', 16))
    .addOption(count('--seconds <n>', 'how long the simulated GPUs draw in all', 90))
    .option('--chat', 'through the whole chat instead of straight to the scheduler')
    .action(async (flags: Flags) => bench(flags, output))
}

async function bench({ people, spaces, requests, slots, seconds, chat = false }: Flags, output: Output): Promise<void> {
  if (requests < people || spaces > people) {
    throw new UserError(
      'bench-too-few',
      `There must be at least one request a person and one person a space, got ${requests} requests of ${people} people in ${spaces} spaces.`,
    )
  }
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-load-'))
  const memory: string[][] = [['done', 'heap after collection', 'resident']]
  const collect = collector()
  try {
    output.note(`${people} people in ${spaces} spaces send ${requests} requests; ${slots} drawings at once for ${seconds} s.`)
    const report = await simulateLoad({
      users: people,
      spaces,
      requests,
      slots,
      drawMs: seconds * 1000,
      path: join(folder, 'journal.sqlite'),
      clock: systemClock,
      rate: { jobs: requests, perMs: 600_000 },
      ...(chat && { openTarget: openChatTarget(join(folder, 'store')) }),
      onQuarter(quarter) {
        collect()
        const { heapUsed, rss } = process.memoryUsage()
        memory.push([`${quarter * 25} %`, inBytes(heapUsed), inBytes(rss)])
      },
    })
    for (const line of aligned(rowsOf(report, chat))) output.line(line)
    output.line('')
    for (const line of aligned(memory, [0, 1, 2])) output.line(line)
    output.data(jsonOf(report))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function rowsOf({ acceptMs, ended, endedTwice, served, looks, most, wallMs, cpuMs }: LoadReport, chat: boolean): string[][] {
  const ms = (share: number) => `${percentile(acceptMs, share).toFixed(1)} ms`
  const jobs = acceptMs.length
  return [
    ['accepted', `${jobs} in ${(wallMs / 1000).toFixed(1)} s, ${Math.round((1000 * jobs) / wallMs)} a second`],
    ['ended', `${[...ended].map(([state, times]) => `${times} ${state}`).join(', ')}; ${endedTwice} twice`],
    ['most at a time', `${most.waiting} waiting, ${most.running} running`],
    ['acknowledged', `p50 ${ms(0.5)}, p99 ${ms(0.99)}, slowest ${ms(1)}; wanted: p99 below 300 ms`],
    [
      'fairness (Jain)',
      `people ${jainIndex(served.users).toFixed(4)}, spaces ${jainIndex(served.spaces).toFixed(4)}; wanted: 0.99 or more`,
    ],
    [
      'CPU a job',
      `${(cpuMs.thisThread / jobs).toFixed(2)} ms, ${looks} looks at places ${chat ? 'and the chat included' : 'included; wanted: 1 ms or less'}`,
    ],
    ['  of all threads', `${(cpuMs.allThreads / jobs).toFixed(2)} ms`],
  ]
}

function jsonOf({ acceptMs, ended, endedTwice, served, looks, most, wallMs, cpuMs }: LoadReport): unknown {
  const [p50, p99, slowest] = [0.5, 0.99, 1].map((share) => percentile(acceptMs, share))
  const fairness = { people: jainIndex(served.users), spaces: jainIndex(served.spaces) }
  return {
    requests: acceptMs.length,
    ended: Object.fromEntries(ended),
    endedTwice,
    looks,
    most,
    wallMs,
    cpuMs,
    acceptMs: { p50, p99, slowest },
    fairness,
  }
}

/** Garbage is not what grows. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

function countFrom(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1 is wanted.')
  return value
}

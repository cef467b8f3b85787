// What became of every request of a chaos run: read from the journal and from what the platforms show.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasEnded, type Job } from '../../src/jobs/job.ts'
import { openJournal } from '../../src/jobs/journal/journal.ts'
import type { FakeMessage } from '../chat/fake-platform.ts'
import { platformNames } from './options.ts'

export interface ChaosReport {
  /** Requests that people have made, and those that were accepted. */
  readonly asked: number
  readonly accepted: number
  /** Answered with why not. */
  readonly refused: number
  readonly ended: Readonly<Record<string, number>>
  /** Accepted, and in no state that is an end. */
  readonly lost: number
  /** With more than one message that shows an animation or an end. */
  readonly postedTwice: number
  /** Ended, and nothing shows it. */
  readonly withoutVisibleEnd: number
  /** Of one job; 0 where it was begun once. */
  readonly mostExtraRuns: number
  readonly jobsWithExtraRuns: number
  readonly longestDelayS: number
  /** Jobs that took longest, with seconds. */
  readonly slowest: Readonly<Record<string, number>>
  /** Why jobs failed, and how many. */
  readonly reasons: Readonly<Record<string, number>>
}

/** @param folder the bot's @param runs files of the hosts, a line for each render that was begun */
export function reportOn(folder: string, asked: string, runs: readonly string[]): ChaosReport {
  const journal = openJournal(join(folder, 'journal.sqlite'))
  const { jobs } = journal.list({}, { from: 0, limit: Number.POSITIVE_INFINITY })
  const untold = journal.untold().length
  journal.close()
  const states = platformNames.flatMap((name) => statesOf(join(folder, `${name}.jsonl`)).map((message) => ({ ...message, room: name })))
  const last = new Map(states.map((message) => [`${message.room} ${message.id}`, message]))
  const shown = Map.groupBy(last.values(), ({ outgoing }) => jobOf(outgoing))
  const animations = Map.groupBy(
    states.filter(({ outgoing }) => outgoing.tone === 'done'),
    ({ outgoing }) => jobOf(outgoing),
  )
  const begun = new Map<string, number>()
  for (const seed of runs.flatMap(seedsIn)) begun.set(seed, (begun.get(seed) ?? 0) + 1)

  const endsOf = (id: string) => (shown.get(id) ?? []).filter(({ outgoing }) => isEnd(outgoing)).length
  const placesOf = (id: string) => new Set((animations.get(id) ?? []).map(({ room, id: message }) => `${room} ${message}`)).size
  const slowest = jobs.toSorted((a, b) => delayS(b) - delayS(a))
  const extra = jobs.map(({ request }) => Math.max(0, (begun.get(request.seed) ?? 0) - 1))
  return {
    asked: seedsIn(asked).length,
    accepted: jobs.length,
    refused: [...last.values()].filter(({ outgoing }) => outgoing.tone === 'refused').length,
    ended: Object.fromEntries([...Map.groupBy(jobs, ({ state }) => state)].map(([state, of]) => [state, of.length])),
    lost: jobs.filter((job) => !hasEnded(job)).length,
    postedTwice: jobs.filter(({ id }) => endsOf(id) > 1 || placesOf(id) > 1).length,
    withoutVisibleEnd: untold + jobs.filter((job) => hasEnded(job) && endsOf(job.id) === 0).length,
    mostExtraRuns: Math.max(0, ...extra),
    jobsWithExtraRuns: extra.filter((n) => n > 0).length,
    reasons: Object.fromEntries(
      [
        ...Map.groupBy(
          jobs.filter(({ state }) => state === 'failed'),
          ({ reason }) => reason?.code ?? '',
        ),
      ].map(([code, of]) => [code, of.length]),
    ),
    longestDelayS: delayS(slowest[0]),
    slowest: Object.fromEntries(slowest.slice(0, 5).map((job) => [`${job.id}, ${job.request.steps} steps`, delayS(job)])),
  }
}

function delayS(job: Job | undefined): number {
  return job ? Math.round(((job.endedMs ?? Date.now()) - job.acceptedMs) / 1000) : 0
}

/** Ids of jobs. */
export function unendedIn(folder: string): readonly string[] {
  const journal = openJournal(join(folder, 'journal.sqlite'))
  const { jobs } = journal.list({}, { from: 0, limit: Number.POSITIVE_INFINITY })
  journal.close()
  return jobs.filter((job) => !hasEnded(job)).map(({ id }) => id)
}

/** Every state that a message had, oldest first. */
function statesOf(file: string): readonly FakeMessage[] {
  if (!existsSync(file)) return []
  // What a kill cut off was never shown.
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { message: FakeMessage }).message)
}

function seedsIn(file: string): readonly string[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => line.split(' ')[0]!)
}

function jobOf({ buttons }: FakeMessage['outgoing']): string | undefined {
  return /job:(\w+)/.exec(buttons?.[0]?.command ?? '')?.[1]
}

function isEnd({ tone }: FakeMessage['outgoing']): boolean {
  return tone !== 'waiting' && tone !== 'running' && tone !== 'plain'
}

// A scheduler for tests: real queue, journal and limits, a clock and a renderer that are moved by hand.

import assert from 'node:assert/strict'
import { UserError } from '../../src/errors.ts'
import type { Job } from '../../src/jobs/job.ts'
import { type Journal, openJournal } from '../../src/jobs/journal/journal.ts'
import { createRateLimiter } from '../../src/jobs/limits/rate-limiter.ts'
import { createScheduler, type JobEvent, type Scheduler, type SchedulerOptions } from '../../src/jobs/scheduler.ts'
import { noLimits } from './asks.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'
import { createManualRenderer, type ManualRenderer } from './manual-renderer.ts'

export interface OpenScheduler extends SchedulerOptions {
  readonly scheduler: Scheduler
  /** 'j0 waiting', 'j0 progress' …, as they were told. */
  readonly told: () => string[]
  readonly renderer: ManualRenderer
  readonly clock: ManualClock
  readonly errors: unknown[]
}

export interface SchedulerChanges extends Partial<Omit<SchedulerOptions, 'renderer' | 'clock'>> {
  readonly slots?: number
  readonly aborted?: 'goes on'
}

/** Started, with nothing limited, one slot, and ids j0, j1 … where nothing else is said. */
export async function openScheduler({ slots = 1, aborted, ...options }: SchedulerChanges = {}): Promise<OpenScheduler> {
  const renderer = createManualRenderer(slots, aborted)
  const clock = createManualClock()
  const events: JobEvent[] = []
  const errors: unknown[] = []
  let ids = 0
  const parts = {
    journal: openJournal(':memory:'),
    rateLimiter: createRateLimiter({ limits: noLimits }),
    renderer,
    limits: noLimits,
    clock,
    newId: () => `j${ids++}`,
    onError: (error: unknown) => errors.push(error),
    ...options,
  }
  const scheduler = createScheduler(parts)
  scheduler.listen((event) => events.push(event))
  await scheduler.start()
  const told = () => events.map(({ job, kind }) => `${job.id} ${kind === 'state' ? job.state : kind}`)
  return { ...parts, scheduler, told, errors }
}

export const idsOf = (jobs: readonly Pick<Job, 'id'>[]): string[] => jobs.map(({ id }) => id)

/** Of what is being rendered. */
export const activeIds = ({ active }: ManualRenderer): string[] => active.map(({ job }) => job.id)

export async function refusal(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.then(
    () => assert.fail('not refused'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof UserError, `${error}`)
  return error
}

/** A journal that throws, as a full disk does, while `full` is true. */
export function fillableJournal(): { readonly journal: Journal; full: boolean } {
  const journal = openJournal(':memory:')
  const disk = {
    full: false,
    journal: {
      ...journal,
      add(...args) {
        checkSpace()
        journal.add(...args)
      },
      change(...args) {
        checkSpace()
        journal.change(...args)
      },
    } satisfies Journal,
  }
  const checkSpace = () => {
    if (disk.full) throw new Error('database or disk is full')
  }
  return disk
}

// Rows of the journal, as its statements have written them, and the jobs that they are.

import type { SQLOutputValue } from 'node:sqlite'
import { omitUndefined } from '../../omit-undefined.ts'
import type { Json } from '../../store/json.ts'
import type { Job, JobState, Result } from '../job.ts'
import type { AnimationRequest } from '../request.ts'
import { parseResultDetails } from '../result-details.ts'

type Row = Record<string, SQLOutputValue>

/** Rows are what `add` and `change` have written. */
export function jobOf(row: Row): Job {
  const { id, platform, space, person, priority, cost, accepted_ms, started_ms, ended_ms, attempts, told } = row
  return omitUndefined({
    id: String(id),
    request: jsonOf<AnimationRequest>(row['request'])!,
    owner: { platform: String(platform), space: String(space), person: String(person) },
    address: jsonOf<Json>(row['address'])!,
    priority: Number(priority),
    cost: Number(cost),
    state: row['state'] as JobState,
    acceptedMs: Number(accepted_ms),
    startedMs: numberOf(started_ms),
    endedMs: numberOf(ended_ms),
    attempts: Number(attempts),
    reason: jsonOf<Job['reason']>(row['reason']),
    result: resultOf(row),
    told: told === 1 ? (true as const) : undefined,
  })
}

function resultOf({ id, result }: Row): Result | undefined {
  const written = jsonOf<{ readonly blob: string; readonly details?: unknown }>(result)
  if (!written) return undefined
  const { blob, details } = written
  if (details === undefined) return { blob }
  try {
    return { blob, details: parseResultDetails(details) }
  } catch (cause) {
    throw new Error(`job ${id} has details that cannot be read: ${JSON.stringify(details)}`, { cause })
  }
}

function numberOf(value: SQLOutputValue | undefined): number | undefined {
  return value === null ? undefined : Number(value)
}

export function textOf(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}

export function jsonOf<T>(text: SQLOutputValue | undefined): T | undefined {
  return typeof text === 'string' ? (JSON.parse(text) as T) : undefined
}

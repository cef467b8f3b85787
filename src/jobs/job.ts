// A job: a request with id, owner and state. One that was accepted ends exactly once: `end` is the only way out, and it
// refuses a job that has ended already.

import { createHash } from 'node:crypto'
import { framesComputed } from '../clip.ts'
import type { Json } from '../store/json.ts'
import type { AnimationRequest } from './request.ts'
import type { ResultDetails } from './result-details.ts'

/** Who asked, and where. A conversation that belongs to no server is a space of its own; ids are the platform's. */
export interface Owner {
  readonly platform: string
  readonly space: string
  readonly person: string
}

export type End = 'done' | 'failed' | 'cancelled' | 'refused' | 'expired'
export type JobState = 'waiting' | 'running' | End

/** Why a job ended otherwise than done: code, sentence and data of a UserError, or a bug's public face. */
export interface Reason {
  readonly code: string
  readonly message: string
  readonly data?: Json
}

/** What a render left behind: the name of the finished animation among the blobs, and what posting it needs to know. */
export interface Result {
  readonly blob: string
  readonly details?: ResultDetails
}

/** One person's ask as it comes in. The address says where to answer; only the chat that gave it reads it. */
export interface Ask {
  readonly request: AnimationRequest
  readonly owner: Owner
  readonly address: Json
  /** Share of the turns among the people of one space: 1 is usual, 2 gets twice as much. From 1 to 100. */
  readonly priority?: number
}

export interface Job {
  /** At most 25 characters of [a-z0-9]: it is also the nonce of the message that tells the end. */
  readonly id: string
  readonly request: AnimationRequest
  readonly owner: Owner
  readonly address: Json
  readonly priority: number
  /** `costOf` its request. */
  readonly cost: number
  readonly state: JobState
  readonly acceptedMs: number
  /** When it was last begun; also set on a waiting job that was interrupted. */
  readonly startedMs?: number
  readonly endedMs?: number
  /** How often it was begun and not handed back. */
  readonly attempts: number
  readonly reason?: Reason
  readonly result?: Result
  /** Its end has been shown. */
  readonly told?: true
}

/** How a job ended, before it is written into it. */
export type Outcome =
  | { readonly state: 'done'; readonly result: Result }
  | { readonly state: Exclude<End, 'done'>; readonly reason: Reason }

/** A waiting job. Throws where id or priority are outside what Job promises. */
export function newJob(ask: Ask, id: string, nowMs: number): Job {
  const { request, owner, address, priority = 1 } = ask
  if (!/^[a-z0-9]{1,25}$/.test(id)) throw new Error(`a job id is 1 to 25 characters of a-z and 0-9, got '${id}'`)
  if (!(priority >= 1 && priority <= 100)) throw new Error(`a priority is a number from 1 to 100, got ${priority}`)
  return { id, request, owner, address, priority, cost: costOf(request), state: 'waiting', acceptedMs: nowMs, attempts: 0 }
}

export function begin(job: Job, attempts: number, nowMs: number): Job {
  if (hasEnded(job)) throw new Error(`job ${job.id} has ended (${job.state}) and cannot begin`)
  return { ...job, state: 'running', attempts, startedMs: nowMs }
}

/** A running job waits again, as if this attempt had not been. */
export function handBack(job: Job): Job {
  if (job.state !== 'running') throw new Error(`job ${job.id} is ${job.state}, not running, and cannot be handed back`)
  return { ...job, state: 'waiting', attempts: job.attempts - 1 }
}

/** It was running when the process died: it waits again, and the attempt counts. */
export function interrupt(job: Job): Job {
  if (job.state !== 'running') throw new Error(`job ${job.id} is ${job.state}, not running, and cannot be interrupted`)
  return { ...job, state: 'waiting' }
}

export function end(job: Job, outcome: Outcome, nowMs: number): Job {
  if (hasEnded(job)) throw new Error(`job ${job.id} has ended (${job.state}) and cannot end again (${outcome.state})`)
  return { ...job, ...outcome, endedMs: nowMs }
}

export function hasEnded(job: Job): boolean {
  return job.state !== 'waiting' && job.state !== 'running'
}

/** Frames that are computed × steps × pixels, of all that it draws: what the scheduler shares out. A positive integer below 2^53. */
export function costOf(request: AnimationRequest): number {
  const { steps, width, height, count = 1 } = request
  const cost = framesComputed(request) * steps * width * height * count
  if (!Number.isSafeInteger(cost) || cost < 1) throw new Error(`frames × steps × pixels must be a positive integer, got ${cost}`)
  return cost
}

/** For how many usual requests one counts where requests are counted: clips of up to 32 frames are usual. */
export const turnsOf = (request: AnimationRequest): number => Math.max(1, Math.ceil(framesComputed(request) / usualFrames))

const usualFrames = 32

/** Equal for requests of which the same animation is made, whoever asks. */
export function renderKey(request: AnimationRequest): string {
  return createHash('sha256').update(JSON.stringify(request, sortedKeys)).digest('base64url')
}

/** The same everywhere on one platform: 'discord/123'. */
export function personOf({ platform, person }: Owner): string {
  return `${platform}/${person}`
}

/** A server or a workspace: 'discord/456'. */
export function spaceOf({ platform, space }: Owner): string {
  return `${platform}/${space}`
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

// A protocol between processes: what the pool and its child say to each other, over Node's own channel (structured clone: bytes stay bytes).

import { z } from 'zod'
import { UserError } from '../../errors.ts'
import type { RenderProgress } from '../../jobs/renderer.ts'
import { isOutOfMemory, outOfMemory } from '../failures/out-of-memory.ts'
import type { DeviceNote } from '../pool.ts'
import type { Recipe } from '../recipe.ts'
import type { Drawn } from '../render.ts'

/** How the child is to be set up; its one argument, as JSON. */
export interface ChildOptions {
  /** auto, cpu, webgpu, cuda, dml or coreml */
  readonly device: string
  /** Where what had to be computed from weights is kept. */
  readonly cacheDir: string
  /** Of weights that may stay loaded. */
  readonly budgetBytes: number
  /** Of the frames of recent animations, which are kept for those that go on from them; absent: none. */
  readonly frameCacheBytes?: number
  readonly threads?: number
  readonly ffmpeg?: string
  /** Of this child alone; removed with it. */
  readonly temporaryFolder?: string
}

export type ParentMessage =
  | { readonly kind: 'render'; readonly id: number; readonly recipe: Recipe; readonly previewEveryMs?: number }
  | { readonly kind: 'warm'; readonly id: number; readonly recipe: Recipe }
  | { readonly kind: 'device'; readonly id: number }
  /** Stops the render with that id between two steps; answered by its failure. */
  | { readonly kind: 'abort'; readonly id: number }

export type ChildMessage =
  | { readonly kind: 'progress'; readonly id: number; readonly progress: RenderProgress }
  | { readonly kind: 'done'; readonly id: number; readonly value: ChildResult }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure }
  /** For the operator; belongs to no call. */
  | { readonly kind: 'trouble'; readonly sentence: string }

const id = z.int().positive()
const failure = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('refused'), code: z.string(), message: z.string(), data: z.record(z.string(), z.unknown()) }),
  z.object({ kind: z.literal('bug'), message: z.string(), stack: z.string() }),
])
const progress = z.object({
  stage: z.enum(['loading', 'denoising', 'decoding', 'encoding']),
  step: z.number(),
  of: z.number(),
  preview: z.instanceof(Uint8Array).optional(),
})
/** A value's shape is its call's; that it is there, or nothing, is all that is known here. */
const childMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), id, progress }),
  z.object({ kind: z.literal('done'), id, value: z.looseObject({}).optional() }),
  z.object({ kind: z.literal('failed'), id, failure }),
  z.object({ kind: z.literal('trouble'), sentence: z.string() }),
])

/** What came out of the channel, where it is what a child says: it reads strangers' files in libraries of others. */
export function childMessageIn(message: unknown): ChildMessage | undefined {
  return childMessage.safeParse(message).success ? (message as ChildMessage) : undefined
}

/** Of a render, of `device`, of `warm`. */
export type ChildResult = Drawn | DeviceNote | undefined

/** A call without its number. */
export type ChildCall = { [K in CallKind]: Omit<Extract<ParentMessage, { kind: K }>, 'id'> }[CallKind]

type CallKind = Exclude<ParentMessage['kind'], 'abort'>

/** An error across processes: classes do not survive the way, what they hold does. */
export type Failure =
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly data: Readonly<Record<string, unknown>> }
  | { readonly kind: 'bug'; readonly message: string; readonly stack: string }

export function failureOf(error: unknown): Failure {
  if (error instanceof UserError) return { kind: 'refused', code: error.code, message: error.message, data: error.data }
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  if (isOutOfMemory(message)) return failureOf(outOfMemory(message))
  return { kind: 'bug', message, stack: stack ?? message }
}

export function errorOf(failure: Failure): Error {
  if (failure.kind === 'refused') return new UserError(failure.code, failure.message, failure.data)
  return Object.assign(new Error(failure.message), { stack: failure.stack })
}

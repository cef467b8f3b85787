// A protocol between processes: what the pool and its child say to each other, over Node's own channel (structured clone: bytes stay bytes).

import { UserError } from '../../errors.ts'
import type { RenderProgress } from '../../jobs/renderer.ts'
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
  readonly threads?: number
  readonly ffmpeg?: string
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
  return { kind: 'bug', message, stack: stack ?? message }
}

export function errorOf(failure: Failure): Error {
  if (failure.kind === 'refused') return new UserError(failure.code, failure.message, failure.data)
  return Object.assign(new Error(failure.message), { stack: failure.stack })
}

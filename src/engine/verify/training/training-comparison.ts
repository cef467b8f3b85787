// How many tensors at once are compared: all of them as one, the worst of them, and their digests where the answers hold no more.

import { type Comparison, compare } from '../../arrays/comparison.ts'
import { concat } from '../../arrays/concat.ts'
import { UserError } from '../../errors.ts'
import type { Digest } from './training-answers.ts'

export interface Pair {
  readonly tensor: string
  readonly got: Float32Array
  readonly expected: Float32Array
}

/** ‖got − expected‖ / ‖expected‖ over all of them. */
export function compareAll(name: string, pairs: readonly Pair[], allowed: number): Comparison {
  const [got, expected] = [concat(pairs.map((pair) => pair.got)), concat(pairs.map((pair) => pair.expected))]
  return compare(`${name}, all of ${pairs.length}`, 'relative', got, expected, allowed)
}

export function compareWorst(name: string, pairs: readonly Pair[], allowed: number): Comparison {
  const worst = worstOf(pairs.map(({ tensor, got, expected }) => compare(tensor, 'relative', got, expected, allowed)))
  return { ...worst, tensor: `${name}, worst: ${worst.tensor}` }
}

/** Tensors by name, and what is told of some. */
export type Told = readonly (readonly [tensor: string, digest: Digest])[]

/** The worst of them: the norm, and the sums in parts of it. */
export function compareDigests(name: string, told: Told, got: ReadonlyMap<string, Float32Array>, allowed: number): Comparison {
  const rows = told.flatMap(([tensor, digest]) =>
    offsets(found(got, tensor), digest).map((offset) => compare(tensor, 'relative', [digest[0] + offset], [digest[0]], allowed)),
  )
  const worst = worstOf(rows)
  return { ...worst, tensor: `${name} of ${told.length}, worst: ${worst.tensor}` }
}

/** All of them as one: the norms, and the sums in parts of all norms together. */
export function compareDigestsTogether(name: string, told: Told, got: ReadonlyMap<string, Float32Array>, allowed: number): Comparison {
  const sizes = told.flatMap(([, [norm]]) => [norm, norm, norm])
  const moved = told.flatMap(([tensor, digest]) => offsets(found(got, tensor), digest)).map((offset, i) => sizes[i]! + offset)
  return compare(`${name}, digests of ${told.length}`, 'relative', moved, sizes, allowed)
}

/** How far the three numbers are off; of the sums less, as far as many numbers nearly cancel. */
function offsets(values: Float32Array, expected: Digest): number[] {
  const room = Math.max(1, Math.sqrt(values.length) / 10)
  return digestOf(values).map((value, i) => (value - expected[i]!) / (i === 0 ? 1 : room))
}

export function digestOf(values: Float32Array): Digest {
  let [squares, sum, wave] = [0, 0, 0]
  for (let i = 0; i < values.length; i++) {
    squares += values[i]! ** 2
    sum += values[i]!
    wave += values[i]! * Math.cos(i)
  }
  return [Math.sqrt(squares), sum, wave]
}

/** @throws UserError `verify-answer` */
export function found(tensors: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const tensor = tensors.get(name)
  if (!tensor) throw new UserError('verify-answer', `The answers speak of ${name}, which is not trained here.`, { name })
  return tensor
}

const worstOf = (rows: readonly Comparison[]): Comparison =>
  rows.find(({ error }) => Number.isNaN(error)) ?? rows.reduce((worst, row) => (row.error > worst.error ? row : worst))

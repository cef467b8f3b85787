// Readers for architectures: numbers from names, shapes and a config.json, or an error that says what was expected, and where.

import { UserError } from '../../errors.ts'
import type { Named } from '../dialects/parts.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** One more than the largest number that `pattern` finds in the names; at least 1, so that what is missing gets asked for, and named. */
export function countBlocks(tensors: Named, pattern: RegExp): number {
  let count = 1
  for (const name of tensors.keys()) count = Math.max(count, Number(pattern.exec(name)?.[1] ?? -1) + 1)
  return count
}

/** Of a tensor that has to be there. @throws UserError `checkpoint-key-missing`, `checkpoint-shape` */
export function dims(tensors: Named, key: string, rank: number): readonly number[] {
  const tensor: Tensor | undefined = tensors.get(key)
  if (!tensor) {
    throw new UserError('checkpoint-key-missing', `${fileOf(tensors)} has no ${key}; expected a tensor of ${rank} dimensions.`, {
      path: fileOf(tensors),
      key,
      expected: rank,
    })
  }
  if (tensor.shape.length !== rank) wrongShape(tensors, key, `${rank} dimensions`)
  return tensor.shape
}

export function wrongShape(tensors: Named, key: string, expected: string): never {
  const got = tensors.get(key)!
  throw new UserError('checkpoint-shape', `${key} in ${fileOf(tensors)}: expected ${expected}, got [${got.shape.join(', ')}].`, {
    path: fileOf(tensors),
    key,
    expected,
    got: got.shape,
  })
}

export const field = (config: unknown, name: string): unknown =>
  typeof config === 'object' && config !== null ? ((config as Record<string, unknown>)[name] ?? undefined) : undefined

/**
 * The first of these settings that the configuration has; one number for all levels, since the nets have one.
 * @throws UserError `checkpoint-config`
 */
export function configured(tensors: Named, config: unknown, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = field(config, name)
    if (value === undefined) continue
    const values: unknown[] = Array.isArray(value) ? [...new Set(value)] : [value]
    const [only] = values
    if (values.length !== 1 || typeof only !== 'number' || !(only > 0)) wrongConfig(tensors, name, 'one positive number', value)
    return only as number
  }
  return undefined
}

/** @throws UserError `checkpoint-uneven` where channels cannot be divided among so many heads of attention, or groups of a norm */
export function refuseUneven(tensors: Named, widths: readonly number[], count: number, what: 'heads' | 'groups'): void {
  const width = widths.find((channels) => channels % count !== 0)
  if (width === undefined) return
  throw new UserError(
    'checkpoint-uneven',
    `${fileOf(tensors)} has layers of ${width} channels, which ${count} ${what} do not divide: the config.json of its folder has to say how many ${what} there are.`,
    { path: fileOf(tensors), width, count, what },
  )
}

/** @throws UserError `checkpoint-depth`: transformers are one block deep in everything that is drawn with here */
export function refuseDepth(tensors: Named, name: string, depth: number): never {
  throw new UserError(
    'checkpoint-depth',
    `${fileOf(tensors)} has ${depth} blocks in ${name}; those of Stable Diffusion 1.x and of its motion modules have one.`,
    { path: fileOf(tensors), name, depth },
  )
}

/** @throws UserError `checkpoint-positions` */
export function refuseManyPositions(tensors: Named, rows: number, most: number): never {
  throw new UserError(
    'checkpoint-positions',
    `${fileOf(tensors)} has positions for ${rows} frames; a motion module has them for ${most} at most.`,
    { path: fileOf(tensors), rows, most },
  )
}

export function wrongConfig(tensors: Named, name: string, expected: string, got: unknown): never {
  throw new UserError(
    'checkpoint-config',
    `The configuration beside ${fileOf(tensors)} says ${name} = ${JSON.stringify(got)}; expected ${expected}.`,
    {
      path: fileOf(tensors),
      name,
      expected,
      got,
    },
  )
}

const fileOf = (tensors: Named): string => {
  for (const { at } of tensors.values()) if (!(at instanceof Uint8Array)) return at.file
  return 'the file'
}

// Reference tensors: inputs and outputs of another program, by name.

import { existsSync } from 'node:fs'
import { z } from 'zod'
import { openSafetensors } from '../checkpoint/safetensors/safetensors.ts'
import { float32Of, type Tensor } from '../checkpoint/tensor/tensor.ts'
import { UserError } from '../errors.ts'

export interface ReferenceTensors {
  readonly path: string
  readonly names: readonly string[]
  /** What was written beside the tensors. */
  readonly metadata: ReadonlyMap<string, string>
  has(name: string): boolean
  shape(name: string): readonly number[]
  /** In row order, whatever type it is stored in. */
  values(name: string): Float32Array
}

/** The tensors of these files together; files that are not there are left out, but for the first. */
export function openReferenceTensors([first, ...others]: readonly [string, ...string[]]): ReferenceTensors {
  const files = [first, ...others.filter((path) => existsSync(path))].map((path) => openSafetensors(path))
  const tensors = new Map<string, Tensor>(files.flatMap((file) => [...file.tensors]))
  const tensor = (name: string): Tensor => {
    const found = tensors.get(name)
    if (!found) throw new UserError('verify-answer', `${first} has no tensor ${name}, which others in it need.`, { path: first, name })
    return found
  }
  return {
    path: first,
    names: [...tensors.keys()],
    metadata: new Map(files.flatMap((file) => [...file.metadata])),
    has: (name) => tensors.has(name),
    shape: (name) => tensor(name).shape,
    values: (name) => float32Of(tensor(name)),
  }
}

/** The texts that were encoded, the last of them empty. @throws UserError `verify-answer` */
export function promptsOf({ metadata, path }: ReferenceTensors): readonly string[] {
  try {
    return z
      .array(z.string())
      .min(1)
      .parse(JSON.parse(metadata.get('prompts') ?? '[]'))
  } catch (cause) {
    throw new UserError('verify-answer', `${path} does not name its prompts: expected a JSON list of texts.`, { path }, { cause })
  }
}

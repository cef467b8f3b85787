// The kind of a file of weights, for lists; reads its table of contents.

import { UserError } from '../../errors.ts'
import { openTensorFile } from '../open.ts'
import { type Identity, identify } from './identify.ts'

/** `refused` also where it cannot be opened. */
export function kindOfFile(path: string): Identity['kind'] {
  try {
    return identify(openTensorFile(path)).kind
  } catch (error) {
    if (error instanceof UserError) return 'refused'
    throw error
  }
}

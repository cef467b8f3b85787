// The tables that lie beside reference tensors: what of the answers is no tensor.

import { z } from 'zod'
import { readJson } from '../checkpoint/weight-folder.ts'
import { UserError } from '../errors.ts'

/**
 * @param held as in a sentence: "figures of clips"
 * @throws UserError `json-broken`, `verify-answer` for tables of another form
 */
export function readTables<T>(path: string, format: z.ZodType<T>, held: string): T {
  const tables = format.safeParse(readJson(path))
  if (tables.success) return tables.data
  throw new UserError('verify-answer', `${path} does not hold ${held}: ${z.prettifyError(tables.error)}`, { path })
}

// Standard input, read to its end: what stands for `-` on the command line.

import { buffer } from 'node:stream/consumers'
import { UserError } from '../../errors.ts'

/** @throws UserError `usage` where nobody leads anything in */
export async function readStandardInput(): Promise<Buffer> {
  if (process.stdin.isTTY)
    throw new UserError('usage', 'A dash reads standard input, which is the keyboard: lead a file or a command into it.')
  return buffer(process.stdin)
}

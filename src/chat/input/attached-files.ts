// Attached files: those that hang on a message fill the option of the command that takes one.

import type { Attachment } from '../contract/attachment.ts'
import type { Action } from '../contract/command.ts'
import type { OptionInput } from '../contract/incoming.ts'

/** What was typed, with the first file that hangs on the message in the option that takes one. Others are left aside. */
export function withFiles(
  inputs: Readonly<Record<string, OptionInput>>,
  files: readonly Attachment[] | undefined,
  { options }: Action,
): Readonly<Record<string, OptionInput>> {
  const name = Object.keys(options).find((one) => options[one]!.kind === 'file')
  const [file] = files ?? []
  return name === undefined || !file || inputs[name] !== undefined ? inputs : { ...inputs, [name]: file }
}

// Attached files: those that hang on a message fill the option of the command that takes one, or several.

import type { Attachment } from '../contract/attachment.ts'
import type { Action } from '../contract/command.ts'
import type { OptionInput } from '../contract/incoming.ts'

/** What was typed, with the files that hang on the message in the option that takes them; where it takes one, the others are left aside. */
export function withFiles(
  inputs: Readonly<Record<string, OptionInput>>,
  files: readonly Attachment[] | undefined,
  { options }: Action,
): Readonly<Record<string, OptionInput>> {
  const [name, option] = Object.entries(options).find(([, { kind }]) => kind === 'file' || kind === 'files') ?? []
  const [file] = files ?? []
  if (name === undefined || !file || inputs[name] !== undefined) return inputs
  return { ...inputs, [name]: option!.kind === 'files' ? files! : file }
}

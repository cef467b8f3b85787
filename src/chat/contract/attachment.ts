// A file that somebody hands over with a command, as the platform tells of it. Nothing of it has been fetched; name and size are claims.
//   Discord: an option of type ATTACHMENT, or the files of a message → { url: attachment.url, name, bytes: attachment.size }
//   Slack: a file_input of a dialog, or the files of a message → { url: file.url_private_download, name, bytes: file.size }
//   web: an upload → { url: 'upload:<id>', name, bytes }, which the page alone can read: see Platform.fetchFile

import type { Action } from './command.ts'
import type { OptionInput } from './incoming.ts'

export interface Attachment {
  readonly url: string
  readonly name: string
  readonly bytes: number
}

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

// Attachments of one message, as its components name them.

import { mediaTypes } from '../../../animation-format.ts'
import type { File, Picture } from '../../contract/outgoing.ts'

export interface AttachedFiles {
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array; readonly mediaType: string; readonly alt?: string }[]
  /** How components name it: what is named is sent along. Undefined where Discord takes no more files, or no more bytes. */
  nameOf(file: Picture | File): string | undefined
}

const maxFiles = 10
/** Discord takes 25 MiB in one request: https://docs.discord.com/developers/resources/message; the words need some of it. */
const maxBytes = 24 * 1024 * 1024

export function attachedFiles(): AttachedFiles {
  const files: AttachedFiles['files'][number][] = []
  const named = new Map<Picture | File, string>()
  let bytes = 0
  return {
    files,
    nameOf(file) {
      if (!named.has(file)) {
        if (files.length === maxFiles || bytes + file.bytes.byteLength > maxBytes) return undefined
        bytes += file.bytes.byteLength
        const name = files.some((other) => other.name === file.fileName) ? `${files.length}-${file.fileName}` : file.fileName
        named.set(file, name)
        if ('alt' in file) files.push({ name, bytes: file.bytes, mediaType: mediaTypes[file.format], alt: file.alt.slice(0, 1024) })
        else files.push({ name, bytes: file.bytes, mediaType: file.mediaType })
      }
      return `attachment://${named.get(file)}`
    },
  }
}

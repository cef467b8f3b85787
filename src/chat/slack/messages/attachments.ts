// Attachments of a message: pictures inside it, files as messages of their own. What is there already is not uploaded again.

import type { Outgoing } from '../../contract/outgoing.ts'
import { hashOf, inlinePictures, isInline } from '../layout/blocks.ts'
import type { FileTransfer, Upload } from './file-transfer.ts'
import type { Shared } from './find-posted.ts'
import type { Handle, StoredFile } from './message-handle.ts'

export interface MessageAttachments {
  /** The pictures that the message shows, seen by nobody yet. */
  upload(outgoing: Outgoing): Promise<StoredFile[]>
  /** Shares what cannot be shown inside the message, but for what was shared before. */
  share(handle: Handle, outgoing: Outgoing, before: () => Promise<Shared>): Promise<Handle['shares']>
  /** Deletes the files that are not wanted; gives the others. */
  deleteUnwanted(files: readonly StoredFile[], wanted: (file: StoredFile) => boolean): Promise<StoredFile[]>
}

export function createMessageAttachments(files: FileTransfer): MessageAttachments {
  return {
    async upload(outgoing) {
      const stored: StoredFile[] = []
      for (const picture of inlinePictures(outgoing)) {
        const hash = hashOf(picture.bytes)
        if (!stored.some((one) => one.hash === hash)) stored.push({ hash, id: await files.upload(picture) })
      }
      return stored
    },
    async share(handle, outgoing, before) {
      const all: Handle['shares'] = []
      for (const file of shareable(outgoing)) {
        const hash = hashOf(file.bytes)
        const there = handle.shares.find((one) => one.hash === hash) ?? (await before()).get(file.fileName)
        all.push({ hash, ...(there ?? (await files.share(file, handle.channel, handle.thread))) })
      }
      return all
    },
    async deleteUnwanted(stored, wanted) {
      for (const file of stored) if (!wanted(file)) await files.delete(file.id)
      return stored.filter(wanted)
    },
  }
}

/** Pictures of items that cannot be shown inside are left out: ten files are no list. */
function shareable({ picture, file }: Outgoing): Upload[] {
  return [...(picture && !isInline(picture) ? [picture] : []), ...(file ? [file] : [])]
}

// What goes with a message: pictures inside it, files as messages of their own, emoji under it. What is there already is neither
// uploaded nor put there again.

import type { Outgoing } from '../../contract/outgoing.ts'
import { reactions as markFaces, type Reaction } from '../../contract/reactions.ts'
import type { RedactedLog } from '../api/redacted-log.ts'
import type { SlackApi, SlackError } from '../api/web-api.ts'
import { hashOf, inlinePictures, isInline } from '../layout/blocks.ts'
import type { FileTransfer, Upload } from './file-transfer.ts'
import type { Shared } from './find-posted.ts'
import type { Handle, KeptFile } from './message-handle.ts'

export interface MessageAttachments {
  /** The pictures that the message shows, seen by nobody yet. */
  upload(outgoing: Outgoing): Promise<KeptFile[]>
  /** Shares what cannot be shown inside the message, but for what was shared before. */
  share(handle: Handle, outgoing: Outgoing, before: () => Promise<Shared>): Promise<Handle['shares']>
  mark(handle: Handle, marks: readonly Reaction[]): Promise<Handle>
  /** Deletes the files that are not wanted; gives the others. */
  keep(kept: readonly KeptFile[], wanted: (file: KeptFile) => boolean): Promise<KeptFile[]>
}

export function createMessageAttachments(api: SlackApi, files: FileTransfer, log: RedactedLog): MessageAttachments {
  return {
    async upload(outgoing) {
      const kept: KeptFile[] = []
      for (const picture of inlinePictures(outgoing)) {
        const hash = hashOf(picture.bytes)
        if (!kept.some((one) => one.hash === hash)) kept.push({ hash, id: await files.upload(picture) })
      }
      return kept
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
    async mark(handle, marks) {
      const names = marks.map(emojiName).filter((name) => !handle.marks.includes(name))
      for (const name of names) {
        await api.call('reactions.add', { channel: handle.channel, timestamp: handle.ts, name }).catch((error: SlackError) => {
          // the message is there, and people can react by themselves
          if (error.code !== 'already_reacted') log.warn({ code: error.code }, 'an emoji could not be put under a message')
        })
      }
      return names.length === 0 ? handle : { ...handle, marks: [...handle.marks, ...names] }
    },
    async keep(kept, wanted) {
      for (const file of kept) if (!wanted(file)) await files.delete(file.id)
      return kept.filter(wanted)
    },
  }
}

/** Pictures of items that cannot be shown inside are left out: ten files are no list. */
function shareable({ picture, file }: Outgoing): Upload[] {
  return [...(picture && !isInline(picture) ? [picture] : []), ...(file ? [file] : [])]
}

/** Slack's short name: the first that is one. */
function emojiName(mark: Reaction): string {
  return markFaces[mark].also.find((name) => /^[a-z0-9_]+$/.test(name))!
}

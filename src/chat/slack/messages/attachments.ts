// Attachments of a message: pictures inside it, files as messages of their own, emoji under it. What is there already is neither
// uploaded nor put there again.

import type { Outgoing } from '../../contract/outgoing.ts'
import { type Reaction, reactions } from '../../contract/reactions.ts'
import type { RedactedLog } from '../api/redacted-log.ts'
import type { SlackApi, SlackError } from '../api/web-api.ts'
import { hashOf, inlinePictures, isInline } from '../layout/blocks.ts'
import type { FileTransfer, Upload } from './file-transfer.ts'
import type { Shared } from './find-posted.ts'
import type { Handle, StoredFile } from './message-handle.ts'

export interface MessageAttachments {
  /** The pictures that the message shows, seen by nobody yet. */
  upload(outgoing: Outgoing): Promise<StoredFile[]>
  /** Shares what cannot be shown inside the message, but for what was shared before. */
  share(handle: Handle, outgoing: Outgoing, before: () => Promise<Shared>): Promise<Handle['shares']>
  react(handle: Handle, wanted: readonly Reaction[]): Promise<Handle>
  /** Deletes the files that are not wanted; gives the others. */
  deleteUnwanted(files: readonly StoredFile[], wanted: (file: StoredFile) => boolean): Promise<StoredFile[]>
}

export function createMessageAttachments(api: SlackApi, files: FileTransfer, log: RedactedLog): MessageAttachments {
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
    async react(handle, wanted) {
      const names = wanted.map(emojiName).filter((name) => !handle.marks.includes(name))
      for (const name of names) {
        await api.call('reactions.add', { channel: handle.channel, timestamp: handle.ts, name }).catch((error: SlackError) => {
          // the message is there, and people can react by themselves
          if (error.code !== 'already_reacted') log.warn({ code: error.code }, 'an emoji could not be put under a message')
        })
      }
      return names.length === 0 ? handle : { ...handle, marks: [...handle.marks, ...names] }
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

/** Slack's short name: the first that is one. */
function emojiName(reaction: Reaction): string {
  return reactions[reaction].also.find((name) => /^[a-z0-9_]+$/.test(name))!
}

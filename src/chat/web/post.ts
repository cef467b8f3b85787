// Posting to the page: Outgoing → rows of the conversation. An address here is who asked and what they did; it never expires, so there is nothing to keep open.

import { z } from 'zod'
import { mediaTypes } from '../../animation-format.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import type { Json } from '../../store/json.ts'
import type { Form, Item, Outgoing, Picture } from '../contract/outgoing.ts'
import type { Platform, Posted } from '../contract/platform.ts'
import type { AnswerBody, ShownItem, ShownPicture } from './page-json.ts'
import type { ConversationStore, StoredMessageRow } from './storage/conversation-store.ts'
import { type PageDatabase, together } from './storage/page-database.ts'
import type { PictureStore } from './storage/picture-store.ts'

export type Poster = Pick<Platform, 'acknowledge' | 'post' | 'edit' | 'remove' | 'open'>

export interface Address {
  readonly person: string
  readonly event: string
}

const addressSchema = z.object({ person: z.string(), event: z.string() })
const handleSchema = z.object({ message: z.string() })

interface PosterOptions {
  readonly database: PageDatabase
  readonly conversation: ConversationStore
  readonly pictures: PictureStore
  readonly now: () => number
  /** Aborted when nothing can be written any more. */
  readonly closed: AbortSignal
}

export function createPoster({ database: { sql }, conversation, pictures, now, closed }: PosterOptions): Poster {
  /** Writes the row first, since a preview is kept by its message. */
  const write = (row: StoredMessageRow | undefined, outgoing: Outgoing): StoredMessageRow | undefined =>
    row &&
    together(sql, () => {
      const names: string[] = []
      const { message, reader, sequence } = row
      const url = (picture: { bytes: Uint8Array; mediaType: string; fileName?: string }, kept: boolean) => {
        const name = kept ? pictures.keep({ reader, ...picture }) : pictures.keepPreview(message, { reader, ...picture })
        if (kept) names.push(name)
        return `/pictures/${name}`
      }
      const edited = conversation.edit(message, bodyOf(outgoing, url))
      if (edited) pictures.assign(sequence, names)
      if (names.length > 0) conversation.trim(row.asker)
      return edited
    })

  return {
    async acknowledge() {},

    async post(address, outgoing) {
      closed.throwIfAborted()
      const { person, event } = addressSchema.parse(address)
      const { audience, nonce } = outgoing
      const there = nonce === undefined ? undefined : conversation.posted(person, event, nonce)
      if (there) return postedOf(there)
      const reader = audience === 'everyone' ? undefined : person
      return together(sql, () => {
        const empty = { kind: 'answer', audience, tone: outgoing.tone, text: '' } as const
        const row = conversation.post({ reader, asker: person, event, ...omitUndefined({ nonce }), atMs: now(), body: empty })
        return postedOf(write(row, outgoing) ?? row)
      })
    },

    async edit({ handle }, outgoing) {
      closed.throwIfAborted()
      const row = write(conversation.find(handleSchema.parse(handle).message), outgoing)
      return row && postedOf(row)
    },

    async remove({ handle }) {
      closed.throwIfAborted()
      conversation.remove(handleSchema.parse(handle).message)
    },

    async open(address, form: Form) {
      closed.throwIfAborted()
      const { person, event } = addressSchema.parse(address)
      conversation.removeForms(person)
      conversation.post({ reader: person, asker: person, event, atMs: now(), body: { kind: 'form', form } })
    },
  }
}

function postedOf({ message }: StoredMessageRow): Posted {
  return { handle: { message } satisfies Json, messages: [message] }
}

type Url = (picture: { bytes: Uint8Array; mediaType: string; fileName?: string }, kept: boolean) => string

function bodyOf({ picture, items, file, nonce: _nonce, mention: _mention, ...words }: Outgoing, url: Url): AnswerBody {
  const kept = words.tone !== 'waiting' && words.tone !== 'running'
  return {
    kind: 'answer',
    ...words,
    ...(picture && { picture: shownPicture(picture, url, kept) }),
    ...(items && { items: items.map((item) => shownItem(item, url, kept)) }),
    ...(file && { file: { url: url(file, true), fileName: file.fileName, bytes: file.bytes.byteLength } }),
  }
}

function shownItem({ picture, ...item }: Item, url: Url, kept: boolean): ShownItem {
  return { ...item, ...(picture && { picture: shownPicture(picture, url, kept) }) }
}

function shownPicture({ bytes, format, width, height, alt }: Picture, url: Url, kept: boolean): ShownPicture {
  return { url: url({ bytes, mediaType: mediaTypes[format] }, kept), format, width, height, alt }
}

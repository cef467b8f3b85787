// The picture store: pictures of the conversation, under names that nobody can guess. The same bytes for the same reader have one name, so that
// a browser fetches them once. Previews of what is being drawn live in memory: each is overtaken within a second.

import { createHmac } from 'node:crypto'
import type { PageDatabase } from './page-database.ts'

export interface PictureStore {
  /** Kept as long as a message shows it. */
  keep(picture: NewPicture): string
  /** Kept until a few later ones of this message have come. */
  keepPreview(message: string, picture: NewPicture): string
  /** What a message shows now; what no message shows any more is deleted. */
  assign(sequence: number, names: readonly string[]): void
  /** Undefined also where it is not this person's to see. */
  find(name: string, person: string | undefined): StoredPicture | undefined
}

export interface NewPicture {
  /** Undefined: everybody. */
  readonly reader: string | undefined
  readonly bytes: Uint8Array
  readonly mediaType: string
  /** Offered as a download under this name, instead of shown. */
  readonly fileName?: string
}

export interface StoredPicture extends NewPicture {
  /** It is not kept: worth asking for once. */
  readonly ephemeral: boolean
}

const previewsPerMessage = 3
const messagesWithPreviews = 100

export function createPictureStore({ sql, secret }: PageDatabase): PictureStore {
  const previews = new Map<string, Map<string, NewPicture>>()
  const insert = sql.prepare('INSERT OR IGNORE INTO pictures VALUES (?, ?, ?, ?, ?)')
  const show = sql.prepare('INSERT OR IGNORE INTO shows VALUES (?, ?)')
  const hide = sql.prepare('DELETE FROM shows WHERE sequence = ? AND picture NOT IN (SELECT value FROM json_each(?))')
  const weigh = sql.prepare(
    `UPDATE messages SET bytes = octet_length(body)
     + coalesce((SELECT sum(octet_length(pictures.bytes)) FROM shows JOIN pictures ON name = picture WHERE shows.sequence = messages.sequence), 0)
     WHERE sequence = ? AND body IS NOT NULL`,
  )
  const select = sql.prepare('SELECT * FROM pictures WHERE name = ?')
  const nameOf = ({ reader, bytes, fileName }: NewPicture) =>
    createHmac('sha256', secret)
      .update(`${reader ?? ''}/${fileName ?? ''}/`)
      .update(bytes)
      .digest('base64url')
      .slice(0, 32)

  return {
    keep(picture) {
      const name = nameOf(picture)
      insert.run(name, picture.reader ?? null, picture.mediaType, picture.fileName ?? null, picture.bytes)
      return name
    },

    keepPreview(message, picture) {
      const name = nameOf(picture)
      const ofMessage = previews.get(message) ?? new Map()
      previews.delete(message)
      previews.set(message, ofMessage.set(name, picture))
      dropOldest(ofMessage, previewsPerMessage)
      dropOldest(previews, messagesWithPreviews)
      return name
    },

    assign(sequence, names) {
      for (const name of names) show.run(sequence, name)
      hide.run(sequence, JSON.stringify(names))
      weigh.run(sequence)
    },

    find(name, person) {
      const preview = [...previews.values()].find((ofMessage) => ofMessage.has(name))?.get(name)
      const row = preview ? undefined : select.get(name)
      const found: StoredPicture | undefined = preview
        ? { ...preview, ephemeral: true }
        : row && {
            reader: row['reader'] === null ? undefined : String(row['reader']),
            bytes: row['bytes'] as Uint8Array,
            mediaType: String(row['media_type']),
            ...(row['file_name'] !== null && { fileName: String(row['file_name']) }),
            ephemeral: false,
          }
      return found && (found.reader === undefined || found.reader === person) ? found : undefined
    },
  }
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return
    map.delete(key)
  }
}

// A file sender: puts the files of a recipe into the content store before a GPU host that lacks them is asked to render.

import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { ContentDigest, ContentStore } from '../../content-store/content-store.ts'
import type { FileContent } from '../../file-contents.ts'

/** A content of this host: a file, or a file of a model's folder. */
export interface LocalContent extends ContentDigest {
  readonly path: string
}

export interface FileSender {
  /** What `installed` does not have. Each is sent once by however many ask for it at the same time. */
  send(contents: readonly LocalContent[], installed: readonly string[]): Promise<void>
}

/** A host fetches what it was sent before it begins. */
const keptMs = 3_600_000

export function createFileSender(store: Pick<ContentStore, 'put' | 'maxBytes'>): FileSender {
  const sending = new Map<string, Promise<void>>()

  function sendOne({ sha256, bytes, path }: LocalContent): Promise<void> {
    const under = sending.get(sha256)
    if (under) return under
    const sent = store.put({ sha256, bytes }, () => createReadStream(path), keptMs).finally(() => sending.delete(sha256))
    sending.set(sha256, sent)
    return sent
  }

  return {
    async send(contents, installed) {
      const there = new Set(installed)
      // A host that lacks one that is too large was not picked, or has said otherwise in the meantime: it will say so again.
      await Promise.all(contents.filter(({ sha256, bytes }) => !there.has(sha256) && bytes <= store.maxBytes).map(sendOne))
    },
  }
}

/** The single files of what a recipe names; a folder that is installed as a whole need not be sent in parts. */
export function localContents(content: FileContent, path: string): readonly LocalContent[] {
  if (!content.files) return [{ sha256: content.sha256, bytes: content.bytes, path }]
  return content.files.map((file) => ({ sha256: file.sha256, bytes: file.bytes, path: join(path, file.path) }))
}

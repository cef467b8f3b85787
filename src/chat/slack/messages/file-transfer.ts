// File transfer: files on their way to Slack (a place is asked for, the bytes go there, the upload is completed) and back.

import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { UserError } from '../../../errors.ts'
import { omitUndefined } from '../../../omit-undefined.ts'
import type { Attachment } from '../../contract/attachment.ts'
import { shortened } from '../../contract/plain-text.ts'
import { uploadTimeoutMs } from '../../time-limit.ts'
import type { RedactedLog } from '../api/redacted-log.ts'
import { hasCode, type SlackApi, SlackError } from '../api/web-api.ts'

export interface FileTransfer {
  /** A file that nobody sees yet. Gives its id. */
  upload(file: Upload): Promise<string>
  /** A file as a message of its own. Where Slack does not tell in time which message that is, there is no `ts`. */
  share(file: Upload, channel: string, thread: string | undefined): Promise<{ readonly id: string; readonly ts?: string }>
  /** Nothing where it is gone. */
  delete(id: string): Promise<void>
  fetch(attachment: Attachment, signal: AbortSignal): AsyncIterable<Uint8Array>
}

export interface Upload {
  readonly bytes: Uint8Array
  readonly fileName: string
  readonly alt?: string
}

export interface FileTransferOptions {
  readonly api: SlackApi
  readonly token: string
  /** Where Slack keeps what people hand over: the token is sent nowhere else. */
  readonly filesUrl: string
  readonly log: RedactedLog
}

export function createFileTransfer({ api, token, filesUrl, log }: FileTransferOptions): FileTransfer {
  async function send({ bytes, fileName, alt }: Upload): Promise<string> {
    const place = placeSchema.parse(
      await api.call('files.getUploadURLExternal', {
        filename: fileName,
        length: bytes.byteLength,
        ...(alt !== undefined && { alt_txt: shortened(alt, 1000) }),
      }),
    )
    const response = await fetch(place.upload_url, {
      method: 'POST',
      body: new Blob([bytes as Uint8Array<ArrayBuffer>]),
      headers: { 'content-type': 'application/octet-stream' },
      redirect: 'error',
      signal: AbortSignal.timeout(uploadTimeoutMs(bytes.byteLength)),
    }).catch(() => undefined)
    await response?.body?.cancel()
    if (response?.status !== 200) throw new SlackError('upload', response ? `http-${response.status}` : 'unreachable')
    return place.file_id
  }

  async function complete(id: string, { fileName }: Upload, where: { channel_id?: string; thread_ts?: string }) {
    const response = await api.call('files.completeUploadExternal', { files: [{ id, title: fileName }], ...where })
    return filesSchema.parse(response).files[0]
  }

  /** Slack posts shared files when it has looked at them. */
  async function sharedAs(id: string, channel: string, first: SharedFile | undefined): Promise<string | undefined> {
    for (const waitMs of [0, 250, 500, 1000, 2000, 4000, 8000]) {
      await sleep(waitMs)
      const file = waitMs === 0 ? first : fileSchema.parse(await api.call('files.info', { file: id })).file
      const ts = (file?.shares?.public?.[channel] ?? file?.shares?.private?.[channel])?.[0]?.ts
      if (ts !== undefined) return ts
    }
    return undefined
  }

  return {
    async upload(file) {
      const id = await send(file)
      await complete(id, file, {})
      return id
    },
    async share(file, channel, thread) {
      const id = await send(file)
      const first = await complete(id, file, { channel_id: channel, ...omitUndefined({ thread_ts: thread }) })
      const ts = await sharedAs(id, channel, first).catch((error: SlackError) => {
        log.warn({ code: error.code }, 'the message of a shared file was not found: reactions to it will not be understood')
        return undefined
      })
      return { id, ...omitUndefined({ ts }) }
    },
    async delete(id) {
      await api.call('files.delete', { file: id }).catch((error: unknown) => {
        if (!hasCode(error, ['file_not_found', 'file_deleted', 'cant_delete_file', 'missing_scope'])) throw error
      })
    },
    async *fetch({ url, name }, signal) {
      const gone = (why: string) => new UserError('file-gone', `The file ${name} can no longer be read from Slack (${why}).`, { name, why })
      if (!URL.canParse(url) || new URL(url).origin !== new URL(filesUrl).origin) throw gone('it is not one of its files')
      const response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, redirect: 'manual', signal })
      const page = response.headers.get('content-type')?.startsWith('text/html')
      if (!response.ok || page || !response.body) {
        await response.body?.cancel()
        throw gone(page ? 'the scope files:read is missing' : `answer ${response.status}`)
      }
      yield* response.body
    },
  }
}

const placeSchema = z.object({ upload_url: z.string(), file_id: z.string() })

const shares = z.record(z.string(), z.array(z.object({ ts: z.string() }))).optional()
const sharedFile = z.object({ shares: z.object({ public: shares, private: shares }).optional() })
type SharedFile = z.infer<typeof sharedFile>

const filesSchema = z.object({ files: z.array(sharedFile) })
const fileSchema = z.object({ file: sharedFile })

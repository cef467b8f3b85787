// A worker thread for `inspect`, with a limit of memory and of time: reading gigabytes would hold up everybody else, and a file
// that was made to break its reader breaks nothing but that thread.

import { Worker } from 'node:worker_threads'
import { UserError } from '../../errors.ts'
import type { Inspection, InspectOptions } from './inspect.ts'

export type InspectReply =
  | { readonly inspection: Inspection }
  | { readonly refused: { readonly code: string; readonly message: string; readonly data: Readonly<Record<string, unknown>> } }

export interface InspectInThreadOptions extends InspectOptions {
  readonly timeoutMs: number
  readonly maxMegabytes: number
}

/** @throws UserError as `inspect` does; `file-unreadable-in-time`, `file-too-large-to-read` */
export async function inspectInThread(path: string, { timeoutMs, maxMegabytes, ...options }: InspectInThreadOptions): Promise<Inspection> {
  const thread = new Worker(new URL('inspect-thread.ts', import.meta.url), {
    workerData: { path, options },
    // The bytes of tensors lie outside the heap that this limits: there are few of them because whatever is read at once is a piece, or has
    // by its shape the size of a weight of the base.
    resourceLimits: { maxOldGenerationSizeMb: maxMegabytes },
    execArgv: [],
    // Nor does what reads a stranger's file see what the bot is told in secret.
    env: {},
  })
  let timer: NodeJS.Timeout | undefined
  try {
    const answer = await new Promise<InspectReply>((resolve, reject) => {
      timer = setTimeout(() => reject(tooLong(path, timeoutMs)), timeoutMs)
      thread.once('message', resolve)
      thread.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLarge(path) : error))
    })
    if ('inspection' in answer) return answer.inspection
    const { code, message, data } = answer.refused
    throw new UserError(code, message, data)
  } finally {
    clearTimeout(timer)
    await thread.terminate()
  }
}

const tooLong = (path: string, timeoutMs: number): UserError =>
  new UserError('file-unreadable-in-time', `${path} could not be read within ${Math.round(timeoutMs / 1000)} seconds.`, { path, timeoutMs })

const tooLarge = (path: string): UserError =>
  new UserError('file-too-large-to-read', `${path} asks for more memory than a file may.`, { path })

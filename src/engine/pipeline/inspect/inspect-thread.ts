// The worker thread of inspect-in-thread.ts: one file, one answer.

import { parentPort, workerData } from 'node:worker_threads'
import { UserError } from '../../errors.ts'
import { type InspectOptions, inspect } from './inspect.ts'
import type { InspectReply } from './inspect-in-thread.ts'

const { path, options } = workerData as { readonly path: string; readonly options: InspectOptions }

function answer(): InspectReply {
  try {
    return { inspection: inspect(path, options) }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const { code, message, data } = error
    return { refused: { code, message, data } }
  }
}

parentPort!.postMessage(answer())

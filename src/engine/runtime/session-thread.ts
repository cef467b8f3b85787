// A session thread (see session-threads.ts): holds sessions, and answers each call in turn.

import { parentPort } from 'node:worker_threads'
import { serial } from '../serial.ts'
import { type Feeds, type Outputs, openSession, type Session, type SessionOptions, type WrittenGraph } from './session.ts'

export type ThreadRequest =
  | { readonly kind: 'open'; readonly id: number; readonly graph: WrittenGraph; readonly options: SessionOptions }
  | { readonly kind: 'run'; readonly id: number; readonly feeds: Feeds }
  | { readonly kind: 'release'; readonly id: number }

export type ThreadReply = { readonly outputs: Outputs } | { readonly error: Error }

const port = parentPort!
const sessions = new Map<number, Session>()

async function outputsOf(call: ThreadRequest): Promise<Outputs> {
  const session = sessions.get(call.id)
  if (call.kind === 'open') {
    sessions.set(call.id, await openSession(call.graph, call.options))
  } else if (call.kind === 'release') {
    sessions.delete(call.id)
    await session?.release()
  } else {
    if (!session) throw new Error('This net was released.')
    return session.run(call.feeds)
  }
  return {}
}

async function answer(call: ThreadRequest): Promise<void> {
  const given = await outputsOf(call).then(
    (outputs): ThreadReply => ({ outputs }),
    (error: Error): ThreadReply => ({ error }),
  )
  port.postMessage(given)
}

const inTurn = serial()
port.on('message', (call: ThreadRequest) => void inTurn(() => answer(call)))

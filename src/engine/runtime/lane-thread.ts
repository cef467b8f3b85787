// The thread of lanes.ts: opens a session when it is told of which graph, then answers each call in turn.

import { parentPort } from 'node:worker_threads'
import { type Feeds, type Outputs, openSession, type Session, type SessionOptions, type WrittenGraph } from './session.ts'

export type Call =
  | { readonly kind: 'open'; readonly graph: WrittenGraph; readonly options: SessionOptions }
  | { readonly kind: 'run'; readonly feeds: Feeds }
  | { readonly kind: 'release' }

export type Answer = { readonly outputs: Outputs } | { readonly error: Error }

const port = parentPort!
let session: Session | undefined

async function outputsOf(call: Call): Promise<Outputs> {
  if (call.kind === 'run') return session!.run(call.feeds)
  if (call.kind === 'open') session = await openSession(call.graph, call.options)
  else await session?.release()
  return {}
}

async function answer(call: Call): Promise<void> {
  const given = await outputsOf(call).then(
    (outputs): Answer => ({ outputs }),
    (error: Error): Answer => ({ error }),
  )
  port.postMessage(given)
  // A thread that listens to nobody ends.
  if (call.kind === 'release') port.close()
}

let last = Promise.resolve()
port.on('message', (call: Call) => {
  last = last.then(() => answer(call))
})

// The thread of lanes.ts: says when its session stands, then answers each call in turn.

import { parentPort, workerData } from 'node:worker_threads'
import { type Feeds, type Outputs, openSession, type Session, type SessionOptions, type WrittenGraph } from './session.ts'

export interface LaneData {
  readonly graph: WrittenGraph
  readonly options: SessionOptions
}

export type Call = { readonly feeds: Feeds } | 'release'

export type Answer = { readonly outputs: Outputs } | { readonly error: Error }

const port = parentPort!
const { graph, options } = workerData as LaneData

async function answer(outputs: Promise<Outputs>): Promise<void> {
  const given = await outputs.then(
    (it): Answer => ({ outputs: it }),
    (error: Error): Answer => ({ error }),
  )
  port.postMessage(given)
}

/** A thread that listens to nobody ends. */
function serve(session: Session): Outputs {
  port.on('message', async (call: Call) => {
    if (call !== 'release') return answer(session.run(call.feeds))
    await answer(session.release().then(() => ({})))
    port.close()
  })
  return {}
}

await answer(openSession(graph, options).then(serve))

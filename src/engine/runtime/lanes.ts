// One net in several threads, for calls that come several at once: guidance asks with the prompt and against it. A small net's layers are
// too small to share between cores, while two calls share nothing.

import { Worker } from 'node:worker_threads'
import type { Answer, Call } from './lane-thread.ts'
import type { Outputs, Session, SessionOptions, WrittenGraph } from './session.ts'

/** A thread that answers in the order in which it is asked. While it owes nothing it holds nobody up. */
export type Lane = (call: Call) => Promise<Outputs>

/** Calls go to the lanes in turn. Each holds weights and values of its own. */
export async function openLanes(lanes: readonly Lane[], graph: WrittenGraph, options: SessionOptions): Promise<Session> {
  const release = async (): Promise<void> => void (await Promise.all(lanes.map((lane) => lane({ kind: 'release' }))))
  try {
    await Promise.all(lanes.map((lane) => lane({ kind: 'open', graph, options })))
  } catch (error) {
    await release()
    throw error
  }
  let turn = 0
  return { run: (feeds) => lanes[turn++ % lanes.length]!({ kind: 'run', feeds }), release }
}

export const startLanes = (count: number): Lane[] => Array.from({ length: count }, startLane)

function startLane(): Lane {
  const thread = new Worker(new URL('lane-thread.ts', import.meta.url), { execArgv: [] })
  const expected: PromiseWithResolvers<Outputs>[] = []
  let ended: Error | undefined
  thread.unref()

  thread.on('message', (given: Answer) => {
    const next = expected.shift()!
    if (expected.length === 0) thread.unref()
    if ('error' in given) next.reject(given.error)
    else next.resolve(given.outputs)
  })
  const end = (error: Error): void => {
    ended ??= error
    for (const next of expected.splice(0)) next.reject(ended)
  }
  thread.on('error', end)
  thread.on('exit', () => end(new Error('The thread of this net has ended.')))

  return (call) => {
    if (ended) return Promise.reject(ended)
    const next = Promise.withResolvers<Outputs>()
    expected.push(next)
    thread.ref()
    thread.postMessage(call)
    return next.promise
  }
}

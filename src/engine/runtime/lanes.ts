// One net in several threads, for calls that come several at once: guidance asks with the prompt and against it. A small net's layers are
// too small to share between cores, while two calls share nothing.

import { Worker } from 'node:worker_threads'
import type { Graph } from '../onnx/graph.ts'
import type { Answer, Call, LaneData } from './lane-thread.ts'
import { type Outputs, type Session, type SessionOptions, type WrittenGraph, written } from './session.ts'

/** Calls go to the lanes in turn. Each lane holds weights and values of its own. */
export async function createLanes(graph: Graph, count: number, options: SessionOptions): Promise<Session> {
  const form = written(graph)
  const opened = await Promise.allSettled(Array.from({ length: count }, () => openLane(form, options)))
  const lanes = opened.filter((it) => it.status === 'fulfilled').map(({ value }) => value)
  const release = async (): Promise<void> => void (await Promise.all(lanes.map((lane) => lane.release())))
  const failed = opened.find((it) => it.status === 'rejected')
  if (failed) {
    await release()
    throw failed.reason
  }
  let turn = 0
  return { run: (feeds) => lanes[turn++ % count]!.run(feeds), release }
}

async function openLane(graph: WrittenGraph, options: SessionOptions): Promise<Session> {
  const workerData: LaneData = { graph, options }
  const thread = new Worker(new URL('lane-thread.ts', import.meta.url), { workerData, execArgv: [] })
  const expected: PromiseWithResolvers<Outputs>[] = []
  let ended: Error | undefined

  /** The thread answers in the order in which it is asked, first of all that it stands. While it owes nothing it holds nobody up. */
  function answer(): Promise<Outputs> {
    if (ended) return Promise.reject(ended)
    const next = Promise.withResolvers<Outputs>()
    expected.push(next)
    thread.ref()
    return next.promise
  }
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
  thread.on('exit', () => end(new Error(`The thread of ${graph.name} has ended.`)))

  function ask(call: Call): Promise<Outputs> {
    thread.postMessage(call)
    return answer()
  }
  await answer()
  return { run: (feeds) => ask({ feeds }), release: async () => void (await ask('release')) }
}

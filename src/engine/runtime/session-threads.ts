// Session threads: nets in several threads, for calls that come several at once. Guidance asks with the prompt and against it, the VAE for
// picture after picture. A small net's layers are too small to share between cores, while two calls share nothing.

import { Worker } from 'node:worker_threads'
import type { Outputs, Session, SessionOptions, WrittenGraph } from './session.ts'
import type { ThreadReply, ThreadRequest } from './session-thread.ts'

export interface SessionThreads {
  /**
   * A session in each thread, with weights and values of its own; calls go to them in turn. One that comes alone, as without guidance, has
   * the cores of all, in a session that is opened for the first of its kind.
   * @param graph is waited for while the threads start, which takes a tenth of a second the first time
   */
  open(graph: Promise<WrittenGraph>, options: SessionOptions & { readonly threads: number }): Promise<Session>
}

/** Threads are started when they are first needed; while they owe nothing they hold nobody up. */
export function createSessionThreads(count: number): SessionThreads {
  let threads: readonly SessionThread[] = []
  let opened = 0

  /** The same net in each of them. */
  async function openIn(some: readonly SessionThread[], graph: WrittenGraph, options: SessionOptions): Promise<Session> {
    const id = ++opened
    const askAll = (call: ThreadRequest): Promise<unknown> => Promise.all(some.map((thread) => thread.ask(call)))
    const release = async (): Promise<void> => void (await askAll({ kind: 'release', id }))
    try {
      await askAll({ kind: 'open', id, graph, options })
    } catch (error) {
      await release()
      throw error
    }
    let turn = 0
    return { run: (feeds) => some[turn++ % some.length]!.ask({ kind: 'run', id, feeds }), release }
  }

  return {
    async open(graph, options) {
      if (threads.length === 0 || threads.some((thread) => thread.ended())) threads = Array.from({ length: count }, startThread)
      const mine = threads
      const form = await graph
      const narrow = await openIn(mine, form, options)
      const [first] = mine
      let wide: Promise<Session> | undefined
      const openWide = (): Promise<Session> =>
        openIn([first!], form, { ...options, threads: count * options.threads }).catch((error: unknown) => {
          wide = undefined // memory, or a file that was away, may be there at the next call
          throw error
        })
      return {
        async run(feeds, atOnce = count) {
          if (atOnce > 1) return narrow.run(feeds)
          wide ??= openWide()
          return (await wide).run(feeds)
        },
        release: async () => void (await Promise.all([narrow.release(), wide?.then((session) => session.release(), noSession)])),
      }
    },
  }
}

/** What failed to open has nothing to release. */
const noSession = (): void => undefined

/** Answers in the order in which it is asked. */
interface SessionThread {
  ask(call: ThreadRequest): Promise<Outputs>
  ended(): boolean
}

function startThread(): SessionThread {
  const thread = new Worker(new URL('session-thread.ts', import.meta.url), { execArgv: [] })
  const expected: PromiseWithResolvers<Outputs>[] = []
  let ended: Error | undefined
  thread.unref()

  thread.on('message', (given: ThreadReply) => {
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

  return {
    ask(call) {
      if (ended) return Promise.reject(ended)
      const next = Promise.withResolvers<Outputs>()
      expected.push(next)
      thread.ref()
      thread.postMessage(call)
      return next.promise
    },
    ended: () => ended !== undefined,
  }
}

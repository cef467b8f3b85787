// A session cache: the same graph is loaded once and stays warm, and the least recently used one is released before memory runs over.

import { type Graph, weightBytes } from '../onnx/graph.ts'
import type { Session } from './session.ts'

export interface LoadOptions {
  /** Whether it is mostly asked several things at once. */
  readonly parallel: boolean
}

export interface Sessions {
  /** The session for `key`, loaded from what `build` writes when it is not there. */
  get(key: string, build: () => Graph, options: LoadOptions): Promise<Session>
  /** Whether `get` would have it at once; does not count as use. */
  has(key: string): boolean
  /** Lets go of one that another has taken the place of. */
  drop(key: string): Promise<void>
  release(): Promise<void>
}

interface Loaded {
  readonly session: Promise<Session>
  readonly bytes: number
}

export interface SessionsOptions {
  /** Of weights that may stay loaded; the one asked for last always stays. */
  readonly budgetBytes: number
  load(graph: Graph, options: LoadOptions): Promise<Session>
}

export function createSessions({ budgetBytes, load }: SessionsOptions): Sessions {
  const loaded = new Map<string, Loaded>() // least used first

  /** Before the next is loaded: both together might not fit. */
  async function evictFor(bytes: number): Promise<void> {
    let total = bytes + loaded.values().reduce((sum, it) => sum + it.bytes, 0)
    for (const [key, it] of loaded) {
      if (total <= budgetBytes) return
      loaded.delete(key)
      total -= it.bytes
      await (await it.session).release()
    }
  }

  return {
    async get(key, build, options) {
      const known = loaded.get(key)
      loaded.delete(key)
      if (known) {
        loaded.set(key, known)
        return known.session
      }
      const graph = build()
      const bytes = weightBytes(graph)
      await evictFor(bytes)
      const session = load(graph, options)
      loaded.set(key, { session, bytes })
      session.catch(() => loaded.delete(key))
      return session
    },
    has: (key) => loaded.has(key),
    async drop(key) {
      const it = loaded.get(key)
      loaded.delete(key)
      await (await it?.session)?.release()
    },
    async release() {
      await evictFor(Infinity)
    },
  }
}

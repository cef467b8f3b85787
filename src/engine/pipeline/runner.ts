// Runs graphs, one at a time: ONNX Runtime blocks its thread anyway, and a session that waits for its turn must not be let go meanwhile.
// Of each graph there is at most one session with room for adapters: it grows to the largest asked for, and its forerunner goes.

import { covers, joined, nameOf, type Ranks, sizeOf } from '../checkpoint/lora/adapter-slots.ts'
import type { Graph } from '../onnx/graph.ts'
import type { Feeds, Outputs, Session } from '../runtime/session.ts'
import type { Sessions } from '../runtime/sessions.ts'
import { serial } from '../serial.ts'

/** A graph that may be written with room for adapters. */
export interface Runnable {
  /** Of everything that decides what it computes, but the room. */
  readonly key: string
  readonly needed: Ranks
  /** Whether it is mostly asked several things at once. */
  readonly parallel?: boolean
  build(room: Ranks): Graph
}

export interface Runner {
  /**
   * All at once, where the session was loaded for that.
   * @param adapters what stands in the room that the session turned out to have; names that its graph lacks are left out
   */
  runAll(graph: Runnable, calls: readonly Feeds[], adapters?: (room: Ranks) => Feeds): Promise<Outputs[]>
  run(graph: Runnable, feeds: Feeds, adapters?: (room: Ranks) => Feeds): Promise<Outputs>
  load(graph: Runnable): Promise<void>
}

export function createRunner(sessions: Sessions): Runner {
  const rooms = new Map<string, readonly Ranks[]>()
  const inputs = new Map<string, ReadonlySet<string>>()
  const inTurn = serial()

  /** Without adapters where that will do and is loaded; else the smallest that is loaded and has the room; else a new one. */
  async function sessionFor({ key, needed, parallel = false, build }: Runnable): Promise<{ session: Session; room: Ranks; name: string }> {
    const nameWith = (room: Ranks): string => `${key} ${nameOf(room)}`
    const loaded = (rooms.get(key) ?? []).filter((room) => sessions.has(nameWith(room)))
    const [enough] = loaded.filter((room) => covers(room, needed)).sort((a, b) => sizeOf(a) - sizeOf(b))
    const room = enough ?? (sizeOf(needed) === 0 ? needed : loaded.reduce(joined, needed))
    const name = nameWith(room)
    if (!enough) {
      for (const other of loaded) if (sizeOf(other) > 0) await sessions.drop(nameWith(other))
      rooms.set(key, [...loaded.filter((other) => sizeOf(other) === 0), room])
    }
    const write = (): Graph => {
      const graph = build(room)
      for (const other of inputs.keys()) if (!sessions.has(other)) inputs.delete(other)
      inputs.set(name, new Set(graph.inputs.map((input) => input.name)))
      return graph
    }
    const session = await sessions.get(name, write, { parallel })
    return { session, room, name }
  }

  const runAll: Runner['runAll'] = (graph, calls, adapters) =>
    inTurn(async () => {
      const { session, room, name } = await sessionFor(graph)
      const known = inputs.get(name)
      const given = Object.fromEntries(Object.entries(adapters?.(room) ?? {}).filter(([input]) => known?.has(input)))
      return Promise.all(calls.map((feeds) => session.run({ ...feeds, ...given })))
    })

  return {
    runAll,
    run: async (graph, feeds, adapters) => (await runAll(graph, [feeds], adapters))[0]!,
    load: (graph) => inTurn(async () => void (await sessionFor(graph))),
  }
}

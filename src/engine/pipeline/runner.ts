// A graph runner, one graph at a time: ONNX Runtime blocks its thread anyway, and a session that waits for its turn must not be released
// meanwhile. Of each graph there is at most one session with adapter slots: it grows to the largest rank asked for, and replaces the last.

import { covers, joined, nameOf, type Ranks, sizeOf } from '../checkpoint/lora/runtime/adapter-slots.ts'
import type { Graph } from '../onnx/graph.ts'
import type { Feeds, Outputs, Session } from '../runtime/session.ts'
import type { Sessions } from '../runtime/sessions.ts'
import { serial } from '../serial.ts'

/** A graph that may be written with adapter slots. */
export interface Runnable {
  /** Of everything that decides what it computes, but the ranks of its slots. */
  readonly key: string
  readonly needed: Ranks
  /** Whether it is mostly asked several things at once. */
  readonly parallel?: boolean
  build(capacity: Ranks): Graph
}

export interface Runner {
  /**
   * All at once, where the session was loaded for that.
   * @param adapters what is fed to the slots, whose capacity is the session's; names that its graph lacks are left out
   */
  runAll(graph: Runnable, calls: readonly Feeds[], adapters?: (capacity: Ranks) => Feeds): Promise<Outputs[]>
  run(graph: Runnable, feeds: Feeds, adapters?: (capacity: Ranks) => Feeds): Promise<Outputs>
  load(graph: Runnable): Promise<void>
}

export function createRunner(sessions: Sessions): Runner {
  const capacities = new Map<string, readonly Ranks[]>()
  const inputs = new Map<string, ReadonlySet<string>>()
  const inTurn = serial()

  /** Without slots where that will do and is loaded; else the smallest that is loaded and has the capacity; else a new one. */
  async function sessionFor({
    key,
    needed,
    parallel = false,
    build,
  }: Runnable): Promise<{ session: Session; capacity: Ranks; name: string }> {
    const nameWith = (capacity: Ranks): string => `${key} ${nameOf(capacity)}`
    const loaded = (capacities.get(key) ?? []).filter((capacity) => sessions.has(nameWith(capacity)))
    const [enough] = loaded.filter((capacity) => covers(capacity, needed)).sort((a, b) => sizeOf(a) - sizeOf(b))
    const capacity = enough ?? (sizeOf(needed) === 0 ? needed : loaded.reduce(joined, needed))
    const name = nameWith(capacity)
    if (!enough) {
      for (const other of loaded) if (sizeOf(other) > 0) await sessions.drop(nameWith(other))
      capacities.set(key, [...loaded.filter((other) => sizeOf(other) === 0), capacity])
    }
    const write = (): Graph => {
      const graph = build(capacity)
      for (const other of inputs.keys()) if (!sessions.has(other)) inputs.delete(other)
      inputs.set(name, new Set(graph.inputs.map((input) => input.name)))
      return graph
    }
    const session = await sessions.get(name, write, { parallel })
    return { session, capacity, name }
  }

  const runAll: Runner['runAll'] = (graph, calls, adapters) =>
    inTurn(async () => {
      const { session, capacity, name } = await sessionFor(graph)
      const known = inputs.get(name)
      const given = Object.fromEntries(Object.entries(adapters?.(capacity) ?? {}).filter(([input]) => known?.has(input)))
      return Promise.all(calls.map((feeds) => session.run({ ...feeds, ...given }, calls.length)))
    })

  return {
    runAll,
    run: async (graph, feeds, adapters) => (await runAll(graph, [feeds], adapters))[0]!,
    load: (graph) => inTurn(async () => void (await sessionFor(graph))),
  }
}

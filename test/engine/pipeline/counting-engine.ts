// An engine on the CPU that writes down which graphs it loads and runs.

import type { Frames } from '../../../src/engine/frames.ts'
import { createEngine, type Engine, type EngineInput, type EngineOutput } from '../../../src/engine/pipeline/engine.ts'
import { createSession } from '../../../src/engine/runtime/session.ts'
import { createSessions } from '../../../src/engine/runtime/sessions.ts'
import { cpuSession } from '../cpu-session.ts'

export interface CountingEngine extends Engine {
  /** Names of graphs; whoever counts empties them first. */
  readonly loads: string[]
  readonly runs: string[]
  drawn(drawing: EngineInput): Promise<EngineOutput>
}

export function countingEngine(cacheDir: string): CountingEngine {
  const loads: string[] = []
  const runs: string[] = []
  const sessions = createSessions({
    budgetBytes: 1e9,
    load: async (graph) => {
      loads.push(graph.name)
      const session = await createSession(graph)
      return {
        ...session,
        run: (feeds) => {
          runs.push(graph.name)
          return session.run(feeds)
        },
      }
    },
  })
  const engine = createEngine({ ...cpuSession, sessions, cacheDir })
  return {
    ...engine,
    loads,
    runs,
    async drawn(drawing) {
      const steps = engine.draw(drawing)
      for (let turn = await steps.next(); ; turn = await steps.next()) if (turn.done) return turn.value
    },
  }
}

/** Mean difference of two animations, in steps of a byte. */
export function apart(a: Frames, b: Frames): number {
  let sum = 0
  for (const [i, byte] of a.data.entries()) sum += Math.abs(byte - b.data[i]!)
  return sum / a.data.length
}

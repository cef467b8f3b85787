// A test session on the CPU: graphs are run by ONNX Runtime itself.

import { relative } from 'node:path'
import { Graph, type Value } from '../../src/engine/onnx/graph.ts'
import { createSession, type Feed } from '../../src/engine/runtime/session.ts'
import { cpu } from '../../src/engine/targets/cpu.ts'
import { runOnce, type TestSession } from '../../src/engine/verify/test-session.ts'

export const fixtures = `${import.meta.dirname}/../fixtures`
export const tiny = relative(process.cwd(), `${fixtures}/tiny`)

export const cpuSession: TestSession = { target: cpu(), vaeTarget: cpu(), load: (graph) => createSession(graph) }

/** Builds a graph of one output, loads it and runs it once. */
export async function compute(build: (graph: Graph) => Value, feeds: Readonly<Record<string, Feed>> = {}): Promise<Float32Array> {
  const graph = new Graph('test')
  graph.output('y', build(graph))
  const [result] = await runOnce(cpuSession, graph, [feeds])
  return result!['y']!
}

/** Numbers from −1 to 1 that are the same on every run. */
export function someNumbers(count: number, seed = 1): Float32Array {
  let state = seed
  return Float32Array.from({ length: count }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5
    const mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39)
    return (mixed >>> 8) / 2 ** 23 - 1
  })
}

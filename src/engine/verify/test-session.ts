// A test session: what the nets under test run on.

import type { Graph } from '../onnx/graph.ts'
import type { Feed, Session } from '../runtime/session.ts'
import type { Target } from '../targets/target.ts'

export interface TestSession {
  readonly target: Target
  /** Half precision overflows in the VAE, so it has a target of its own. */
  readonly vaeTarget: Target
  readonly load: (graph: Graph) => Promise<Session>
}

/** Loads, runs once for each of `feeds`, and lets go. */
export async function runOnce(
  { load }: Pick<TestSession, 'load'>,
  graph: Graph,
  feeds: readonly Readonly<Record<string, Feed>>[],
): Promise<Record<string, Float32Array>[]> {
  const session = await load(graph)
  try {
    const results = []
    for (const feed of feeds) results.push(await session.run(feed))
    return results
  } finally {
    await session.release()
  }
}

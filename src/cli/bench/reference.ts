// What this machine can do now: one product of two large matrices, which ONNX Runtime computes about as fast as anything can be computed.
// Other programs and a hot processor slow both it and what is measured, so only their ratio says something about the latter.

import { Graph } from '../../engine/onnx/graph.ts'
import { MatMul, Slice } from '../../engine/onnx/ops.ts'
import { createSession } from '../../engine/runtime/session.ts'

const side = 2048

export interface Reference {
  /** GFLOP/s of the best of a few, just now. */
  measure(): Promise<number>
}

export async function createReference(threads: { readonly threads?: number }): Promise<Reference> {
  const graph = new Graph('reference')
  const matrix = (name: string) => graph.input(name, 'float32', [side, side])
  // One row of it: the rest would be copied out, into fresh memory, which takes as long as the product on some machines.
  graph.output('y', Slice(MatMul(matrix('a'), matrix('b')), 0, 0, 1))
  const session = await createSession(graph, threads)
  const feeds = { a: new Float32Array(side ** 2).fill(0.5), b: new Float32Array(side ** 2).fill(0.25) }
  return {
    async measure() {
      let best = Infinity
      for (let i = 0; i < 3; i++) {
        const start = performance.now()
        await session.run(feeds)
        best = Math.min(best, performance.now() - start)
      }
      return (2 * side ** 3) / best / 1e6
    },
  }
}

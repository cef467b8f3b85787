// A reference for what this machine can do now (GEMM, GFLOP/s): one product of two large matrices, which ONNX Runtime computes about as
// fast as anything can be computed. Other programs and a hot processor slow both it and what is measured, so only their ratio says something
// about the latter.

import { Graph, MatMul, Slice } from '../../engine/index.ts'
import { createSession } from '../../engine/run.ts'

const side = 2048
const spanMs = 800

export interface Reference {
  /** GFLOP/s just now, over most of a second: what takes seconds itself had no luckier moment. */
  measure(): Promise<number>
}

export async function createReference(threads: { readonly threads?: number }): Promise<Reference> {
  const graph = new Graph('reference')
  const matrix = (name: string) => graph.input(name, 'float32', [side, side])
  // One row of it: the rest would be copied out, into fresh memory, which takes as long as the product on some machines.
  graph.output('y', Slice(MatMul(matrix('a'), matrix('b')), 0, 0, 1))
  const session = await createSession(graph, threads)
  const feeds = { a: new Float32Array(side ** 2).fill(0.5), b: new Float32Array(side ** 2).fill(0.25) }
  await session.run(feeds) // the first run asks for memory
  return {
    async measure() {
      const start = performance.now()
      let products = 0
      for (; performance.now() - start < spanMs; products++) await session.run(feeds)
      return (products * 2 * side ** 3) / (performance.now() - start) / 1e6
    },
  }
}

// A graph loaded in ONNX Runtime: the only file that knows onnxruntime-node.
// `run` blocks its thread and cannot be cancelled, so sessions live in a process of their own.

import * as ort from 'onnxruntime-node'
import type { Graph } from '../onnx/graph.ts'
import { writeModel } from '../onnx/write.ts'

export type Feed = Float32Array | Int32Array

export interface Session {
  /** Inputs by name, in the graph's shapes; outputs by name. */
  run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, Float32Array>>
  release(): Promise<void>
}

export interface SessionOptions {
  readonly threads?: number
}

/** These two fusions cost more than they save: Gemm is slower than MatMul + Add, fused skip-norm five times slower than its parts. */
const harmful = 'MatMulAddFusion;SkipLayerNormFusion'

export async function createSession(graph: Graph, { threads }: SessionOptions = {}): Promise<Session> {
  const session = await ort.InferenceSession.create(writeModel(graph), {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    enableCpuMemArena: false,
    logSeverityLevel: 3,
    ...(threads ? { intraOpNumThreads: threads } : {}),
    extra: {
      session: { model_external_initializers_file_folder_path: '/' },
      optimization: { disable_specified_optimizers: harmful },
    },
  })
  const inputs = new Map(graph.inputs.map((value) => [value.name, value]))
  return {
    async run(feeds) {
      const tensors: Record<string, ort.Tensor> = {}
      for (const [name, data] of Object.entries(feeds)) {
        const input = inputs.get(name)
        if (!input) throw new Error(`${graph.name} has no input ${name}`)
        tensors[name] = new ort.Tensor(data instanceof Float32Array ? 'float32' : 'int32', data, input.shape as number[])
      }
      const results = await session.run(tensors)
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]))
    },
    release: () => session.release(),
  }
}

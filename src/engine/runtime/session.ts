// A session: a graph loaded in ONNX Runtime. The only file that knows onnxruntime-node.
// `run` blocks its thread and cannot be cancelled, so sessions live in a process of their own.

import './telemetry-off.ts'

import { readFileSync } from 'node:fs'
import * as ort from 'onnxruntime-node'
import type { Device } from '../device-names.ts'
import type { Graph } from '../onnx/graph.ts'
import { writeModel } from '../onnx/write.ts'
import { countCores } from './cores.ts'
import { providersFor } from './providers.ts'

export type Feed = Float32Array | Int32Array

/** Inputs by name, in the graph's shapes. */
export type Feeds = Readonly<Record<string, Feed>>

/** By name. */
export type Outputs = Record<string, Float32Array>

export interface Session {
  /** @param atOnce calls that are asked at the same time, this one among them */
  run(feeds: Feeds, atOnce?: number): Promise<Outputs>
  release(): Promise<void>
}

export interface SessionOptions {
  /** Of the CPU; as many as it has cores otherwise. */
  readonly threads?: number
  readonly device?: Device
  /** Refuses a graph of which the device would leave a part to the CPU behind it. */
  readonly alone?: boolean
  /** Weights stay where they lie in their files, and are not packed into memory of the session's own. CPU. */
  readonly mapped?: boolean
  /** Kernels are not copied into the blocked layout, which is faster for large pictures. CPU. */
  readonly plainLayout?: boolean
  /** No node is changed or computed beforehand. */
  readonly asWritten?: boolean
  /** What a value no longer needs goes back to the system at once, instead of into a pool that may be half as large again. CPU. */
  readonly withoutPool?: boolean
}

// A provider that is missing is our error to tell, not the log's.
ort.env.logLevel = 'fatal'

/** Devices that this build of ONNX Runtime knows; whether they start is another question: devices.ts. */
export const listBackends = (): string[] => ort.listSupportedBackends().map(({ name }) => name)

/** A graph in the form that a thread can be sent. */
export interface WrittenGraph {
  readonly name: string
  /** An ONNX ModelProto, or the first `bytes` of a file. */
  readonly model: Uint8Array | { readonly file: string; readonly bytes: number }
  readonly inputs: Readonly<Record<string, readonly number[]>>
  /** It already is what ONNX Runtime makes of it on this machine. */
  readonly optimized?: true
}

export const written = (graph: Graph): WrittenGraph & { readonly model: Uint8Array } => ({
  name: graph.name,
  model: writeModel(graph),
  inputs: Object.fromEntries(graph.inputs.map(({ name, shape }) => [name, shape])),
})

export const runtimeVersion = ort.env.versions.node ?? ort.env.versions.common

/** Writes the model as it is run on this CPU: nodes fused, weights unpacked and in the layout of its kernels. */
export async function writeOptimized(graph: WrittenGraph, path: string): Promise<void> {
  const session = await ort.InferenceSession.create(modelOf(graph), { ...settingsOf({ threads: 1 }), optimizedModelFilePath: path })
  await session.release()
}

export const createSession = (graph: Graph, options: SessionOptions = {}): Promise<Session> => openSession(written(graph), options)

export async function openSession(graph: WrittenGraph, options: SessionOptions = {}): Promise<Session> {
  const { name, inputs, optimized = false } = graph
  const session = await ort.InferenceSession.create(modelOf(graph), settingsOf(optimized ? { ...options, asWritten: true } : options))
  return {
    async run(feeds) {
      const tensors: Record<string, ort.Tensor> = {}
      for (const [input, data] of Object.entries(feeds)) {
        const shape = inputs[input]
        if (!shape) throw new Error(`${name} has no input ${input}`)
        tensors[input] = new ort.Tensor(data instanceof Float32Array ? 'float32' : 'int32', data, shape)
      }
      const results = await session.run(tensors)
      return Object.fromEntries(Object.entries(results).map(([output, tensor]) => [output, tensor.data as Float32Array]))
    },
    release: () => session.release(),
  }
}

const modelOf = ({ model }: WrittenGraph): Uint8Array =>
  model instanceof Uint8Array ? model : readFileSync(model.file).subarray(0, model.bytes)

function settingsOf({
  threads = countCores(),
  device = 'cpu',
  alone = false,
  mapped = false,
  plainLayout = false,
  asWritten = false,
  withoutPool = false,
}: SessionOptions): ort.InferenceSession.SessionOptions {
  const { executionProviders, enableCpuMemArena, enableMemPattern, disabledOptimizers } = providersFor(device)
  const disabled = plainLayout ? [...disabledOptimizers, 'NchwcTransformer'] : disabledOptimizers
  return {
    executionProviders: [...executionProviders],
    graphOptimizationLevel: asWritten ? 'disabled' : 'all',
    enableCpuMemArena: enableCpuMemArena && !withoutPool,
    enableMemPattern,
    logSeverityLevel: 3,
    intraOpNumThreads: threads,
    extra: {
      session: {
        model_external_initializers_file_folder_path: '/',
        ...(mapped ? { disable_prepacking: '1' } : {}),
        ...(alone && device !== 'cpu' ? { disable_cpu_ep_fallback: '1' } : {}),
      },
      ...(disabled.length > 0 ? { optimization: { disable_specified_optimizers: disabled.join(';') } } : {}),
    },
  }
}

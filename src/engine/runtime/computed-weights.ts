// Computed weights: what has to be computed before a graph can use it (float16 unpacked, Winograd's kernels), kept in files, one a weight,
// named after what it was computed from. Graphs point into them as into the person's own files, so that loading computes and copies
// nothing, and sessions of every size, of every style and in every process share the same pages of memory.

import { createHash } from 'node:crypto'
import { fileStamp } from '../checkpoint/tensor/file-stamp.ts'
import { elementsOf, type Tensor } from '../checkpoint/tensor/tensor.ts'
import { type Constant, constantsOf, graphOf, withConstants } from '../onnx/constants.ts'
import { type Graph, weightBytes } from '../onnx/graph.ts'
import type { CachedFile, ChecksummedCache } from './checksummed-cache.ts'

export interface ComputedWeights {
  /** The same graph with what it computes from weights as places in files; the graph itself where none could be kept. */
  prepare(graph: Graph): Promise<Graph>
}

export interface ComputedWeightsOptions {
  readonly cache: ChecksummedCache
  /** Runs a graph without inputs, and gives its outputs by name. */
  readonly compute: (graph: Graph) => Promise<Readonly<Record<string, Float32Array>>>
  /** The weights of smaller nets are computed at every start: it takes a moment. */
  readonly minBytes: number
}

/** What is smaller is not worth a file. */
const smallest = 64 * 1024

/** How much is computed in one go. */
const atOnce = 128e6

export function createComputedWeights({ cache, compute, minBytes }: ComputedWeightsOptions): ComputedWeights {
  return {
    async prepare(graph) {
      if (weightBytes(graph) < minBytes) return graph
      const fileName = namer(graph)
      const given = new Map<string, Tensor>()
      const missing: Missing[] = []
      for (const constant of constantsOf(graph)) {
        const { value } = constant
        if (value.type !== 'float32' || bytesOf(value) < smallest) continue
        const plain = reshaped(graph, constant)
        const file = plain ? '' : fileName(constant)
        const tensor = plain ?? tensorAt(cache.find(file, bytesOf(value)), value)
        if (tensor) given.set(value.name, tensor)
        else missing.push({ constant, file })
      }
      if (missing.length > 0 && cache.reserve(missing.reduce((sum, { constant }) => sum + bytesOf(constant.value), 0))) {
        for (const batch of batches(missing)) {
          const bytes = await computed(graph, batch, compute)
          for (const { constant, file } of batch) {
            const { value } = constant
            const tensor = tensorAt(cache.keep(file, bytes(value.name)), value)
            if (tensor) given.set(value.name, tensor)
          }
        }
      }
      return given.size > 0 ? withConstants(graph, given) : graph
    },
  }
}

const bytesOf = ({ shape }: Constant['value']): number => 4 * elementsOf(shape)

const tensorAt = (kept: CachedFile | null, { name, shape }: Constant['value']): Tensor | null =>
  kept && { name, dtype: 'F32', shape, at: { file: kept.file, offset: 0 } }

/** A weight that is only read in another shape lies where it lay. */
function reshaped(graph: Graph, { value, nodes }: Constant): Tensor | null {
  if (nodes.length === 0 || nodes.some(({ op }) => op !== 'Reshape')) return null
  const source = graph.initializers.get(nodes[0]!.inputs[0]!.name)?.tensor
  return source && !(source.at instanceof Uint8Array) ? { ...source, name: value.name, shape: value.shape } : null
}

interface Missing {
  readonly constant: Constant
  readonly file: string
}

function* batches(missing: readonly Missing[]): Generator<Missing[]> {
  let batch: Missing[] = []
  let total = 0
  for (const it of missing) {
    const bytes = bytesOf(it.constant.value)
    if (batch.length > 0 && total + bytes > atOnce) {
      yield batch
      batch = []
      total = 0
    }
    batch.push(it)
    total += bytes
  }
  if (batch.length > 0) yield batch
}

async function computed(
  graph: Graph,
  batch: readonly Missing[],
  compute: ComputedWeightsOptions['compute'],
): Promise<(name: string) => Uint8Array> {
  const made = batch.map(({ constant }) => constant).filter(({ nodes }) => nodes.length > 0)
  const values = made.length > 0 ? await compute(graphOf(graph, made)) : {}
  return (name) => {
    const { buffer, byteOffset, byteLength } = values[name] ?? (graph.initializers.get(name)!.tensor.at as Uint8Array)
    return new Uint8Array(buffer, byteOffset, byteLength)
  }
}

/** The version of how names are made and what files hold. */
const form = 1

/** Names a constant after everything that decides its value: the operators, and the weights by their file, its size and its date. */
function namer(graph: Graph): (constant: Constant) => string {
  const files = new Map<string, string>()
  const knownStamp = (path: string): string => {
    const known = files.get(path)
    if (known !== undefined) return known
    const stamp = fileStamp(path)
    files.set(path, stamp)
    return stamp
  }
  const source = ({ dtype, shape, at }: Tensor): readonly unknown[] => [
    dtype,
    shape,
    ...(at instanceof Uint8Array ? [createHash('sha256').update(at).digest('hex')] : [knownStamp(at.file), at.offset]),
  ]
  return ({ value, nodes }) => {
    const places = new Map(nodes.map(({ outputs }, i) => [outputs[0]!.name, i]))
    const input = (it: Constant['value'] | null): unknown => it && (places.get(it.name) ?? source(graph.initializers.get(it.name)!.tensor))
    const recipe = nodes.map(({ op, domain, attributes, inputs }) => [op, domain, attributes, inputs.map(input)])
    return createHash('sha256')
      .update(JSON.stringify([form, recipe.length > 0 ? recipe : input(value)]))
      .digest('hex')
      .slice(0, 40)
  }
}

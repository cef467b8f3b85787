// Optimized graphs: small nets as ONNX Runtime makes them for this machine (weights unpacked, nodes fused, kernels in the layout of its
// processor), kept in files. Making one takes six times as long as loading it, and a net in two session threads would be made twice.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileStamp } from '../checkpoint/tensor/file-stamp.ts'
import { type Graph, weightBytes } from '../onnx/graph.ts'
import type { ChecksummedCache } from './checksummed-cache.ts'
import { runtimeVersion, type WrittenGraph, writeOptimized, written } from './session.ts'

export interface OptimizedGraphs {
  /** As it is made for this machine; as it was written where that could not be kept. For the CPU. */
  prepare(graph: Graph): Promise<WrittenGraph>
}

/** float16 becomes float32, and Winograd's kernels are 16/9 of those they are made from. */
const growth = 4

export function createOptimizedGraphs(cache: ChecksummedCache): OptimizedGraphs {
  return {
    async prepare(graph) {
      const form = written(graph)
      const name = nameOf(graph, form.model)
      const known = cache.find(name)
      if (known) return { ...form, model: known, optimized: true }
      if (!cache.reserve(growth * weightBytes(graph))) return form
      // ONNX Runtime does not tell a full disk from a graph at fault: the one stops nobody, the other is reported by whoever opens the graph.
      const made = await cache.keepFile(name, (path) => writeOptimized(form, path)).catch(() => null)
      return made ? { ...form, model: made, optimized: true } : form
    },
  }
}

/** The version of how graphs are made. */
const way = 1

/** After everything that decides what is made: the graph, the files that it points into, ONNX Runtime and the processor. */
function nameOf(graph: Graph, model: Uint8Array): string {
  const files = new Set(graph.initializers.values().flatMap(({ tensor: { at } }) => (at instanceof Uint8Array ? [] : [at.file])))
  return createHash('sha256')
    .update(JSON.stringify([way, runtimeVersion, processor(), [...files].map(fileStamp)]))
    .update(model)
    .digest('hex')
    .slice(0, 40)
}

/** Virtual machines of different processors share a name, so Linux's list of abilities counts too. */
function processor(): readonly unknown[] {
  const model = cpus()[0]?.model
  try {
    return [process.arch, model, /^(flags|Features)\s*:.*$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[0]]
  } catch {
    return [process.arch, model]
  }
}

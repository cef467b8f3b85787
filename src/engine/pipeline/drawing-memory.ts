// The device memory of a drawing, foretold from its graphs: weights of all nets, which stay, and the values of the one that runs. What the
// runtime itself takes (a context, workspaces of its kernels) comes on top.

import { elementsOf } from '../checkpoint/tensor/tensor.ts'
import type { Graph } from '../onnx/graph.ts'
import { bytesPer, plannedMemory } from '../onnx/memory.ts'
import type { Target } from '../targets/target.ts'
import { chunkLength } from '../text/chunks.ts'
import { decoderGraph, textGraph, unetGraph } from './graphs.ts'
import type { Model } from './model/model.ts'
import type { Size } from './nets.ts'

export interface DrawingMemory {
  readonly weightBytes: number
  /** Of the net that takes most, at its peak. */
  readonly valueBytes: number
  readonly largest: 'text' | 'unet' | 'vae'
}

/** One animation, a picture of it decoded at a time. Reads no weights. */
export function drawingMemory(
  model: Pick<Model, 'text' | 'unet' | 'motion' | 'vae'> & Partial<Pick<Model, 'control'>>,
  { frames, width, height }: Size,
  { target, vaeTarget }: { readonly target: Target; readonly vaeTarget: Target },
): DrawingMemory {
  const { factor } = model.vae.architecture
  const [h, w] = [height / factor, width / factor]
  const nets = [
    { net: 'text', target, graph: textGraph(model, target, { prompts: 1, takesVectors: true }) },
    { net: 'unet', target, graph: unetGraph(model, target, { animations: 1, frames, h, w, tokens: chunkLength }) },
    { net: 'vae', target: vaeTarget, graph: decoderGraph(model, vaeTarget, { pictures: 1, h, w }) },
  ] as const
  const values = nets.map(({ net, graph }) => ({ net, bytes: plannedMemory(graph).bytes }))
  const largest = values.reduce((most, one) => (one.bytes > most.bytes ? one : most))
  return {
    weightBytes: nets.reduce((sum, { graph, target: { type } }) => sum + bytesPer[type] * weightsIn(graph), 0),
    valueBytes: largest.bytes,
    largest: largest.net,
  }
}

/** Numbers of it. */
function weightsIn({ initializers }: Graph): number {
  return initializers.values().reduce((sum, { tensor }) => sum + elementsOf(tensor.shape), 0)
}

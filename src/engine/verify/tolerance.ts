// Tolerances: how far a device may be off. PyTorch's own float32 is 2e-6 off the answers, which were computed in float64.

import type { Graph } from '../onnx/graph.ts'
import { usesWinograd } from '../targets/conv3x3.ts'
import type { Target } from '../targets/target.ts'

export interface Tolerances {
  /** One call of a net, relative. */
  readonly net: number
  /** Latents after some steps, relative: an error of the net is multiplied by guidance and carried from step to step. */
  readonly latents: number
  /** Mean of the differences of a frame's values in 0..1. */
  readonly frames: number
}

/**
 * By what computes and in which type; a graph written with Winograd's form rounds more. In half precision what is stored is rounded, which alone
 * makes nets wrong by 2.5e-3, LoRAs' by 4.1e-3, latents by 7.4e-3 (test/engine/targets/round-to-half.ts); WebGPU sums in it too.
 */
export function tolerancesFor({ name, type }: Target, graph?: Graph): Tolerances {
  const frames = 1 / 255
  if (type === 'float16' && name === 'cuda') return { net: 5e-3, latents: 2e-2, frames }
  if (type === 'float16') return { net: 1e-2, latents: 5e-2, frames: 2 * frames }
  if (name !== 'cpu') return { net: 1e-3, latents: 1e-2, frames }
  return { net: graph && usesWinograd(graph) ? 1e-4 : 1e-5, latents: 1e-4, frames }
}

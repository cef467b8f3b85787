// Posteriors of pictures: what the VAE's encoder says a picture may be, of which training draws one at every step.
// N pictures  C latent channels  h w latent sides

import { concat } from '../../arrays/concat.ts'
import type { Frames } from '../../frames.ts'
import { vaeMoments } from '../../nets/vae.ts'
import { Weights } from '../../nets/weights.ts'
import { Graph } from '../../onnx/graph.ts'
import { Concat, Exp, Mul, Slice } from '../../onnx/ops.ts'
import type { Model } from '../../pipeline/model/model.ts'
import type { Session } from '../../runtime/session.ts'
import type { Target } from '../../targets/target.ts'
import { heldLogVariance } from './loss.ts'
import { planesOf } from './planes.ts'

/** pictures [N, 3, H, W] in −1..1 → moments [N, 2C, h, w]: means, then standard deviations, both of scaled latents */
export function posteriorGraph(
  { vae }: Pick<Model, 'vae'>,
  target: Target,
  { pictures: N, h, w }: { pictures: number; h: number; w: number },
): Graph {
  const { architecture: arch } = vae
  const { latentChannels: C, factor, scalingFactor } = arch
  const graph = new Graph('vae-posterior')
  const pictures = graph.input('pictures', 'float32', [N, 3, h * factor, w * factor])
  const moments = vaeMoments(new Weights({ graph, target, ...vae }), pictures, arch)
  const number = (value: number) => graph.constant([value], [], 'float32')
  const deviation = Exp(Mul(heldLogVariance(Slice(moments, 1, C, 2 * C)), number(0.5)))
  graph.output('moments', Mul(Concat([Slice(moments, 1, 0, C), deviation], 1), number(scalingFactor)))
  return graph
}

/** One picture a call. @param session of the graph above for one picture @returns [N, 2C, h, w] */
export async function posteriorsOf(session: Session, frames: Frames, flipped: boolean): Promise<Float32Array> {
  const all: Float32Array[] = []
  for (let i = 0; i < frames.count; i++) all.push((await session.run({ pictures: planesOf(frames, i, flipped) }))['moments']!)
  return concat(all)
}

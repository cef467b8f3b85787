// Guidance embedding: a UNet that was distilled with its guidance as an input is told it beside the timestep, and asked once a step.
// Luo et al., "Latent Consistency Models" (arXiv 2310.04378), section 4.1; diffusers' get_guidance_scale_embedding.
// C width of the first level  D of the embedding (256)

import { float32Of, type Tensor } from '../checkpoint/tensor/tensor.ts'

/** What is added to the embedding of the timestep: cond_proj [C, D] × [sin(s w₀) … , cos(s w₀) …], s = 1000 (guidance − 1): [C]. */
export function guidanceEmbedding(guidance: number, condProj: Tensor): Float32Array {
  const [C, D] = condProj.shape as [number, number]
  const half = D / 2
  const embedding = Float64Array.from({ length: D }, (_, i) => {
    const angle = 1000 * (guidance - 1) * Math.exp((-Math.log(10_000) * (i % half)) / (half - 1))
    return i < half ? Math.sin(angle) : Math.cos(angle)
  })
  const weights = float32Of(condProj)
  return Float32Array.from({ length: C }, (_, c) => embedding.reduce((sum, value, d) => sum + value * weights[c * D + d]!, 0))
}

// Stable Diffusion's autoencoder: pictures to latents of a fraction of the size, and back. Names as in diffusers' AutoencoderKL.
// N images  C channels  H W pixels  h w latent sides

import type { VaeArchitecture } from '../checkpoint/architecture/architecture.ts'
import type { Value } from '../onnx/graph.ts'
import { Add, Slice } from '../onnx/ops.ts'
import type { GroupNormOptions } from '../targets/target.ts'
import { enter, leave, picture, sides, tokens } from './image.ts'
import { attention, conv1x1, conv3x3, conv3x3Down, groupNorm, resnetBlock, upsample } from './layers.ts'
import { block, type Weights } from './weights.ts'

/** latents [N, 4, h, w], already divided by the scaling factor → pictures [N, 3, H, W] in −1..1, not clamped */
export function vaeDecoder(w: Weights, latents: Value, { widths, layersPerBlock, latentChannels, normGroups }: VaeArchitecture): Value {
  const norm = { groups: normGroups, epsilon: 1e-6 }
  const wide = widths.toReversed()
  const d = w.at('decoder')
  let x = conv1x1(w.at('post_quant_conv'), enter(w.target, latents), latentChannels)
  x = conv3x3(d.at('conv_in'), x, wide[0]!)
  x = midBlock(d.at('mid_block'), x, norm)
  wide.forEach((C, i) => {
    const up = d.at(`up_blocks.${i}`)
    for (let j = 0; j <= layersPerBlock; j++) x = resnetBlock(up.at(`resnets.${j}`), x, null, C, norm)
    const { h, w: across } = sides(w.target, x)
    if (i < wide.length - 1) x = upsample(up.at('upsamplers.0'), x, { h: 2 * h, w: 2 * across })
  })
  x = groupNorm(d.at('conv_norm_out'), x, { ...norm, silu: true })
  return leave(w.target, conv3x3(d.at('conv_out'), x, 3))
}

/** pictures [N, 3, H, W] in −1..1 → the posterior's mean [N, 4, h, w], not yet multiplied by the scaling factor */
export const vaeEncoder = (w: Weights, pictures: Value, arch: VaeArchitecture): Value =>
  Slice(vaeMoments(w, pictures, arch), 1, 0, arch.latentChannels)

/** pictures [N, 3, H, W] in −1..1 → [N, 8, h, w]: the posterior's mean, then the logarithm of its variance */
export function vaeMoments(w: Weights, pictures: Value, { widths, layersPerBlock, latentChannels, normGroups }: VaeArchitecture): Value {
  const norm = { groups: normGroups, epsilon: 1e-6 }
  const e = w.at('encoder')
  let x = conv3x3(e.at('conv_in'), enter(w.target, pictures), widths[0]!)
  widths.forEach((C, i) => {
    const down = e.at(`down_blocks.${i}`)
    for (let j = 0; j < layersPerBlock; j++) x = resnetBlock(down.at(`resnets.${j}`), x, null, C, norm)
    if (i < widths.length - 1) x = conv3x3Down(down.at('downsamplers.0.conv'), x, C)
  })
  x = midBlock(e.at('mid_block'), x, norm)
  x = groupNorm(e.at('conv_norm_out'), x, { ...norm, silu: true })
  x = conv3x3(e.at('conv_out'), x, 2 * latentChannels)
  return leave(w.target, conv1x1(w.at('quant_conv'), x, 2 * latentChannels))
}

/** One attention head over all positions, between two resnets. */
const midBlock = block((w: Weights, x: Value, norm: GroupNormOptions): Value => {
  const { C, ...size } = sides(w.target, x)
  x = resnetBlock(w.at('resnets.0'), x, null, C, norm)
  const attend = w.at('attentions.0')
  const y = tokens(w.target, groupNorm(attend.at('group_norm'), x, norm)) // [N, S, C]
  x = Add(x, picture(w.target, attention(attend, y, y, { kind: 'self', heads: 1 }), size))
  return resnetBlock(w.at('resnets.1'), x, null, C, norm)
})

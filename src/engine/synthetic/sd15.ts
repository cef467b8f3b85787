// A synthetic SD 1.5: its names and shapes and those of AnimateDiff's modules for it, as published, made by rule. What checks the rules are
// the published totals: 686 tensors with 859,520,964 numbers, 248 with 83,653,863, 196 with 123,060,480, 560 with 417,137,600.

export type Shapes = Map<string, readonly number[]>

const widths = [320, 640, 1280, 1280]

const layer = (shapes: Shapes, path: string, weight: readonly number[], bias = true) => {
  shapes.set(`${path}.weight`, weight)
  if (bias) shapes.set(`${path}.bias`, [weight[0]!])
}

function resnet(shapes: Shapes, path: string, input: number, out: number, time: number | null, shortcut = 'conv_shortcut') {
  layer(shapes, `${path}.norm1`, [input])
  layer(shapes, `${path}.conv1`, [out, input, 3, 3])
  if (time !== null) layer(shapes, `${path}.time_emb_proj`, [out, time])
  layer(shapes, `${path}.norm2`, [out])
  layer(shapes, `${path}.conv2`, [out, out, 3, 3])
  if (input !== out) layer(shapes, `${path}.${shortcut}`, [out, input, 1, 1])
}

function attention(shapes: Shapes, path: string, c: number, context: number) {
  for (const [to, from] of [
    ['q', c],
    ['k', context],
    ['v', context],
  ] as const)
    layer(shapes, `${path}.to_${to}`, [c, from], false)
  layer(shapes, `${path}.to_out.0`, [c, c])
}

function feedForward(shapes: Shapes, path: string, c: number) {
  layer(shapes, `${path}.net.0.proj`, [8 * c, c])
  layer(shapes, `${path}.net.2`, [c, 4 * c])
}

function transformer(shapes: Shapes, path: string, c: number, context: number) {
  layer(shapes, `${path}.norm`, [c])
  layer(shapes, `${path}.proj_in`, [c, c, 1, 1])
  const block = `${path}.transformer_blocks.0`
  attention(shapes, `${block}.attn1`, c, c)
  attention(shapes, `${block}.attn2`, c, context)
  for (const i of [1, 2, 3]) layer(shapes, `${block}.norm${i}`, [c])
  feedForward(shapes, `${block}.ff`, c)
  layer(shapes, `${path}.proj_out`, [c, c, 1, 1])
}

/** diffusers' names. */
export function sd15UNet({ context = 768, input = 4 } = {}): Shapes {
  const shapes: Shapes = new Map()
  layer(shapes, 'conv_in', [320, input, 3, 3])
  layer(shapes, 'time_embedding.linear_1', [1280, 320])
  layer(shapes, 'time_embedding.linear_2', [1280, 1280])
  const skips = [320]
  let c = 320
  for (const [b, width] of widths.entries()) {
    for (const l of [0, 1]) {
      resnet(shapes, `down_blocks.${b}.resnets.${l}`, c, width, 1280)
      if (b < 3) transformer(shapes, `down_blocks.${b}.attentions.${l}`, width, context)
      c = width
      skips.push(c)
    }
    if (b < 3) {
      layer(shapes, `down_blocks.${b}.downsamplers.0.conv`, [c, c, 3, 3])
      skips.push(c)
    }
  }
  resnet(shapes, 'mid_block.resnets.0', c, c, 1280)
  transformer(shapes, 'mid_block.attentions.0', c, context)
  resnet(shapes, 'mid_block.resnets.1', c, c, 1280)
  for (const [b, width] of widths.toReversed().entries()) {
    for (const l of [0, 1, 2]) {
      resnet(shapes, `up_blocks.${b}.resnets.${l}`, c + skips.pop()!, width, 1280)
      if (b > 0) transformer(shapes, `up_blocks.${b}.attentions.${l}`, width, context)
      c = width
    }
    if (b < 3) layer(shapes, `up_blocks.${b}.upsamplers.0.conv`, [c, c, 3, 3])
  }
  layer(shapes, 'conv_norm_out', [320])
  layer(shapes, 'conv_out', [4, 320, 3, 3])
  return shapes
}

/** LDM's names without their prefix, as stand-alone VAE files have them. */
export function sd15Vae({ latent = 4 } = {}): Shapes {
  const shapes: Shapes = new Map()
  const middle = (half: string) => {
    resnet(shapes, `${half}.mid.block_1`, 512, 512, null)
    layer(shapes, `${half}.mid.attn_1.norm`, [512])
    for (const part of ['q', 'k', 'v', 'proj_out']) layer(shapes, `${half}.mid.attn_1.${part}`, [512, 512, 1, 1])
    resnet(shapes, `${half}.mid.block_2`, 512, 512, null)
  }
  const sizes = [128, 256, 512, 512]
  layer(shapes, 'encoder.conv_in', [128, 3, 3, 3])
  let c = 128
  for (const [i, width] of sizes.entries()) {
    for (const j of [0, 1]) {
      resnet(shapes, `encoder.down.${i}.block.${j}`, c, width, null, 'nin_shortcut')
      c = width
    }
    if (i < 3) layer(shapes, `encoder.down.${i}.downsample.conv`, [c, c, 3, 3])
  }
  middle('encoder')
  layer(shapes, 'encoder.norm_out', [512])
  layer(shapes, 'encoder.conv_out', [2 * latent, 512, 3, 3])
  layer(shapes, 'quant_conv', [2 * latent, 2 * latent, 1, 1])
  layer(shapes, 'post_quant_conv', [latent, latent, 1, 1])
  layer(shapes, 'decoder.conv_in', [512, latent, 3, 3])
  middle('decoder')
  for (const i of [3, 2, 1, 0]) {
    for (const j of [0, 1, 2]) {
      resnet(shapes, `decoder.up.${i}.block.${j}`, c, sizes[i]!, null, 'nin_shortcut')
      c = sizes[i]!
    }
    if (i > 0) layer(shapes, `decoder.up.${i}.upsample.conv`, [c, c, 3, 3])
  }
  layer(shapes, 'decoder.norm_out', [128])
  layer(shapes, 'decoder.conv_out', [3, 128, 3, 3])
  return shapes
}

export function clipText(width = 768): Shapes {
  const shapes: Shapes = new Map()
  shapes.set('text_model.embeddings.token_embedding.weight', [49408, width])
  shapes.set('text_model.embeddings.position_embedding.weight', [77, width])
  for (let i = 0; i < 12; i++) {
    const path = `text_model.encoder.layers.${i}`
    for (const part of ['q', 'k', 'v', 'out']) layer(shapes, `${path}.self_attn.${part}_proj`, [width, width])
    for (const n of [1, 2]) layer(shapes, `${path}.layer_norm${n}`, [width])
    layer(shapes, `${path}.mlp.fc1`, [4 * width, width])
    layer(shapes, `${path}.mlp.fc2`, [width, 4 * width])
  }
  layer(shapes, 'text_model.final_layer_norm', [width])
  return shapes
}

/** AnimateDiff's own names. `peRows`: 24 in v1, 32 in v2 and v3, null where none is stored. */
export function officialModules({
  mid = false,
  peRows = 32 as number | null,
  levels = widths as readonly number[],
  layersPerBlock = 2,
} = {}): Shapes {
  const shapes: Shapes = new Map()
  const module = (place: string, c: number) => {
    const path = `${place}.temporal_transformer`
    for (const part of ['proj_in', 'proj_out']) layer(shapes, `${path}.${part}`, [c, c])
    layer(shapes, `${path}.norm`, [c])
    const block = `${path}.transformer_blocks.0`
    for (const i of [0, 1]) {
      attention(shapes, `${block}.attention_blocks.${i}`, c, c)
      if (peRows !== null) shapes.set(`${block}.attention_blocks.${i}.pos_encoder.pe`, [1, peRows, c])
      layer(shapes, `${block}.norms.${i}`, [c])
    }
    feedForward(shapes, `${block}.ff`, c)
    layer(shapes, `${block}.ff_norm`, [c])
  }
  const places = (count: number) => Array.from({ length: count }, (_, i) => i)
  for (const [b, c] of levels.entries()) for (const i of places(layersPerBlock)) module(`down_blocks.${b}.motion_modules.${i}`, c)
  if (mid) module('mid_block.motion_modules.0', levels.at(-1)!)
  for (const [b, c] of levels.toReversed().entries())
    for (const i of places(layersPerBlock + 1)) module(`up_blocks.${b}.motion_modules.${i}`, c)
  return shapes
}

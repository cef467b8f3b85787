// A model's nets as functions over plain arrays, for one size of animation. Graphs are written and loaded when they are first called.
// F frames  h w latent sides  L text tokens  D token width

import { UserError } from '../errors.ts'
import type { Frames } from '../frames.ts'
import { timestepEmbedding } from '../nets/unet.ts'
import type { Sessions } from '../runtime/sessions.ts'
import type { Target } from '../targets/target.ts'
import { decoderGraph, textGraph, unetGraph } from './graphs.ts'
import type { Model } from './model.ts'

export interface Size {
  readonly frames: number
  readonly width: number
  readonly height: number
}

export interface Nets {
  /** ids [77] → the last hidden state [77, D], or an earlier one */
  encodeText(ids: Int32Array, clipSkip: number): Promise<Float32Array>
  /** sample [F, 4, h, w], t in 0..999, context [L, D] → noise [F, 4, h, w] */
  predictNoise(sample: Float32Array, t: number, context: Float32Array): Promise<Float32Array>
  /** latents [F', 4, h, w] as the sampler leaves them → RGB */
  decode(latents: Float32Array): Promise<Frames>
  /** Loads all three, so that the first call does not wait. */
  load(clipSkip: number): Promise<void>
}

export interface NetsOptions {
  readonly sessions: Sessions
  readonly target: Target
  /** Half precision overflows in the VAE, so it has a target of its own. */
  readonly vaeTarget: Target
  /** Tells this model's sessions from another's. */
  readonly key: string
}

/** How many pixels the VAE decodes at once: more is no faster and its activations are the widest of all. */
const pixelsAtOnce = 256 * 256

export function createNets(model: Model, { frames, width, height }: Size, { sessions, target, vaeTarget, key }: NetsOptions): Nets {
  const { factor, latentChannels, scalingFactor } = model.vae.architecture
  const [h, w] = [height / factor, width / factor]
  const widthOfText = model.text.architecture.width

  const text = (clipSkip: number) => sessions.get(`${key} text ${clipSkip}`, () => textGraph(model, target, { prompts: 1, clipSkip }))

  const denoiser = (tokens: number) =>
    sessions.get(`${key} unet ${frames} ${h} ${w} ${tokens}`, () => unetGraph(model, target, { animations: 1, frames, h, w, tokens }))

  const decoder = (pictures: number) =>
    sessions.get(`${key} decoder ${pictures} ${h} ${w}`, () => decoderGraph(model, vaeTarget, { pictures, h, w }))

  const picturesAtOnce = (count: number): number => divisorUpTo(count, Math.max(1, Math.floor(pixelsAtOnce / (width * height))))

  return {
    async encodeText(ids, clipSkip) {
      const { hidden } = await (await text(clipSkip)).run({ ids })
      return hidden!
    },

    async predictNoise(sample, t, context) {
      const session = await denoiser(context.length / widthOfText)
      const { noise } = await session.run({ sample, time: timestepEmbedding(t, model.unet.architecture.widths[0]!), context })
      return noise!
    },

    async decode(latents) {
      const each = latentChannels * h * w
      const count = latents.length / each
      const chunk = picturesAtOnce(count)
      const data = new Uint8Array(count * width * height * 3)
      for (let start = 0; start < count; start += chunk) {
        const part = latents.subarray(start * each, (start + chunk) * each).map((value) => value / scalingFactor)
        const { pictures } = await (await decoder(chunk)).run({ latents: part })
        interleave(pictures!, data.subarray(start * width * height * 3), width * height)
      }
      return { count, width, height, data }
    },

    async load(clipSkip) {
      await text(clipSkip)
      await denoiser(model.text.architecture.positions)
      await decoder(picturesAtOnce(frames))
    },
  }
}

/** Planes in −1..1, [n, 3, H·W] → bytes [n, H·W, 3]. */
function interleave(planes: Float32Array, bytes: Uint8Array, pixels: number): void {
  for (let n = 0; n * pixels * 3 < planes.length; n++) {
    for (let c = 0; c < 3; c++) {
      const from = (n * 3 + c) * pixels
      const to = n * pixels * 3 + c
      for (let i = 0; i < pixels; i++) {
        const value = planes[from + i]!
        if (Number.isNaN(value)) throw brokenPicture()
        bytes[to + i * 3] = Math.round(Math.min(1, Math.max(0, value / 2 + 0.5)) * 255)
      }
    }
  }
}

const brokenPicture = (): UserError =>
  new UserError('not-a-number', 'The nets gave no number where a pixel should be: the checkpoint or the VAE holds broken weights (NaN).')

/** The largest divisor of n that is at most `most`, so that one graph serves every chunk. */
function divisorUpTo(n: number, most: number): number {
  for (let d = Math.min(n, most); d > 1; d--) if (n % d === 0) return d
  return 1
}

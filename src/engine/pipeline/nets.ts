// Net calls: a model's nets as functions over plain arrays, for one size of animation. Graphs are written and loaded when they are first
// called.
// F frames  h w latent sides  L text tokens  D token width

import type { Ranks } from '../checkpoint/lora/runtime/adapter-slots.ts'
import { UserError } from '../errors.ts'
import type { Frames } from '../frames.ts'
import type { WeightedWindow } from '../nets/motion.ts'
import { timestepEmbedding } from '../nets/unet.ts'
import type { Target } from '../targets/target.ts'
import { chunkLength } from '../text/chunks.ts'
import { decoderGraph, encoderGraph, textGraph, unetGraph } from './graphs.ts'
import { noRuntimeAdapters, overFrames, type RuntimeAdapters, rankIn } from './loras/runtime-adapters.ts'
import type { Model } from './model/model.ts'
import type { NetKeys } from './model/model-cache.ts'
import type { Runnable, Runner } from './runner.ts'

export interface Size {
  readonly frames: number
  readonly width: number
  readonly height: number
}

export interface Nets {
  /** ids [77] → the last hidden state [77, D], or an earlier one; `inserts` stand in the place of the tokens there */
  encodeText(ids: Int32Array, clipSkip: number, inserts?: readonly Insert[]): Promise<Float32Array>
  /**
   * sample [F, 4, h, w], t in 0..999, for each context [L, D] → noise [F, 4, h, w]
   */
  predictNoise(sample: Float32Array, t: number, contexts: readonly Float32Array[], options?: PredictionOptions): Promise<Float32Array[]>
  /** latents [F', 4, h, w] as the sampler leaves them → RGB */
  decode(latents: Float32Array): Promise<Frames>
  /** The same, a few frames at a time, in order. */
  decodeInParts(latents: Float32Array): AsyncGenerator<Frames, void>
  /** RGB of this size → latents [F', 4, h, w], the mean of what the picture could be. Needs the VAE's encoder. */
  encode(frames: Frames): Promise<Float32Array>
  /** Loads all three, so that the first call does not wait. @param count frames that will be decoded */
  load(clipSkip: number, count?: number): Promise<void>
}

export interface PredictionOptions {
  /** Contexts are [F, L, D]. */
  readonly textPerFrame?: boolean
  /** Multiply those of LoRAs at each frame, [F]; only with a text for each. */
  readonly strengths?: Float64Array
  /** What a SparseCtrl is shown; always of a model that has one. */
  readonly control?: ShownControl
}

export interface ShownControl {
  /** [F, K, h, w], or [F, 4, H, W] in pixels. */
  readonly condition: Float32Array
  readonly strength: number
}

/** A vector [D] of a textual inversion. */
export interface Insert {
  readonly at: number
  readonly vector: Float32Array
}

export interface NetsOptions {
  readonly runner: Runner
  readonly target: Target
  /** Half precision overflows in the VAE, so it has a target of its own. */
  readonly vaeTarget: Target
  /** Tell this model's nets from another's. */
  readonly keys: NetKeys
  readonly adapters?: RuntimeAdapters
  /** Inside the motion modules. */
  readonly motionWindows?: readonly WeightedWindow[]
  /** No motion modules: every frame looks at the first. */
  readonly crossFrames?: boolean
  /** Added to the embedding of every timestep, [widths[0]]: see guidance-embedding.ts. */
  readonly timeOffset?: Float32Array
}

/** How many pixels the VAE decodes in a call: more is no faster, and its activations, the widest of all, take longest at first touch. */
const pixelsAtOnce = 128 * 128

/** Calls of the VAE that are asked for at once. */
const callsAtOnce = 2

export function createNets(
  model: Model,
  { frames, width, height }: Size,
  { runner, target, vaeTarget, keys, adapters = noRuntimeAdapters(model), motionWindows, timeOffset, crossFrames = false }: NetsOptions,
): Nets {
  const { factor, latentChannels, scalingFactor } = model.vae.architecture
  const [h, w] = [height / factor, width / factor]
  const D = model.text.architecture.width
  const moves = model.motion !== null && frames > 1 && !crossFrames

  const text = (clipSkip: number, tokens: number = chunkLength): Runnable => ({
    key: `text ${keys.text} ${clipSkip}${tokens === chunkLength ? '' : ` ${tokens}`}`,
    needed: adapters.text.needed,
    build: (capacity) =>
      textGraph(model, target, { prompts: 1, tokens, clipSkip, takesVectors: true, adapterRank: rankIn(model, capacity) }),
  })

  const denoiser = (tokens: number, textPerFrame = false, strengthPerFrame = false): Runnable => ({
    key: `unet ${keys.unet} ${moves ? keys.motion : ''} ${keys.control === '' ? '' : `control ${keys.control} `}${frames} ${h} ${w} ${tokens}${textPerFrame ? ' per-frame' : ''}${strengthPerFrame ? ' strengths' : ''}${crossFrames ? ' cross-frame' : ''}${windowsKey}`,
    needed: adapters.unet(moves).needed,
    parallel: true,
    build: (capacity) => {
      const size = { animations: 1, frames, h, w, tokens, textPerFrame, crossFrames, ...(motionWindows && { motionWindows }) }
      return unetGraph(model, target, { ...size, adapterRank: rankIn(model, capacity), ...(strengthPerFrame && { adapterFrames: frames }) })
    },
  })

  const windowsKey = motionWindows ? ` ${JSON.stringify(motionWindows)}` : ''

  const decoder = (pictures: number): Runnable => ({
    key: `decoder ${keys.vae} ${pictures} ${h} ${w}`,
    needed: {},
    parallel: width * height <= pixelsAtOnce,
    build: () => decoderGraph(model, vaeTarget, { pictures, h, w }),
  })

  const encoder = (pictures: number): Runnable => ({
    key: `encoder ${keys.vae} ${pictures} ${h} ${w}`,
    needed: {},
    parallel: false,
    build: () => encoderGraph(model, vaeTarget, { pictures, h, w }),
  })

  const picturesAtOnce = (count: number): number => divisorUpTo(count, Math.max(1, Math.floor(pixelsAtOnce / (width * height))))

  return {
    async encodeText(ids, clipSkip, inserts = []) {
      const L = ids.length
      const keep = new Float32Array(L).fill(1)
      const vectors = new Float32Array(L * D)
      for (const { at, vector } of inserts) {
        keep[at] = 0
        vectors.set(vector, at * D)
      }
      const { hidden } = await runner.run(text(clipSkip, L), { ids, keep, vectors }, adapters.text.feeds)
      return hidden!
    },

    async predictNoise(sample, t, contexts, { textPerFrame = false, strengths, control } = {}) {
      const embedding = timestepEmbedding(t, model.unet.architecture.widths[0]!)
      const time = timeOffset ? embedding.map((value, i) => value + timeOffset[i]!) : embedding
      const shown = control && { control_condition: control.condition, control_strength: Float32Array.of(control.strength) }
      const calls = contexts.map((context) => ({ sample, time, context, ...shown }))
      const tokens = contexts[0]!.length / D / (textPerFrame ? frames : 1)
      const { feeds } = adapters.unet(moves)
      const fed = strengths ? (capacity: Ranks) => overFrames(feeds(capacity), strengths) : feeds
      const outputs = await runner.runAll(denoiser(tokens, textPerFrame, strengths !== undefined), calls, fed)
      return outputs.map(({ noise }) => noise!)
    },

    async decode(latents) {
      const count = latents.length / (latentChannels * h * w)
      const data = new Uint8Array(count * width * height * 3)
      let at = 0
      for await (const part of decodeInParts(latents)) {
        data.set(part.data, at)
        at += part.data.length
      }
      return { count, width, height, data }
    },

    decodeInParts,

    async encode({ count, data }) {
      const chunk = picturesAtOnce(count)
      const pixels = width * height
      const latents = new Float32Array(count * latentChannels * h * w)
      for (let i = 0; i < count; i += chunk) {
        const pictures = planes(data.subarray(i * pixels * 3, (i + chunk) * pixels * 3), pixels)
        const { mean } = await runner.run(encoder(chunk), { pictures })
        latents.set(
          mean!.map((value) => value * scalingFactor),
          i * latentChannels * h * w,
        )
      }
      return latents
    },

    async load(clipSkip, count = frames) {
      for (const graph of [text(clipSkip), denoiser(chunkLength), decoder(picturesAtOnce(count))]) await runner.load(graph)
    },
  }

  async function* decodeInParts(latents: Float32Array): AsyncGenerator<Frames, void> {
    const each = latentChannels * h * w
    const count = latents.length / each
    const chunk = picturesAtOnce(count)
    for (let i = 0; i < count; i += chunk * callsAtOnce) {
      const starts = Array.from({ length: callsAtOnce }, (_, k) => i + k * chunk).filter((start) => start < count)
      const parts = starts.map((start) => ({
        latents: latents.subarray(start * each, (start + chunk) * each).map((value) => value / scalingFactor),
      }))
      for (const { pictures } of await runner.runAll(decoder(chunk), parts)) {
        const data = new Uint8Array(chunk * width * height * 3)
        interleave(pictures!, data, width * height)
        yield { count: chunk, width, height, data }
      }
    }
  }
}

/** Bytes [n, H·W, 3] → planes in −1..1, [n, 3, H·W]. */
function planes(bytes: Uint8Array, pixels: number): Float32Array {
  const out = new Float32Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) {
    const n = Math.floor(i / (3 * pixels))
    out[(n * 3 + (i % 3)) * pixels + (Math.floor(i / 3) % pixels)] = bytes[i]! / 127.5 - 1
  }
  return out
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

// Examples of denoising: from what is there to learn from, what a net is shown at each place of a training. Everything that is left to chance
// follows from the seed and the place.
// F frames  C latent channels  h w latent sides  L text tokens  D token width

import { timestepEmbedding } from '../nets/unet.ts'
import type { Feeds } from '../runtime/session.ts'
import { trainSteps } from '../samplers/betas.ts'
import { type ClipWindow, clipIndices, lastStart } from './clip-window.ts'
import { addNoise, type LossWeighting, lossWeight, offsetNoise, type Prediction } from './loss.ts'
import { randomStream } from './random-stream.ts'
import type { Example } from './step.ts'

/** A picture, or a clip, with the words for it. */
export interface TrainingItem {
  readonly caption: string
  /** One: a picture. */
  readonly frames: number
  /** Means, then standard deviations, of these frames' latents: [F, 2C, h, w]. */
  moments(frames: readonly number[], flipped: boolean): Float32Array
}

export interface DenoisingExamples {
  readonly items: readonly TrainingItem[]
  readonly window: ClipWindow
  /** What the text encoder says, [L, D], of every caption and of ''. */
  readonly contexts: ReadonlyMap<string, Float32Array>
  /** ā of every timestep. */
  readonly alphas: ArrayLike<number>
  readonly prediction: Prediction
  readonly weighting: LossWeighting
  /** Strength; 0 for none. */
  readonly offsetNoise: number
  /** Share of examples whose caption is left out. */
  readonly emptyCaptions: number
  /** Whether half of the examples are mirrored. */
  readonly flip: boolean
  readonly seed: bigint
  readonly latentChannels: number
  /** Of the UNet's first level. */
  readonly timeWidth: number
}

/** What an item is drawn by, and what an example draws by: two streams of the seed. */
const [orderStream, exampleStream] = [1, 2]

/** Example n, counted from 0 over all steps; every item is seen once before one is seen again. `share`: of its loss in the sum of a step. */
export type ExampleAt = (n: number, share: number) => Example

/** @param more is fed at every example besides */
export function denoisingExamples(source: DenoisingExamples, more: Feeds): ExampleAt {
  const { items, window, contexts, alphas, prediction, weighting, emptyCaptions, flip, seed, latentChannels: C, timeWidth } = source
  const orderOf = (epoch: number): number[] => randomStream(seed, orderStream, epoch).permutation(items.length)
  let order = { epoch: 0, of: orderOf(0) }
  return (n, share) => {
    const epoch = Math.floor(n / items.length)
    if (epoch !== order.epoch) order = { epoch, of: orderOf(epoch) }
    const item = items[order.of[n % items.length]!]!
    const { uniform, normal } = randomStream(seed, exampleStream, n)
    const start = Math.floor(uniform() * (lastStart(item.frames, window) + 1))
    const flipped = uniform() < 0.5 && flip
    const context = contexts.get(uniform() < emptyCaptions ? '' : item.caption)!
    const t = Math.floor(uniform() * trainSteps)
    const latents = drawn(item.moments(clipIndices(item.frames, start, window), flipped), C, window.frames, normal)
    const plain = normal(latents.length)
    const noise = source.offsetNoise > 0 ? offsetNoise(plain, normal(C), source.offsetNoise, window.frames) : plain
    return {
      feeds: { ...more, ...addNoise(latents, noise, t, alphas, prediction), time: timestepEmbedding(t, timeWidth), context },
      weight: lossWeight(t, alphas, prediction, weighting) * share,
    }
  }
}

/** mean + deviation · normal: moments [F, 2C, h, w] → latents [F, C, h, w] */
function drawn(moments: Float32Array, C: number, frames: number, normal: (count: number) => Float32Array): Float32Array {
  const places = moments.length / (frames * 2 * C)
  const latents = normal(moments.length / 2)
  const frame = C * places
  for (let i = 0; i < latents.length; i++) {
    const at = Math.floor(i / frame) * 2 * frame + (i % frame)
    latents[i] = moments[at]! + moments[at + frame]! * latents[i]!
  }
  return latents
}

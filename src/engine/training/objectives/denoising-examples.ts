// Examples of denoising: from what is there to learn from, what a net is shown at each place of a training. Everything that is left to chance
// follows from the seed and the place.
// F frames  C latent channels  h w latent sides

import { sparseCondition } from '../../nets/sparse-control.ts'
import { timestepEmbedding } from '../../nets/unet.ts'
import type { Feeds } from '../../runtime/session.ts'
import { trainSteps } from '../../samplers/betas.ts'
import { type RandomStream, randomStream } from '../random-stream.ts'
import { clipIndices, lastStart } from './clip-window.ts'
import { exampleStream, itemOrder } from './item-order.ts'
import { addNoise, lossWeight, offsetNoise, type Prediction } from './loss.ts'
import type { ExampleAt, ExampleSource } from './objective.ts'

/** Of an item's frames posteriors are kept, [F, 2C, h, w]. */
export interface DenoisingExamples extends ExampleSource {
  /** At every example besides. */
  readonly feeds: Feeds
  /** ā of every timestep. */
  readonly alphas: ArrayLike<number>
  readonly prediction: Prediction
  readonly latentChannels: number
  /** Of the UNet's first level. */
  readonly timeWidth: number
  /** 0; or the most frames that a SparseCtrl is shown, as the feed `condition`. */
  readonly pictures: number
}

export function denoisingExamples(source: DenoisingExamples): ExampleAt {
  const { items, window, captions, alphas, prediction, weighting, emptyCaptions, flip, seed, latentChannels: C, timeWidth } = source
  const { minTimestep = 0, maxTimestep = trainSteps } = source
  const itemAt = itemOrder(items, seed)
  return (n, share) => {
    const item = itemAt(n)
    const random = randomStream(seed, exampleStream, n)
    const { uniform, normal } = random
    const start = Math.floor(uniform() * (lastStart(item.frames, window) + 1))
    const flipped = uniform() < 0.5 && flip
    const words = captions.get(uniform() < emptyCaptions ? '' : item.caption)!
    const t = minTimestep + Math.floor(uniform() * (maxTimestep - minTimestep))
    const latents = drawn(item.read(clipIndices(item.frames, start, window), flipped), C, window.frames, normal)
    const plain = normal(latents.length)
    const noise = source.offsetNoise > 0 ? offsetNoise(plain, normal(C), source.offsetNoise, window.frames) : plain
    const condition = source.pictures > 0 && {
      condition: sparse(latents, C, window.frames, shownFrames(window.frames, source.pictures, random)),
    }
    return {
      feeds: {
        ...source.feeds,
        ...addNoise(latents, noise, t, alphas, prediction),
        ...{ time: timestepEmbedding(t, timeWidth), ...words, ...condition },
      },
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

/** Half of the time the first alone, to continue a picture; otherwise up to so many anywhere. */
function shownFrames(frames: number, most: number, { uniform, permutation }: RandomStream): readonly number[] {
  const firstAlone = uniform() < 0.5
  const count = 1 + Math.floor(uniform() * Math.min(most, frames))
  return firstAlone ? [0] : permutation(frames).slice(0, count)
}

/** Latents [F, C, h, w] of which some frames are shown → [F, C + 1, h, w] */
function sparse(latents: Float32Array, C: number, frames: number, shown: readonly number[]): Float32Array {
  const each = latents.length / frames
  const pictures = shown.map((frame) => ({ frame, values: latents.subarray(frame * each, (frame + 1) * each) }))
  const all = Array.from({ length: frames }, (_, frame) => frame)
  return sparseCondition(pictures, all, { channels: C + 1, places: each / C })
}

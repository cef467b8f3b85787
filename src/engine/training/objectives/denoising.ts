// Denoising, the objective of everything but the VAE: what a net says of noisy latents is compared with the noise that was put there.

import type { Model } from '../../pipeline/model/model.ts'
import type { Feeds } from '../../runtime/session.ts'
import { alphasFor } from '../../samplers/create-sampler.ts'
import { scheduleFor } from '../../samplers/schedule.ts'
import { chunkLength } from '../../text/chunks.ts'
import { captionContexts } from './caption-contexts.ts'
import { type DenoiserTraining, denoiserTraining } from './denoiser.ts'
import { denoisingExamples } from './denoising-examples.ts'
import type { Objective } from './objective.ts'

export interface Denoising extends Pick<DenoiserTraining, 'trained' | 'adapterRank' | 'sparseControl'> {
  /** With the module that is trained in its place. */
  readonly model: Model
  readonly moves: boolean
  /** The same at every example. */
  readonly feeds?: Feeds
  /** The text encoder is in the graph, because something that it reads learns; absent: captions are encoded once. */
  readonly text?: Required<DenoiserTraining>['text'] & { readonly feedsOf: (caption: string) => Feeds }
  /** A SparseCtrl sees so many frames of a clip at most. */
  readonly pictures?: number
}

export function denoising({ model, moves, feeds = {}, text, pictures = 0, ...training }: Denoising): Objective {
  return {
    keeps: 'posterior',
    graph: (target, size, options) =>
      denoiserTraining(model, target, { ...training, ...size, ...options, tokens: chunkLength, ...(text && { text }) }),
    async captions(captions, encoder) {
      if (text) return new Map([...new Set(['', ...captions])].map((caption) => [caption, text.feedsOf(caption)]))
      const contexts = await captionContexts(model, captions, encoder)
      return new Map([...contexts].map(([caption, context]) => [caption, { context }]))
    },
    examples: (source) =>
      denoisingExamples({
        ...source,
        ...{ feeds, pictures },
        prediction: model.trained.predictsVelocity ? 'v' : 'epsilon',
        alphas: alphasFor(scheduleFor(moves ? model.motion!.architecture : null, {}, model.trained).sampler),
        latentChannels: model.vae.architecture.latentChannels,
        timeWidth: model.unet.architecture.widths[0]!,
      }),
  }
}

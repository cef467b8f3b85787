// Autoencoding, the VAE's objective: a picture through latents and back, compared with itself.
// C latent channels  h w latent sides

import type { Model } from '../../pipeline/model/model.ts'
import { randomStream } from '../random-stream.ts'
import { type AutoencoderTraining, autoencoderTraining } from './autoencoder.ts'
import { lastStart } from './clip-window.ts'
import { exampleStream, itemOrder } from './item-order.ts'
import type { Objective } from './objective.ts'

export interface Autoencoding extends Pick<AutoencoderTraining, 'trained' | 'reconstruction' | 'klWeight'> {
  readonly model: Pick<Model, 'vae'>
}

export const autoencoding = ({ model, ...training }: Autoencoding): Objective => ({
  keeps: 'pixels',
  graph: (target, { frames: pictures, h, w }, options) => autoencoderTraining(model, target, { ...training, ...options, pictures, h, w }),
  captions: async () => new Map(),
  examples({ items, window, flip, seed }) {
    const itemAt = itemOrder(items, seed)
    const { latentChannels: C, factor } = model.vae.architecture
    return (n, share) => {
      const item = itemAt(n)
      const { uniform, normal } = randomStream(seed, exampleStream, n)
      const frame = Math.floor(uniform() * (lastStart(item.frames, window) + 1))
      const pictures = item.read([frame], uniform() < 0.5 && flip) // [1, 3, H, W]
      return { feeds: { pictures, noise: normal((pictures.length / 3 / factor ** 2) * C) }, weight: share }
    }
  },
})

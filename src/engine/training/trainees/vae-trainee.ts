// A VAE in training: the decoder alone, which leaves latents as they are and goes with every checkpoint, or the encoder too.
// Written as a folder of diffusers.

import { float32Of } from '../../checkpoint/tensor/tensor.ts'
import type { Model } from '../../pipeline/model/model.ts'
import type { AutoencoderTraining } from '../objectives/autoencoder.ts'
import { autoencoding } from '../objectives/autoencoding.ts'
import { vaeConfig } from './diffusers-folder.ts'
import { netFolder, netToWrite, type Trainee, type WrittenType } from './trainee.ts'

export const vaeParts = ['decoder', 'whole'] as const
export type VaePart = (typeof vaeParts)[number]

export const reconstructions = ['l1', 'mse'] as const satisfies readonly AutoencoderTraining['reconstruction'][]

export interface VaeTraineeOptions extends Partial<Pick<AutoencoderTraining, 'reconstruction' | 'klWeight'>> {
  readonly vaePart?: VaePart
  readonly writtenType: WrittenType
}

export function vaeTrainee(
  model: Model,
  { vaePart = 'decoder', reconstruction = 'l1', klWeight = 1e-6, writtenType }: VaeTraineeOptions,
): Trainee {
  const { tensors, architecture } = model.vae
  const learns = (name: string): boolean => tensors.has(name) && (vaePart === 'whole' || /^(decoder|post_quant_conv)\./.test(name))
  return {
    moves: false,
    objective: autoencoding({ model, trained: learns, reconstruction, klWeight }),
    start: ({ name }) => float32Of(tensors.get(name)!),
    written: (read) => netFolder('', netToWrite(tensors, read, writtenType), vaeConfig(architecture, model.trainedSide)),
  }
}

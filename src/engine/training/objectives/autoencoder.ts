// The autoencoder in training: a picture through latents drawn from its posterior and back.
// Kingma and Welling, "Auto-Encoding Variational Bayes" (arXiv 1312.6114); weights of the parts as in CompVis/latent-diffusion.
// N pictures  H W pixels  h w latent sides

import { vaeDecoder, vaeMoments } from '../../nets/vae.ts'
import { Weights } from '../../nets/weights.ts'
import { Graph } from '../../onnx/graph.ts'
import { Add, Mul, Slice } from '../../onnx/ops.ts'
import type { Model } from '../../pipeline/model/model.ts'
import type { Target } from '../../targets/target.ts'
import { widened } from '../parameters.ts'
import { type TrainingGraph, type TrainingOptions, trainingGraph } from '../training-graph.ts'
import { heldLogVariance, klDivergence, meanAbsoluteError, meanSquaredError, sampled } from './loss.ts'

export interface AutoencoderTraining extends TrainingOptions {
  readonly pictures: number
  readonly h: number
  readonly w: number
  /** mean |y − x| or mean (y − x)². */
  readonly reconstruction: 'l1' | 'mse'
  /** Of the divergence, which is a sum over a picture. */
  readonly klWeight: number
}

/** Inputs `pictures` [N, 3, H, W] in −1..1 and `noise` [N, 4, h, w]; also tells `reconstruction` and `kl`, and `latents`, scaled. */
export function autoencoderTraining(
  { vae }: Pick<Model, 'vae'>,
  target: Target,
  { pictures: N, h, w, reconstruction: kind, klWeight, ...options }: AutoencoderTraining,
): TrainingGraph {
  const { architecture: arch, file } = vae
  const { latentChannels: C, factor, scalingFactor } = arch
  const graph = new Graph('training-vae')
  const weights = new Weights({ graph, target, file, tensors: widened(vae.tensors, options.trained) })
  const pictures = graph.input('pictures', 'float32', [N, 3, h * factor, w * factor])
  const moments = vaeMoments(weights, pictures, arch)
  const mean = Slice(moments, 1, 0, C)
  const logVariance = heldLogVariance(Slice(moments, 1, C, 2 * C))
  const latents = sampled(mean, logVariance, graph.input('noise', 'float32', mean.shape))
  const decoded = vaeDecoder(weights, latents, arch)
  const reconstruction = (kind === 'l1' ? meanAbsoluteError : meanSquaredError)(decoded, pictures)
  const kl = klDivergence(mean, logVariance)
  const number = (value: number) => graph.constant([value], [], 'float32')
  const loss = Add(reconstruction, Mul(kl, number(klWeight)))
  return trainingGraph(graph, { loss, parts: { reconstruction, kl, latents: Mul(latents, number(scalingFactor)) } }, target, options)
}

// Whether nets belong together: that they were trained together, or at least on the same base. Told from how they are built, before
// anything is computed.

import { join } from 'node:path'
import { field } from '../../checkpoint/architecture/architecture-readers.ts'
import { pixelsToLatent, type SparseControlArchitecture } from '../../checkpoint/architecture/sparse-control-architecture.ts'
import { configBeside } from '../../checkpoint/weight-folder.ts'
import { UserError } from '../../errors.ts'
import type { ModelNets, Net } from './model-nets.ts'

/** @throws UserError `checkpoint-kind`, `motion-base` */
export function refuseMismatch({ unet, text, vae, motion }: Pick<ModelNets, 'unet' | 'text' | 'vae' | 'motion'>): void {
  const { widths, layersPerBlock, inChannels, contextWidth } = unet.architecture
  if (inChannels !== vae.architecture.latentChannels) {
    const { latentChannels } = vae.architecture
    throw new UserError(
      'checkpoint-kind',
      `${unet.file} takes latents of ${inChannels} channels, the VAE in ${vae.file} gives ${latentChannels}: they belong to different models.`,
      { inChannels, latentChannels, file: unet.file },
    )
  }
  if (contextWidth !== text.architecture.width) {
    throw new UserError(
      'checkpoint-kind',
      `${unet.file} reads text of width ${contextWidth}, but the text encoder in ${text.file} writes ${text.architecture.width}: they belong to different models.`,
      { contextWidth, width: text.architecture.width, file: unet.file },
    )
  }
  if (motion && motion.architecture.layersPerBlock !== layersPerBlock) {
    throw new UserError(
      'motion-base',
      `The motion module ${motion.file} was made for a base with ${motion.architecture.layersPerBlock} layers in a block; ${unet.file} has ${layersPerBlock}.`,
      { expected: layersPerBlock, got: motion.architecture.layersPerBlock, file: motion.file },
    )
  }
  if (motion && motion.architecture.widths.join() !== widths.join()) {
    throw new UserError(
      'motion-base',
      `The motion module ${motion.file} was made for a base of widths ${motion.architecture.widths.join(', ')}; ${unet.file} has ${widths.join(', ')}.`,
      { expected: widths, got: motion.architecture.widths, file: motion.file },
    )
  }
}

/** A SparseCtrl was copied from a UNet like this one. @throws UserError `control-base`, `vae-encoder` */
export function refuseOtherControl(
  { architecture, file }: Net<SparseControlArchitecture>,
  { unet, vae }: Pick<ModelNets, 'unet' | 'vae'>,
): void {
  const { widths, layersPerBlock, contextWidth } = unet.architecture
  const shown = architecture.condition === 'latents' ? vae.architecture.latentChannels : 3
  const pairs = [
    ['widths', architecture.widths.join(', '), widths.join(', ')],
    ['layers in a block:', architecture.layersPerBlock, layersPerBlock],
    ['text of width', architecture.contextWidth, contextWidth],
    ['channels in what it is shown, mask included:', architecture.channels, shown + 1],
    ...(architecture.condition === 'pixels'
      ? [['pixels to a latent:', pixelsToLatent(architecture), vae.architecture.factor] as const]
      : []),
  ] as const
  for (const [what, got, expected] of pairs) {
    if (got === expected) continue
    throw new UserError(
      'control-base',
      `The SparseCtrl ${file} was made for another base: ${what} ${got}, where ${unet.file} has ${expected}.`,
      {
        ...{ file, got, expected },
      },
    )
  }
  if (architecture.condition === 'latents' && !vae.architecture.encoder) {
    throw new UserError('vae-encoder', `${vae.file} has no VAE encoder, so pictures cannot be made into latents with it.`, {
      file: vae.file,
    })
  }
}

/** A VAE that is named in the place of a checkpoint's own gives latents as that one does. @param folder of the checkpoint, where it is one @throws UserError `vae-scale` */
export function refuseOtherLatents({ unet, vae }: Pick<ModelNets, 'unet' | 'vae'>, folder: string | null): void {
  const own = folder && field(configBeside(join(folder, 'vae')), 'scaling_factor')
  const expected = typeof own === 'number' ? own : usualScale
  const { scalingFactor, factor } = vae.architecture
  if (scalingFactor !== expected) {
    throw new UserError(
      'vae-scale',
      `${vae.file} gives latents that are scaled by ${scalingFactor}, and those of this checkpoint are by ${expected}: they belong to different models.`,
      { file: vae.file, got: scalingFactor, expected },
    )
  }
  if (unet.architecture.widths.join() === sd1Widths && factor !== sd1Factor) {
    throw new UserError(
      'vae-scale',
      `${vae.file} makes ${factor} × ${factor} pixels of a latent; Stable Diffusion 1.x has ${sd1Factor} × ${sd1Factor}.`,
      { file: vae.file, got: factor, expected: sd1Factor },
    )
  }
}

const usualScale = 0.18215
const sd1Widths = '320,640,1280,1280'
const sd1Factor = 8

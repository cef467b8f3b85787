// Frames that are there before anything is drawn: a clip that goes on from them, or one that is noised a little and drawn again.
// F frames  K known ones  h w latent sides

import { UserError } from '../../errors.ts'
import { dataScale } from '../../samplers/noise-levels.ts'
import type { Sampler } from '../../samplers/sampler.ts'

/** Latents with as much noise as the sampler has before call i (after its last step: none), in its own coordinates. */
export function noised(sampler: Sampler, latents: Float32Array, noise: Float32Array, i: number): Float32Array {
  const sigma = sampler.sigmas[i]!
  // Samplers that scale what the net sees hold z + σ ε themselves; what the others hold is what the net sees, of variance 1.
  const scale = dataScale(sigma) * sampler.input(Float32Array.of(1), i)[0]!
  return latents.map((value, k) => (value + sigma * noise[k]!) / scale)
}

/**
 * Known frames are held while the others are drawn: before every call they are noised to its level, always with the same noise, and at the
 * end they are what they were (Lugmayr et al., "RePaint", arXiv 2201.09865, eq. 8, along time instead of within a picture).
 * @param x [F, 4, h, w], changed in place
 * @param known [K, 4, h, w]: the first frames
 * @param noise [F, 4, h, w], what the clip started from
 * @param i calls that are done
 */
export function holdKnown(sampler: Sampler, x: Float32Array, known: Float32Array, noise: Float32Array, i: number): void {
  x.set(noised(sampler, known, noise.subarray(0, known.length), i))
}

/**
 * The first call of a variation: so much of the way is gone again as `strength` says (SDEdit, Meng et al., arXiv 2108.01073; counted as
 * diffusers' img2img does).
 * @param strength above 0, up to 1
 * @throws UserError `variation-strength`, and `variation-too-weak` where no call would be left
 */
export function firstCallFor(strength: number, { timesteps, sigmas }: Pick<Sampler, 'timesteps' | 'sigmas'>): number {
  const calls = timesteps.length
  if (!(strength > 0 && strength <= 1)) {
    throw new UserError('variation-strength', `The strength of a variation is above 0 and at most 1, not ${strength}.`, { strength })
  }
  const first = calls - Math.floor(calls * strength)
  if (first === calls) {
    const least = Math.ceil(100 / calls) / 100
    throw new UserError(
      'variation-too-weak',
      `A variation of strength ${strength} in ${calls} steps changes nothing: expected at least ${least}.`,
      { strength, calls, least },
    )
  }
  // PNDM asks twice at one level, the first time to correct the step before, which there was not.
  return sigmas[first] === sigmas[first + 1] ? first + 1 : first
}

// What a person asked of a clip, checked against the model before anything is loaded.

import { type ClipSettings, type DrawSettings, defaultClip } from '../../draw-settings.ts'
import { UserError } from '../../errors.ts'
import { type Frames, frameAt } from '../../frames.ts'
import { torchGenerator } from '../../noise.ts'
import { numbersOver, parseKeyframes, parseNumberKeyframes } from '../../text/keyframes.ts'
import { checkFrames } from '../check-size.ts'
import type { Model } from '../model/model.ts'
import type { Size } from '../nets.ts'
import { partsOf } from '../prompt/prompt-context.ts'
import { rearrangeFrames, shuffledFrames } from './free-noise.ts'
import { type ClipPlan, planClip, type WindowPositions } from './plan-clip.ts'

export interface ClipInput extends Size, Partial<Pick<DrawSettings, 'method'>> {
  /** Both may change over the frames: `0: a cat | 16: a dog`. */
  readonly prompt: string
  readonly negative: string
  /** What is absent is `defaultClip`'s. */
  readonly clip?: Partial<ClipSettings>
  /** A clip of this size that goes on: its frames come first, as they are. */
  readonly continues?: Frames
  /** A clip of this size that is noised and drawn again; strength above 0, where it stays as it is, to 1, where hardly anything stays. */
  readonly variationOf?: { readonly frames: Frames; readonly strength: number }
}

export interface PreparedClip {
  readonly settings: ClipSettings
  readonly plan: ClipPlan
  /** At keyframes; absent: it does not travel. */
  readonly guidance?: ReturnType<typeof parseNumberKeyframes>
  readonly strengths?: ReturnType<typeof parseNumberKeyframes>
}

/** What is said of a clip in words and numbers: all that a request has. */
export type ClipWords = Pick<ClipInput, 'frames' | 'prompt' | 'negative' | 'clip'>

/**
 * @param motion null for stills
 * @throws UserError of `planClip`, of `checkFrames` and of keyframes; `prompt-parts`, `prompt-hold`
 */
export function checkClip({ frames, prompt, negative, clip }: ClipWords, motion: WindowPositions | null): PreparedClip {
  const settings = { ...defaultClip, ...clip }
  checkFrames(frames, motion !== null)
  if (!(settings.promptHold >= 0 && settings.promptHold <= 1)) {
    throw new UserError('prompt-hold', `A text holds for a share from 0 to 1 of the way to the next, not ${settings.promptHold}.`, {
      hold: settings.promptHold,
    })
  }
  const plan = planClip(settings, frames, motion)
  for (const { value } of parseKeyframes(prompt, plan.keyed.frames) ?? []) partsOf(value)
  parseKeyframes(negative, plan.keyed.frames)
  return {
    settings,
    plan,
    ...(settings.guidanceTravel !== '' && { guidance: parseNumberKeyframes(settings.guidanceTravel, plan.keyed.frames) }),
    ...(settings.strengthTravel !== '' && { strengths: parseNumberKeyframes(settings.strengthTravel, plan.keyed.frames) }),
  }
}

/**
 * @throws UserError of `checkClip`; `continues-no-longer`, `continues-loop`, `continues-variation`, `variation-frames`,
 *   `given-size`, `vae-encoder`
 */
export function prepareClip(
  drawing: ClipInput,
  { motion, vae }: Pick<Model, 'vae'> & { readonly motion: { readonly architecture: WindowPositions } | null },
): PreparedClip {
  const { frames, continues, variationOf } = drawing
  const prepared = checkClip(drawing, motion?.architecture ?? null)
  const { settings } = prepared
  if (continues) refuseToContinue(continues, drawing, settings)
  if (variationOf && variationOf.frames.count !== frames) {
    throw new UserError(
      'variation-frames',
      `A variation has as many frames as the clip that it is one of: ${variationOf.frames.count}, not ${frames}.`,
      { frames, count: variationOf.frames.count },
    )
  }
  for (const given of [continues, variationOf?.frames]) if (given) refuseOtherSize(given, drawing)
  if ((continues || variationOf) && !vae.architecture.encoder) {
    throw new UserError('vae-encoder', `${vae.file} has no VAE encoder, so pictures cannot be made into latents with it.`, {
      file: vae.file,
    })
  }
  return prepared
}

function refuseToContinue({ count }: Frames, { frames, variationOf }: ClipInput, { loop }: ClipSettings): void {
  if (count >= frames) {
    throw new UserError('continues-no-longer', `A clip of ${count} frames cannot go on to ${frames}: expected more than ${count}.`, {
      count,
      frames,
    })
  }
  if (loop === 'ping-pong' || loop === 'cross-fade') {
    throw new UserError(
      'continues-loop',
      `A clip that goes on keeps its first frames, which the loop ${loop} would change: expected none, closed or auto.`,
      { loop },
    )
  }
  if (variationOf) {
    throw new UserError('continues-variation', 'A clip either goes on from frames or is a variation of them, not both.')
  }
}

/** @throws UserError `given-size` */
export function refuseOtherSize(given: Frames, { width, height }: Size): void {
  if (given.width === width && given.height === height) return
  throw new UserError(
    'given-size',
    `The frames that are given have ${given.width} × ${given.height} pixels, this clip has ${width} × ${height}.`,
    {
      given: [given.width, given.height],
      size: [width, height],
    },
  )
}

/** What `denoise` starts from. */
export function startOf(seed: bigint, { plan: { drawn, length, noiseStride } }: PreparedClip) {
  const generator = torchGenerator(seed)
  if (noiseStride === undefined) return { generator }
  // Drawn after the noise, from the same generator, as diffusers does.
  const order = () => shuffledFrames({ frames: drawn, length, stride: noiseStride }, (count) => generator.permutation(count))
  return { generator, rearrange: (noise: Float32Array) => rearrangeFrames(noise, order()) }
}

/** Guidance and LoRA strengths of every drawn frame, [drawn] each, where they travel. */
export function numbersOverClip({ guidance, strengths, plan: { drawn, keyed } }: PreparedClip) {
  const over = (keys: ReturnType<typeof parseNumberKeyframes>): Float64Array => {
    const numbers = numbersOver(keys, keyed)
    return Float64Array.from({ length: drawn }, (_, frame) => numbers[frame % keyed.frames]!)
  }
  return { ...(guidance && { guidance: over(guidance) }), ...(strengths && { strengths: over(strengths) }) }
}

/** @throws UserError `strength-inside`, `strength-without`, `strength-merged` for strengths that cannot change over the frames */
export function checkStrengths({ settings, strengths }: PreparedClip, loras: number, merged: number): void {
  if (!strengths) return
  if (settings.windowLevel === 'motion-module') {
    throw new UserError(
      'strength-inside',
      'Strengths change over the frames of windows around the UNet, not of those inside the motion modules.',
    )
  }
  if (loras === 0) throw new UserError('strength-without', 'There is no LoRA here whose strength could change over the frames.')
  if (merged > 0) {
    throw new UserError('strength-merged', 'A LoRA here is laid into the weights, so its strength cannot change over the frames.')
  }
}

/** As many frames as are drawn: after the last comes the first again. */
export function repeatedFrames(frames: Frames, drawn: number): Frames {
  const { count, width, height } = frames
  if (drawn <= count) return { count: drawn, width, height, data: frames.data.subarray(0, drawn * width * height * 3) }
  const data = new Uint8Array(drawn * width * height * 3)
  for (let i = 0; i < drawn; i++) data.set(frameAt(frames, i % count), i * width * height * 3)
  return { count: drawn, width, height, data }
}

/**
 * Decoded parts in the order in which they are shown.
 * @param again what is shown of them once more behind the last, by place: only where there is any are they kept
 */
export async function* withRepeats(parts: AsyncIterable<Frames>, again: readonly number[]): AsyncGenerator<Frames, void> {
  const kept: Frames[] = []
  for await (const part of parts) {
    if (again.length > 0) for (let i = 0; i < part.count; i++) kept.push({ ...part, count: 1, data: frameAt(part, i) })
    yield part
  }
  for (const place of again) yield kept[place]!
}

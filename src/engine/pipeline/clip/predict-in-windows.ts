// The call of the UNet for a clip of any length: in context windows, one after the other, so that memory is that of a window.
// F frames of the clip  c frames of a window  h w latent sides

import type { WeightedWindow } from '../../nets/motion.ts'
import type { Nets, ShownControl } from '../nets.ts'
import { type ClipText, textsOf } from './travelling-text.ts'

export interface ClipCall {
  /** [F, 4, h, w] */
  readonly sample: Float32Array
  readonly t: number
  readonly texts: readonly ClipText[]
  /** F */
  readonly frames: number
  readonly windows: readonly WeightedWindow[]
  /** What LoRA's strengths are multiplied by at every frame, [F]. */
  readonly strengths?: Float64Array
  /** What a SparseCtrl is shown of these frames. */
  readonly controlOf?: (frames: readonly number[]) => ShownControl
}

/**
 * The noise for each text, [F, 4, h, w]: of every frame the weighted mean over the windows that show it. A window is a clip of its own: its
 * frames stand at the positions 0 … c − 1.
 * @param predictNoise of nets for c frames
 * @param signal stops between two windows, with its reason
 */
export async function predictInWindows(
  predictNoise: Nets['predictNoise'],
  { sample, t, texts, frames: F, windows, strengths, controlOf }: ClipCall,
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  const travels = strengths !== undefined || texts.some((text) => !(text instanceof Float32Array))
  const each = sample.length / F
  const sums = texts.map(() => new Float32Array(sample.length))
  const ask = (shown: Float32Array, frames: readonly number[]): Promise<Float32Array[]> =>
    predictNoise(shown, t, travels ? texts.map((text) => textsOf(text, frames)) : (texts as readonly Float32Array[]), {
      textPerFrame: travels,
      ...(strengths && { strengths: Float64Array.from(frames, (frame) => strengths[frame]!) }),
      ...(controlOf && { control: controlOf(frames) }),
    })

  const [only] = windows
  if (windows.length === 1 && only!.frames.length === F && only!.frames.every((frame, n) => frame === n)) return ask(sample, only!.frames)
  for (const { frames, weights } of windows) {
    signal?.throwIfAborted()
    const shown = new Float32Array(frames.length * each)
    for (const [n, frame] of frames.entries()) shown.set(sample.subarray(frame * each, (frame + 1) * each), n * each)
    for (const [k, noise] of (await ask(shown, frames)).entries()) {
      const sum = sums[k]!
      for (const [n, frame] of frames.entries()) {
        const weight = weights[n]!
        for (let i = 0; i < each; i++) sum[frame * each + i]! += weight * noise[n * each + i]!
      }
    }
  }
  return sums
}

// Closing: what is done where a clip that was to loop does not close, and what is told of how well it does.
// F frames

import type { Loop } from '../../draw-settings.ts'
import type { Note } from '../../errors.ts'
import { type Frames, frameAt } from '../../frames.ts'
import { apart, latentSteps, visibleSeam } from './seam.ts'

/** How a clip loops. */
export interface Closing {
  readonly loop: Exclude<Loop, 'auto'>
  /** The step from the last frame to the first, over the largest between neighbours: above about 1 people see that it begins anew. */
  readonly seam: number
}

/**
 * What is shown of a clip that was to loop, and where nobody insisted on how: all of it where it closes, otherwise its first half forth and
 * back. Either way as many frames as were asked for: what stands beside it or is made of it counts on them, so of an odd F the one in the middle
 * is shown twice.
 * @param latents [F, …]
 * @param decode called only where the latents leave it open
 * @returns `again`: places that are shown once more behind the last
 */
export async function foldWhereOpen(
  latents: Float32Array,
  frames: number,
  decode: (latents: Float32Array) => Promise<Frames>,
): Promise<{ readonly latents: Float32Array; readonly again: readonly number[]; readonly folded: boolean }> {
  if (!(await isOpen(latents, frames, decode))) return { latents, again: [], folded: false }
  const shown = Math.floor(frames / 2) + 1
  const back = frames - shown
  return {
    latents: latents.subarray(0, (latents.length / frames) * shown),
    again: Array.from({ length: back }, (_, i) => back - i),
    folded: true,
  }
}

/** Steps of latents are not those of pictures: what is larger than any inside is looked at, beside the largest. */
async function isOpen(latents: Float32Array, frames: number, decode: (latents: Float32Array) => Promise<Frames>): Promise<boolean> {
  const { closing, largest, at } = latentSteps(latents, frames)
  if (closing <= largest) return false
  const each = latents.length / frames
  const looked = new Float32Array(4 * each)
  for (const [n, frame] of [frames - 1, 0, at, at + 1].entries()) looked.set(latents.subarray(frame * each, (frame + 1) * each), n * each)
  const shown = await decode(looked)
  const step = (from: number): number => apart(frameAt(shown, from), frameAt(shown, from + 1))
  return step(0) > visibleSeam * step(2)
}

/**
 * What a clip's seam says, to measure and to tell.
 *
 * @param planned how it was to loop, and whether it might be folded
 */
export function closingOf(
  { loop, mayFold }: { readonly loop: Closing['loop']; readonly mayFold: boolean },
  folded: boolean,
  seam: number | undefined,
) {
  if (seam === undefined) return { notes: [], measured: {} }
  const closing: Closing = { loop: folded ? 'ping-pong' : loop, seam }
  return { measured: { closing }, notes: noteOn(closing, mayFold) }
}

function noteOn({ loop, seam }: Closing, mayFold: boolean): Note[] {
  if (loop === 'ping-pong' && mayFold) {
    return [{ code: 'loop-folded', message: 'The model did not close this loop, so it is played forth and back.', data: {} }]
  }
  if (loop === 'none' || seam <= visibleSeam) return []
  const times = seam.toFixed(1)
  const message = `This loop does not quite close: from the last frame to the first it moves ${times} times as far as anywhere else.`
  return [{ code: 'loop-open', message, data: { times } }]
}

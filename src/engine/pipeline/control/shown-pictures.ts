// What a SparseCtrl is shown of a clip: each window the pictures of its own frames, and a window that has none the nearest of the others.

import { UserError } from '../../errors.ts'
import type { Frames } from '../../frames.ts'
import { type ControlPicture, sparseCondition } from '../../nets/sparse-control.ts'
import type { ClipPlan } from '../clip/plan-clip.ts'
import type { Model } from '../model/model.ts'
import type { Net } from '../model/model-nets.ts'
import type { Nets, ShownControl } from '../nets.ts'
import type { ControlInput } from './control-input.ts'

type Control = NonNullable<Model['control']>

/** @throws UserError `control-window` where a window has more frames than the SparseCtrl has positions for */
export function refuseLongWindow({ architecture, file }: Control, { length }: Pick<ClipPlan, 'length'>): void {
  const most = architecture.motion.maxFrames
  if (length <= most) return
  const sentence = `The SparseCtrl ${file} has positions for ${most} frames, and a window of this clip has ${length}: ask for shorter windows.`
  throw new UserError('control-window', sentence, { file, most, length })
}

/** @throws UserError `control-frame-twice` where two pictures were given for what is drawn once */
export function refuseSharedFrames(at: readonly number[], plan: Pick<ClipPlan, 'drawn' | 'loop' | 'keyed'>): void {
  const drawn = at.map((frame) => drawnFor(frame, plan)[0]!)
  const second = drawn.findIndex((frame, n) => drawn.indexOf(frame) !== n)
  if (second === -1) return
  const [one, other] = [at[drawn.indexOf(drawn[second]!)]!, at[second]!]
  const sentence = `Played forth and back, frames ${one} and ${other} are the same one: give a picture for one of them.`
  throw new UserError('control-frame-twice', sentence, { one, other })
}

/**
 * @param at of the clip as it is shown, from 0
 * @returns what is shown of these frames of the clip as it is drawn
 */
export async function showPictures(
  nets: Pick<Nets, 'encode'>,
  { architecture }: Net<Control['architecture']>,
  { pictures, strength = 1 }: ControlInput,
  at: readonly number[],
  plan: Pick<ClipPlan, 'drawn' | 'loop' | 'keyed'>,
): Promise<(frames: readonly number[]) => ShownControl> {
  const all = architecture.condition === 'latents' ? await nets.encode(pictures) : inPixels(pictures)
  const each = all.length / pictures.count
  const shown = at.flatMap((frame, n) =>
    drawnFor(frame, plan).map((drawn): ControlPicture => ({ frame: drawn, values: all.subarray(n * each, (n + 1) * each) })),
  )
  const { channels } = architecture
  const size = { channels, places: each / (channels - 1) }
  return (frames) => ({ condition: sparseCondition(seenIn(frames, shown, plan), frames, size), strength })
}

/** The drawn frames that become this one: what is played back is drawn once, and what fades over is drawn twice. */
export function drawnFor(frame: number, { drawn, loop, keyed }: Pick<ClipPlan, 'drawn' | 'loop' | 'keyed'>): readonly number[] {
  if (loop === 'ping-pong') return [frame < drawn ? frame : 2 * (drawn - 1) - frame]
  const faded = keyed.frames + frame
  return loop === 'cross-fade' && faded < drawn ? [frame, faded] : [frame]
}

/** So Advanced-ControlNet has it: without any picture a SparseCtrl was never trained. */
function seenIn(
  frames: readonly number[],
  pictures: readonly ControlPicture[],
  { drawn, keyed }: Pick<ClipPlan, 'drawn' | 'keyed'>,
): readonly ControlPicture[] {
  if (pictures.some(({ frame }) => frames.includes(frame))) return pictures
  const apart = (a: number, b: number): number => (keyed.cyclic ? Math.min(Math.abs(a - b), drawn - Math.abs(a - b)) : Math.abs(a - b))
  const pairs = pictures.flatMap(({ frame: from, values }) => frames.map((frame) => ({ frame, values, distance: apart(frame, from) })))
  return [pairs.reduce((nearest, pair) => (pair.distance < nearest.distance ? pair : nearest))]
}

/** Bytes [n, H·W, 3] → [n, 3, H·W] in 0..1. */
function inPixels({ data, width, height }: Frames): Float32Array {
  const pixels = width * height
  const planes = new Float32Array(data.length)
  for (let i = 0; i < data.length; i++) {
    const n = Math.floor(i / (3 * pixels))
    planes[(n * 3 + (i % 3)) * pixels + (Math.floor(i / 3) % pixels)] = data[i]! / 255
  }
  return planes
}

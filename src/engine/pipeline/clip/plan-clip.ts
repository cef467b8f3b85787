// The plan of a clip: how many frames are drawn, in which windows at each call, and what of them is shown. Refuses what does not fit.
// F frames that are shown  c frames of a window

import type { MotionArchitecture } from '../../checkpoint/architecture/motion-architecture.ts'
import { type ClipSettings, defaultClip, type Loop, type WindowKind } from '../../draw-settings.ts'
import { UserError } from '../../errors.ts'
import type { WeightedWindow } from '../../nets/motion.ts'
import type { Clip } from '../../text/keyframes.ts'
import { crossFade } from '../loop/cross-fade.ts'
import { pingPong } from '../loop/ping-pong.ts'
import { freeNoiseWindows } from './free-noise.ts'
import { fuseWeights, weighted } from './fuse-weights.ts'
import { contextWindows, shiftedOverlap, type Window, wrapped } from './windows.ts'

export interface ClipPlan {
  /** How it loops; `auto` is decided. */
  readonly loop: Exclude<Loop, 'auto'>
  /** Nobody insisted on it: what does not close may be played forth and back instead. */
  readonly mayFold: boolean
  /** Frames that are drawn. */
  readonly drawn: number
  /** Frames of one call of the UNet. */
  readonly atOnce: number
  /** c; at most `drawn`. */
  readonly length: number
  /** Of free noise, frames that are put in another order at once; absent: every frame has noise of its own. */
  readonly noiseStride?: number
  /** Around the UNet, at each of its calls. */
  windowsAt(call: number): readonly WeightedWindow[]
  /** Inside every motion module; absent: it sees what the UNet does. */
  readonly motionWindows?: readonly WeightedWindow[]
  /** Where keyframes lie: a drawn frame is counted modulo these. */
  readonly keyed: Clip
  /** Frames that are decoded. */
  readonly decoded: number
  /** Latents [drawn, …] → those that are decoded. */
  finish(latents: Float32Array): Float32Array
  /** Which of them are shown once more behind the last. */
  readonly again: readonly number[]
}

export type WindowPositions = Pick<MotionArchitecture, 'maxFrames' | 'loopFrames'>

/**
 * @param motion null for stills
 * @throws UserError `loop-frames`, `window-length`, `window-overlap`, `window-ends`, `window-wraps`, `window-moves`, `window-stride`,
 *   `window-without-stride`
 */
export function planClip(settings: ClipSettings, frames: number, motion: WindowPositions | null): ClipPlan {
  // A still has no windows, and loops by itself.
  if (frames === 1 && settings !== defaultClip) return planClip(defaultClip, 1, motion)
  const { fuse } = settings
  const loop = settings.loop === 'auto' ? 'closed' : settings.loop
  const closesItself =
    settings.loop === 'auto' &&
    settings.windows === 'auto' &&
    settings.windowLength === 'auto' &&
    frames === motion?.loopFrames &&
    frames <= motion.maxFrames
  if (loop === 'ping-pong' && frames % 2 === 1) {
    throw new UserError('loop-frames', `A clip that is played forth and back has an even number of frames, not ${frames}.`, { frames })
  }
  const closed = loop === 'closed'
  const faded = loop === 'cross-fade' ? Math.min(trainedFrames / 4, Math.floor(frames / 2)) : 0
  const drawn = loop === 'ping-pong' ? frames / 2 + 1 : frames + faded
  const length = closesItself ? drawn : Math.min(drawn, lengthFor(settings, drawn, closed, motion))
  const kind = kindFor(settings, closed)
  const inside = settings.windowLevel === 'motion-module'
  const freeNoise = settings.freeNoise === 'on' || (settings.freeNoise === 'auto' && closed && length < drawn)
  const overlap = overlapFor(settings, kind, length)
  const clip = { frames: drawn, overlap: kind === 'shifted' ? shiftedOverlap({ frames: drawn, length, overlap }) : overlap, closed }

  const whole = wrapped(0, 1, drawn, drawn)
  const weightsOf = (window: Window): number[] => fuseWeights(fuse, window, clip)
  const around = (call: number): WeightedWindow[] =>
    weighted(contextWindows(kind, { frames: drawn, length, overlap, stride: settings.windowStride, step: call, closed }), fuse, clip)
  const within = (): WeightedWindow[] =>
    settings.windows === 'auto' ? freeNoiseWindows({ frames: drawn, length, stride: length - overlap }, weightsOf, closed) : around(0)

  return {
    loop,
    mayFold: settings.loop === 'auto' && frames > 2,
    drawn,
    atOnce: inside ? drawn : length,
    length,
    ...(freeNoise && { noiseStride: inside ? length - overlap : quarterOf(length) }),
    windowsAt: inside || closesItself ? () => [{ frames: whole, weights: Array(drawn).fill(1) }] : around,
    ...(inside && !closesItself && (closed || length < drawn) && { motionWindows: within() }),
    keyed: { frames: loop === 'cross-fade' ? frames : drawn, cyclic: closed || loop === 'cross-fade' },
    decoded: drawn - faded,
    finish: (latents) => (faded > 0 ? crossFade(latents, frames, faded) : latents),
    again: loop === 'ping-pong' ? pingPong(drawn).slice(drawn) : [],
  }
}

/** What motion modules were trained on: at positions behind these they move less, and what they then draw is no loop. */
const trainedFrames = 16

/** Open clips up to here are drawn at once where the module has the positions, as they were before there were windows. */
const oneWindow = 32

function lengthFor({ windowLength }: ClipSettings, drawn: number, closed: boolean, motion: WindowPositions | null): number {
  const most = motion?.maxFrames ?? 1
  if (windowLength === 'auto') {
    if (drawn <= most && drawn <= (closed ? trainedFrames : oneWindow)) return drawn
    return most > oneWindow ? most : Math.min(trainedFrames, most)
  }
  if (!Number.isInteger(windowLength) || windowLength < 2 || windowLength > most) {
    throw new UserError(
      'window-length',
      `A window of this motion module has 2 to ${most} frames, for which it has positions, not ${windowLength}.`,
      { length: windowLength, most },
    )
  }
  return windowLength
}

function kindFor({ windows, windowStride, windowLevel }: ClipSettings, closed: boolean): WindowKind {
  const kind = windows === 'auto' ? (closed ? 'shifted' : 'standard-static') : windows
  if (closed && kind.startsWith('standard')) {
    throw new UserError(
      'window-ends',
      `Windows of kind ${kind} end where the clip ends: a closed loop needs looped-uniform or shifted ones.`,
      { windows: kind },
    )
  }
  if (!closed && kind === 'shifted') {
    throw new UserError('window-wraps', 'Windows of kind shifted wrap around the end of the clip: they are for closed loops.')
  }
  if (windowLevel === 'motion-module' && windows !== 'auto' && windows !== 'standard-static') {
    throw new UserError(
      'window-moves',
      `Windows inside the motion modules lie at the same place in every step, which ${kind} ones do not: leave windows away, or say standard-static.`,
      { windows: kind },
    )
  }
  const uniform = kind === 'looped-uniform' || kind === 'standard-uniform'
  if (!Number.isInteger(windowStride) || windowStride < 1 || windowStride > 8) {
    throw new UserError('window-stride', `The stride of windows is a whole number from 1 to 8, not ${windowStride}.`, {
      stride: windowStride,
    })
  }
  if (windowStride > 1 && !uniform) {
    throw new UserError('window-without-stride', `Windows of kind ${kind} have no stride: looped-uniform and standard-uniform ones have.`, {
      stride: windowStride,
      windows: kind,
    })
  }
  return kind
}

const quarterOf = (length: number): number => Math.max(1, Math.floor(length / 4))

function overlapFor({ windowOverlap, windowLevel }: ClipSettings, kind: WindowKind, length: number): number {
  if (windowOverlap === 'auto') {
    // FreeNoise's windows lie a quarter of their length apart, others overlap by that.
    if (windowLevel === 'motion-module') return length - quarterOf(length)
    return kind === 'shifted' ? 0 : Math.floor(length / 4)
  }
  if (!Number.isInteger(windowOverlap) || windowOverlap < 0 || windowOverlap >= length) {
    throw new UserError('window-overlap', `Windows of ${length} frames overlap by 0 to ${length - 1} frames, not ${windowOverlap}.`, {
      overlap: windowOverlap,
      length,
    })
  }
  return windowOverlap
}

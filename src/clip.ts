// Clips as every room knows them, from the engine, which imports nothing above itself: what is refused before anything is loaded, what a
// text says that changes over the frames, how much there is to compute.

import {
  checkClip as checkWithSettings,
  clipSettingsIn,
  crossFrameLimits,
  type DrawSettings,
  UserError,
  type WindowPositions,
} from './engine/index.ts'

export { type Closing, type KeyedText, keyedTexts, overKeyedTexts, promptReadings, type WindowPositions } from './engine/index.ts'

export type ClipRequest = Pick<DrawSettings, 'frames'> & Partial<DrawSettings> & { readonly prompt: string; readonly negative: string }

/**
 * @param positions of the motion module; null for stills
 * @throws UserError of everything in it that no model of this kind can draw
 */
export function checkClip(request: ClipRequest, positions: WindowPositions | null): void {
  const { frames, prompt, negative } = request
  const motion = request.method === 'zero' ? crossFrameLimits.architecture : positions
  checkWithSettings({ frames, prompt, negative, clip: clipSettingsIn(request) }, motion)
}

/** Of a model that draws stills Text2Video-Zero makes clips: as many as in its paper (arXiv 2303.13439, section 4). */
export const framesBy = (method: DrawSettings['method'] | undefined, frames: number): number =>
  method === 'zero' && frames === 1 ? 8 : frames

/** A model's defaults for what is drawn: a motion module that was distilled to few steps has no say where it does not draw. */
export const defaultsBy = <Defaults extends StillDefaults>(
  { method, frames }: Pick<Partial<DrawSettings>, 'method' | 'frames'>,
  defaults: Defaults,
): Defaults => (frames === 1 || method === 'zero' ? { ...defaults, ...defaults.still } : defaults)

interface StillDefaults extends Pick<DrawSettings, 'steps' | 'guidance'> {
  readonly still?: Pick<DrawSettings, 'steps' | 'guidance'>
}

/**
 * The frames that `seconds` are, an even number where they are played forth and back.
 * @throws UserError `seconds-too-long`
 */
export function framesIn(seconds: number, { fps, loop, most }: ClipLength): number {
  const frames = loop === 'ping-pong' ? Math.max(2, 2 * Math.round((seconds * fps) / 2)) : Math.max(1, Math.round(seconds * fps))
  if (frames <= most) return frames
  const longest = Math.floor((10 * most) / fps) / 10
  const sentence = `${seconds} seconds at ${fps} frames a second are ${frames} frames, and ${most} are the most: ask for ${longest} seconds.`
  throw new UserError('seconds-too-long', sentence, { seconds, fps, frames, most, longest })
}

interface ClipLength {
  readonly fps: number
  readonly loop?: DrawSettings['loop'] | undefined
  readonly most: number
}

/**
 * Frames that the UNet computes at each of its calls, all windows together, about: which windows there are is the motion module's to decide,
 * so those of most modules are counted.
 */
export function framesComputed({ frames, loop = 'none', windowLength, windowOverlap }: Pick<DrawSettings, ClipCost>): number {
  if (frames === 1) return 1
  const drawn =
    loop === 'ping-pong' ? Math.floor(frames / 2) + 1 : loop === 'cross-fade' ? frames + Math.min(4, Math.floor(frames / 2)) : frames
  // Windows of a closed loop share nothing; a clip that fits two usual ones is drawn at once.
  const isClosed = loop === 'auto' || loop === 'closed'
  if (windowLength === undefined && !isClosed && drawn <= 32) return drawn
  const length = Math.min(drawn, windowLength ?? 16)
  const apart = length - Math.min(length - 1, windowOverlap ?? (isClosed ? 0 : Math.floor(length / 4)))
  return isClosed ? length * Math.ceil(drawn / apart) : length * (Math.ceil((drawn - length) / apart) + 1)
}

type ClipCost = 'frames' | 'loop' | 'windowLength' | 'windowOverlap'

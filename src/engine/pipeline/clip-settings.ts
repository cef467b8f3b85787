// How a clip of many frames is drawn: every setting with its kind, range and default, declared once.

import { mostFrames } from './check-size.ts'
import { fuseMethods } from './fuse-weights.ts'
import { interpolations } from './travelling-text.ts'
import { windowKinds } from './windows.ts'

export const loops = ['none', 'closed', 'ping-pong', 'cross-fade'] as const

/**
 * - `none`: from the first frame to the last.
 * - `closed`: the last frame is followed by the first, whatever the motion module was trained on, at no extra cost.
 * - `ping-pong`: drawn to the middle, and played back.
 * - `cross-fade`: drawn a little longer, and the end faded into the beginning.
 */
export type Loop = (typeof loops)[number]

/** `auto`: decided by the loop, the length of the clip and the motion module; see `planClip`. */
export const clipOptions = {
  loop: { kind: 'choice', choices: loops, default: 'none' },
  /** Where windows lie. */
  windows: { kind: 'choice', choices: ['auto', ...windowKinds], default: 'auto' },
  /** Frames of a window. */
  windowLength: { kind: 'integer', min: 2, max: mostFrames, default: 'auto' },
  /** Frames that neighbouring windows share: less than a window has. */
  windowOverlap: { kind: 'integer', min: 0, max: mostFrames - 1, default: 'auto' },
  /** Of uniform windows: above 1, wide windows that take every second, fourth … frame too. */
  windowStride: { kind: 'integer', min: 1, max: 8, default: 1 },
  /** How windows are averaged where they overlap. */
  fuse: { kind: 'choice', choices: fuseMethods, default: 'pyramid' },
  /** Windows around the UNet, in turn; or inside every motion module (FreeNoise): all frames at once, and memory grows with the clip. */
  windowLevel: { kind: 'choice', choices: ['unet', 'motion-module'], default: 'unet' },
  /** All windows start from the noise of one; `auto`: in closed loops that are longer than a window. */
  freeNoise: { kind: 'choice', choices: ['auto', 'on', 'off'], default: 'auto' },
  /** Between the texts of a prompt that travels. */
  interpolation: { kind: 'choice', choices: interpolations, default: 'slerp' },
  /** For this share of the way to the next a text holds before it changes. */
  promptHold: { kind: 'number', min: 0, max: 1, default: 0 },
  /** Guidance over the frames, as `0: 7 | 16: 4`; empty: the same everywhere. */
  guidanceTravel: { kind: 'text', default: '' },
} as const satisfies Readonly<Record<string, ClipOption>>

type ClipOption =
  | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly default: string }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number; readonly default: number | 'auto' }
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly default: number }
  | { readonly kind: 'text'; readonly default: string }

type Options = typeof clipOptions

export type ClipSettings = { readonly [Name in keyof Options]: ValueOf<Options[Name]> }

type ValueOf<O extends ClipOption> = O extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : O extends { readonly kind: 'integer' }
    ? number | Extract<O['default'], 'auto'>
    : O extends { readonly kind: 'number' }
      ? number
      : string

export const defaultClip: ClipSettings = Object.fromEntries(
  Object.entries(clipOptions).map(([name, option]) => [name, option.default]),
) as { [Name in keyof ClipSettings]: Options[Name]['default'] }

// The options that say how a clip moves through its frames: how long it is, how it loops, in which windows it is drawn. /animate has all of
// them but the level of windows (Discord allows 25 options, and memory grows with it), /again those that people change their minds about.

import { type ModelSummary, type Settings, settingOption, type Values } from '../src/chat/contract/command.ts'
import { framesBy, framesIn } from '../src/clip.ts'
import { type DrawSettings, drawSettings, seconds } from '../src/draw-settings.ts'
import { UserError } from '../src/errors.ts'
import { omitUndefined } from '../src/omit-undefined.ts'

export const lengthOptions = {
  frames: settingOption('frames', 'How many pictures make up the loop'),
  seconds: { ...seconds, help: 'How long it plays, in place of frames, such as 6' },
  loop: settingOption('loop', 'How the end meets the beginning; auto does what the model needs'),
} as const

export const windowOptions = {
  windows: settingOption('windows', 'Where the windows lie in which a long one is drawn'),
  'window-length': settingOption('windowLength', 'Frames of a window, such as 16'),
  'window-overlap': settingOption('windowOverlap', 'Frames that neighbouring windows share: fewer than a window has'),
  'window-stride': settingOption('windowStride', 'Above 1, uniform windows that take every second, fourth … frame too'),
  fuse: settingOption('fuse', 'How windows that share frames are averaged'),
  'free-noise': settingOption('freeNoise', 'All windows start from the noise of one, for one scene'),
  interpolation: settingOption('interpolation', 'How one text becomes the next in a prompt such as 0: spring | 16: autumn'),
  hold: settingOption('promptHold', 'The share of the way to the next for which a text holds'),
  'strength-travel': settingOption('strengthTravel', 'Strength of the style over the frames, times its own, such as 0: 0.2 | 16: 1'),
  'guidance-travel': settingOption('guidanceTravel', 'Guidance that changes over the frames, such as 0: 7 | 16: 4'),
} as const

/** Text2Video-Zero stands in the place of the motion module. */
export const methodOption = settingOption('method', 'How frames move together: by a motion module, or zero, without one')

/** What a model can draw by this method, which needs no motion module. */
export function modelBy(method: DrawSettings['method'], model: ModelSummary): ModelSummary {
  if (method !== 'zero') return model
  return { ...model, maxFrames: drawSettings.frames.max, frames: framesBy(method, model.frames) }
}

/** The settings that were given by these options. */
export function windowSettingsOf(values: Partial<Values<typeof windowOptions>>): Partial<DrawSettings> {
  const settings = Object.entries(windowSettings).map(([option, setting]) => [setting, values[option as keyof typeof windowSettings]])
  return omitUndefined(Object.fromEntries(settings))
}

/** The options that give these settings, where the model would choose otherwise. */
export function windowValuesOf(request: Partial<DrawSettings>, model: Partial<DrawSettings>): Readonly<Record<string, string | number>> {
  const options = Object.entries(windowSettings).flatMap(([option, setting]) => {
    const value = request[setting]
    return value === undefined || value === model[setting] ? [] : [[option, value] as const]
  })
  return Object.fromEntries(options)
}

const windowSettings = {
  windows: 'windows',
  'window-length': 'windowLength',
  'window-overlap': 'windowOverlap',
  'window-stride': 'windowStride',
  fuse: 'fuse',
  'free-noise': 'freeNoise',
  interpolation: 'interpolation',
  hold: 'promptHold',
  'strength-travel': 'strengthTravel',
  'guidance-travel': 'guidanceTravel',
} as const satisfies Readonly<Record<keyof typeof windowOptions, keyof DrawSettings>>

/**
 * Frames that were asked for, one way or the other; undefined where nothing was said.
 * @throws UserError `frames-and-seconds`, `seconds-too-long`
 */
export function framesOf(
  asked: { readonly frames: number | undefined; readonly seconds: number | undefined; readonly loop: DrawSettings['loop'] | undefined },
  fps: number,
  { maxFrames }: Pick<ModelSummary, 'maxFrames'>,
  settings: Pick<Settings, 'maxFrames'>,
): number | undefined {
  if (asked.seconds === undefined) return asked.frames
  if (asked.frames === undefined) return framesIn(asked.seconds, { fps, loop: asked.loop, most: Math.min(maxFrames, settings.maxFrames) })
  throw new UserError('frames-and-seconds', 'Frames and seconds say the same: give one of them.', {})
}

// Draw settings: everything that decides how a prompt is drawn, each declared once with its kind, bounds and choices. Requests, styles,
// what a model draws by itself, a person's defaults, commands, flags and recipes derive from this table. Imports nothing, so that a command
// line can list its flags before it loads the rest.

export const samplerNames = [
  'ddim',
  'euler',
  'euler-karras',
  'euler-ancestral',
  'dpmpp-2m',
  'dpmpp-2m-karras',
  'dpmpp-2m-sde',
  'dpmpp-2m-sde-karras',
  'lcm',
  'pndm',
] as const
export type SamplerName = (typeof samplerNames)[number]

/** Which of the training timesteps are visited; see samplers/spacing.ts. */
export const spacings = ['leading', 'linspace', 'trailing'] as const
export type Spacing = (typeof spacings)[number]

/** The noise schedule; see samplers/betas.ts. */
export const betaSchedules = ['linear', 'scaled_linear'] as const
export type Betas = (typeof betaSchedules)[number]

/**
 * - `auto`: as it takes for this motion module: nothing where it was trained on loops of this length, else `closed`, and `ping-pong` of what
 *   was drawn where that did not close.
 * - `none`: from the first frame to the last.
 * - `closed`: the last frame is followed by the first, whatever the motion module was trained on, at no extra cost.
 * - `ping-pong`: drawn to the middle, and played back.
 * - `cross-fade`: drawn a little longer, and the end faded into the beginning.
 */
export const loops = ['auto', 'none', 'closed', 'ping-pong', 'cross-fade'] as const
export type Loop = (typeof loops)[number]

/** Where context windows lie; see pipeline/clip/windows.ts. */
export const windowKinds = ['shifted', 'looped-uniform', 'standard-uniform', 'standard-static'] as const
export type WindowKind = (typeof windowKinds)[number]

/** How overlapping windows are averaged; see pipeline/clip/fuse-weights.ts. */
export const fuseMethods = ['pyramid', 'flat', 'delayed-reverse-sawtooth', 'overlap-linear', 'relative'] as const
export type FuseMethod = (typeof fuseMethods)[number]

/** Between the texts of a prompt that travels; see pipeline/clip/travelling-text.ts. */
export const interpolations = ['slerp', 'lerp'] as const
export type Interpolation = (typeof interpolations)[number]

/** How frames are made to belong together: by a motion module, or without any (pipeline/zero/text-to-video-zero.ts). */
export const methods = ['animatediff', 'zero'] as const
export type Method = (typeof methods)[number]

type Setting = (
  | { readonly kind: 'integer' | 'number'; readonly min: number; readonly max: number; readonly step?: number }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'text'; readonly maxChars: number }
) & {
  /** What stands for it where it is absent; `auto`: decided by the model and the other settings. Without one it is always there. */
  readonly absent?: string | number
}

const mostFrames = 128

/** Another way to say `frames`, at the frames a second of the clip: what is kept is the frames. */
export const seconds = { kind: 'number', min: 0.1, max: mostFrames } as const

/** Of a SparseCtrl: what it adds to the UNet is multiplied by this. Goes with its pictures (AnimationRequest's `control`). */
export const controlStrength = { kind: 'number', min: 0, max: 2 } as const

/** Of clips; `auto` is decided by the loop, the length of the clip and the motion module: see pipeline/clip/plan-clip.ts. */
export const clipSettings = {
  loop: { kind: 'choice', choices: loops, absent: 'none' },
  windows: { kind: 'choice', choices: ['auto', ...windowKinds], absent: 'auto' },
  /** Frames of a window. */
  windowLength: { kind: 'integer', min: 2, max: mostFrames, absent: 'auto' },
  /** Frames that neighbouring windows share: less than a window has. */
  windowOverlap: { kind: 'integer', min: 0, max: mostFrames - 1, absent: 'auto' },
  /** Of uniform windows: above 1, wide windows that take every second, fourth … frame too. */
  windowStride: { kind: 'integer', min: 1, max: 8, absent: 1 },
  fuse: { kind: 'choice', choices: fuseMethods, absent: 'pyramid' },
  /** Windows around the UNet, in turn; or inside every motion module (FreeNoise): all frames at once, and memory grows with the clip. */
  windowLevel: { kind: 'choice', choices: ['unet', 'motion-module'], absent: 'unet' },
  /** All windows start from the noise of one; `auto`: in closed loops that are longer than a window. */
  freeNoise: { kind: 'choice', choices: ['auto', 'on', 'off'], absent: 'auto' },
  interpolation: { kind: 'choice', choices: interpolations, absent: 'slerp' },
  /** For this share of the way to the next a text holds before it changes. */
  promptHold: { kind: 'number', min: 0, max: 1, absent: 0 },
  /** Guidance over the frames, as `0: 7 | 16: 4`; empty: the same everywhere. */
  guidanceTravel: { kind: 'text', maxChars: 1000, absent: '' },
  /** What the strengths of LoRAs are multiplied by, over the frames, as `0: 0.2 | 16: 1`; empty: 1 everywhere. Texts are read at 1. */
  strengthTravel: { kind: 'text', maxChars: 1000, absent: '' },
} as const satisfies Readonly<Record<string, Setting>>

export const drawSettings = {
  /** Pixels of a frame. A model's own least and multiple are told with it. */
  width: { kind: 'integer', min: 8, max: 2048, step: 8 },
  height: { kind: 'integer', min: 8, max: 2048, step: 8 },
  frames: { kind: 'integer', min: 1, max: mostFrames },
  /** Frames a second. */
  fps: { kind: 'number', min: 1, max: 50 },
  steps: { kind: 'integer', min: 1, max: 100 },
  guidance: { kind: 'number', min: 1, max: 30 },
  /** Of the way from noise to picture; beyond it the prompt alone is asked, at half the cost. */
  guidanceEnd: { kind: 'number', min: 0, max: 1, absent: 'auto' },
  /** 1 reads the last layer of the text encoder, 2 the one before. */
  clipSkip: { kind: 'integer', min: 1, max: 12 },
  method: { kind: 'choice', choices: methods, absent: 'animatediff' },
  sampler: { kind: 'choice', choices: samplerNames, absent: 'auto' },
  spacing: { kind: 'choice', choices: spacings, absent: 'auto' },
  betas: { kind: 'choice', choices: betaSchedules, absent: 'auto' },
  ...clipSettings,
} as const satisfies Readonly<Record<string, Setting>>

export type ClipSettingName = keyof typeof clipSettings

type Declared = typeof drawSettings
export type DrawSettingName = keyof Declared

type ValueOf<S extends Setting> = S extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : S extends { readonly kind: 'text' }
    ? string
    : number

type OptionalName = { [Name in DrawSettingName]: Declared[Name] extends { readonly absent: unknown } ? Name : never }[DrawSettingName]

/** Those that nothing stands for: every request has them, from its person or from its model. */
export type RequiredDrawSettings = { readonly [Name in Exclude<DrawSettingName, OptionalName>]: ValueOf<Declared[Name]> }

/** JSON. */
export type DrawSettings = RequiredDrawSettings & { readonly [Name in OptionalName]?: ValueOf<Declared[Name]> }

/** Every setting of a clip, with what stands for those that are absent. */
export type ClipSettings = {
  readonly [Name in keyof typeof clipSettings]:
    | ValueOf<(typeof clipSettings)[Name]>
    | Extract<(typeof clipSettings)[Name]['absent'], 'auto'>
}

/** What is absent everywhere. */
export const defaultClip = Object.fromEntries(Object.entries(clipSettings).map(([name, { absent }]) => [name, absent])) as {
  readonly [Name in keyof ClipSettings]: (typeof clipSettings)[Name]['absent']
}

export const drawSettingNames = Object.keys(drawSettings) as readonly DrawSettingName[]

const optionalNames = drawSettingNames.filter((name) => 'absent' in drawSettings[name]) as readonly OptionalName[]
export const requiredSettingNames = drawSettingNames.filter(
  (name) => !('absent' in drawSettings[name]),
) as readonly (keyof RequiredDrawSettings)[]
const clipNames = Object.keys(clipSettings) as readonly (keyof ClipSettings)[]

/** Those that are there, and nothing else of what they stand among. */
export const drawSettingsIn = <T extends Partial<DrawSettings>>(source: T) => pick(source, drawSettingNames)
export const requiredSettingsIn = <T extends Partial<DrawSettings>>(source: T) => pick(source, requiredSettingNames)
export const optionalSettingsIn = <T extends Partial<DrawSettings>>(source: T) => pick(source, optionalNames)
export const clipSettingsIn = <T extends Partial<DrawSettings>>(source: T) => pick(source, clipNames)

function pick<T extends object, Name extends PropertyKey>(source: T, names: readonly Name[]): Pick<T, Extract<keyof T, Name>> {
  const there = (source: Readonly<Record<PropertyKey, unknown>>) =>
    names.flatMap((name) => (source[name] === undefined ? [] : [[name, source[name]]]))
  return Object.fromEntries(there(source as Readonly<Record<PropertyKey, unknown>>))
}

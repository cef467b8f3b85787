// The /animate command: a sentence becomes a looping animation. The options that say how it is drawn are declared here; /again shares them.

import { formats } from '../src/animation-format.ts'
import {
  type AnimationRequest,
  type CommandContext,
  command,
  commandText,
  type Defaults,
  type ModelSummary,
  type Settings,
  settingOption,
  type Values,
} from '../src/chat/contract/command.ts'
import { checkClip, defaultsBy } from '../src/clip.ts'
import { clipSettingsIn, drawSettings, requiredSettingsIn } from '../src/draw-settings.ts'
import { UserError } from '../src/errors.ts'
import { omitUndefined } from '../src/omit-undefined.ts'
import { framesOf, lengthOptions, methodOption, modelBy, windowOptions, windowSettingsOf, windowValuesOf } from './clip-options.ts'
import { askedFirst } from './confirm.ts'

export const drawOptions = {
  style: { kind: 'text', help: 'The look; /styles shows them all', maxChars: 100, complete: 'style' },
  negative: { kind: 'text', help: 'What should not be in it; none for nothing', maxChars: 1000, none: true },
  ...lengthOptions,
  size: { kind: 'text', help: 'Width x height in pixels, such as 512x384', maxChars: 20 },
  aspect: { kind: 'choice', help: 'The shape, where size is not given', choices: ['square', 'wide', 'tall'] },
  steps: settingOption('steps', 'Steps from noise to picture: more take longer'),
  guidance: settingOption('guidance', 'How strictly the words are followed'),
  seed: { kind: 'seed', help: 'The same seed draws the same animation again' },
  motion: { kind: 'choice', help: 'How fast it plays', choices: ['calm', 'usual', 'lively'] },
  format: { kind: 'choice', help: 'The kind of file', choices: formats },
  private: { kind: 'flag', help: 'Only you see it' },
} as const

export const maxPromptChars = 1000

export const animate = command({
  name: 'animate',
  help: 'Draw a looping animation of a sentence',
  options: {
    prompt: { kind: 'text', help: 'What to draw', required: true, maxChars: maxPromptChars, rest: true, complete: 'prompt' },
    ...drawOptions,
    count: { kind: 'integer', help: 'How many to pick from, with consecutive seeds, side by side', min: 1, max: 4 },
    ...windowOptions,
    method: { ...methodOption, typed: true },
  },
  async run({ values, context }) {
    const defaults = await context.defaults.get()
    const settings = await context.settings.get()
    const style = await styleOf(values.style ?? defaults.style ?? settings.style, context)
    const own = await context.styles.model(style)
    const method = values.method ?? own.method
    const model = modelBy(method, own)
    const fps = fpsOf(values.motion ?? defaults.motion ?? 'usual', model)
    const loop = values.loop ?? defaults.loop ?? model.loop ?? 'auto'
    const frames = framesOf({ frames: values.frames, seconds: values.seconds, loop }, fps, model, settings) ?? defaults.frames
    const wanted = { frames, steps: values.steps ?? defaults.steps }
    checkLimits(wanted, model, settings)
    const drawn = { method, frames: wanted.frames ?? Math.min(model.frames, settings.maxFrames) }
    const usual = defaultsBy(omitUndefined(drawn), model)
    const request: AnimationRequest = {
      prompt: values.prompt,
      negative: values.negative ?? defaults.negative ?? model.negative,
      ...(style !== undefined && { style }),
      ...requiredSettingsIn(model),
      ...omitUndefined({ method }),
      ...sizeOf(values.size, values.aspect ?? defaults.aspect ?? 'square', model, settings),
      frames: drawn.frames,
      fps,
      loop,
      ...windowSettingsOf(values),
      steps: wanted.steps ?? Math.min(usual.steps, settings.maxSteps),
      guidance: values.guidance ?? defaults.guidance ?? usual.guidance,
      seed: values.seed ?? context.randomSeed(),
      format: values.format ?? defaults.format ?? context.formats[0]!,
      maxBytes: context.maxBytes,
      ...((values.count ?? 1) > 1 && { count: values.count! }),
    }
    checkClip({ ...clipSettingsIn(model), ...request }, model.positions)
    return askedFirst({ kind: 'animation', request, private: values.private ?? defaults.private ?? false }, model, context)
  },
})

/**
 * The name as it is spelled; undefined for none.
 * @throws UserError unknown-style
 */
export async function styleOf(name: string | undefined, context: CommandContext): Promise<string | undefined> {
  if (name === undefined || name.toLowerCase() === 'none') return undefined
  const style = await context.styles.find(name)
  if (style) return style.name
  const like = (await context.styles.search(name, 3)).map((one) => one.name).join(', ')
  throw like
    ? new UserError('unknown-style-near', `There is no style '${name}'. There is ${like}.`, { name, like })
    : new UserError('unknown-style', `There is no style '${name}'. /styles shows those there are.`, { name })
}

/** @throws UserError over-limit, too-many-frames */
export function checkLimits(asked: Pick<Defaults, 'frames' | 'steps'>, model: ModelSummary, settings: Settings): void {
  const limits = [
    ['frames', asked.frames, settings.maxFrames],
    ['steps', asked.steps, settings.maxSteps],
  ] as const
  for (const [name, value, max] of limits) {
    if (value !== undefined && value > max) {
      throw new UserError('over-limit', `${name} may be at most ${max} here, and is ${value}.`, { name, max, value })
    }
  }
  if (asked.frames !== undefined && asked.frames > model.maxFrames) {
    const { maxFrames, name } = model
    throw new UserError('too-many-frames', `${name} draws at most ${maxFrames} frames, and ${asked.frames} were asked for.`, {
      name,
      max: maxFrames,
      value: asked.frames,
    })
  }
}

/** @throws UserError not-a-size, size-not-multiple, size-out-of-range, over-limit */
export function sizeOf(
  size: string | undefined,
  aspect: NonNullable<Defaults['aspect']>,
  model: ModelSummary,
  settings: Settings,
): { width: number; height: number } {
  const { width, height } = size === undefined ? shapeOf(aspect, model) : readSize(size, model.multiple)
  if (width * height <= settings.maxPixels) return { width, height }
  throw new UserError('over-limit', `width × height may be at most ${settings.maxPixels} here, and is ${width} × ${height}.`, {
    name: 'width × height',
    max: settings.maxPixels,
    value: width * height,
  })
}

export function fpsOf(motion: NonNullable<Values<typeof drawOptions>['motion']>, model: ModelSummary): number {
  return Math.max(1, Math.round(model.fps * speeds[motion]))
}

const speeds = { calm: 0.6, usual: 1, lively: 1.6 } as const

/** About as many pixels in every shape: the memory and the time of a request stay what they are. */
function shapeOf(aspect: NonNullable<Defaults['aspect']>, { width, height, multiple }: ModelSummary): { width: number; height: number } {
  const stretch = Math.sqrt(1.5)
  const near = (pixels: number) => Math.max(multiple, Math.round(pixels / multiple) * multiple)
  if (aspect === 'square') return { width, height }
  const long = near(Math.sqrt(width * height) * stretch)
  const short = near(Math.sqrt(width * height) / stretch)
  return aspect === 'wide' ? { width: long, height: short } : { width: short, height: long }
}

function readSize(size: string, multiple: number): { width: number; height: number } {
  const match = /^(\d{1,5})\s*[x×*]\s*(\d{1,5})$/i.exec(size.normalize('NFKC').trim())
  if (!match) throw new UserError('not-a-size', `size is width x height, such as 512x384; not '${size}'.`, { size })
  const [width, height] = [Number(match[1]), Number(match[2])]
  for (const pixels of [width, height]) {
    if (pixels < multiple || pixels > drawSettings.width.max) {
      throw new UserError(
        'size-out-of-range',
        `Width and height go from ${multiple} to ${drawSettings.width.max} pixels, and one is ${pixels}.`,
        {
          min: multiple,
          max: drawSettings.width.max,
          pixels,
        },
      )
    }
    if (pixels % multiple !== 0) {
      const below = Math.floor(pixels / multiple) * multiple
      throw new UserError(
        'size-not-multiple',
        `Width and height are multiples of ${multiple}: ${below} or ${below + multiple}, not ${pixels}.`,
        {
          multiple,
          below,
          above: below + multiple,
          pixels,
        },
      )
    }
  }
  return { width, height }
}

/** What the person would type to have it drawn again: every setting that would otherwise be another, or chance. */
export async function commandOf(request: AnimationRequest, context: CommandContext): Promise<string> {
  const { prompt, style, frames, width, height, steps, guidance, fps, seed, count } = request
  const defaults = await context.defaults.get()
  const settings = await context.settings.get()
  const model = await context.styles.model(style)
  const usual = sizeOf(undefined, defaults.aspect ?? 'square', model, settings)
  const by = defaultsBy({ frames, ...omitUndefined({ method: request.method ?? model.method }) }, model)
  const unlike = <T>(value: T, usual: T): T | undefined => (value === usual ? undefined : value)
  const motion = (Object.keys(speeds) as (keyof typeof speeds)[]).find((name) => fpsOf(name, model) === fps)
  return commandText('animate', {
    prompt,
    style: style ?? ((defaults.style ?? settings.style) === undefined ? undefined : 'none'),
    negative: unlike(request.negative || 'none', (defaults.negative ?? model.negative) || 'none'),
    frames: unlike(frames, defaults.frames ?? Math.min(model.frames, settings.maxFrames)),
    size: unlike(`${width}x${height}`, `${usual.width}x${usual.height}`),
    loop: unlike(request.loop, defaults.loop ?? model.loop ?? 'auto'),
    ...windowValuesOf(request, model),
    method: unlike(request.method, model.method),
    steps: unlike(steps, defaults.steps ?? Math.min(by.steps, settings.maxSteps)),
    guidance: unlike(guidance, defaults.guidance ?? by.guidance),
    motion: unlike(motion, defaults.motion ?? 'usual'),
    format: unlike(request.format, defaults.format ?? context.formats[0]!),
    seed,
    count,
  })
}

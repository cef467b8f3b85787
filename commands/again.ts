// The /again command: an animation once more: with a new seed, or with what is said here changed. Anybody may re-roll what everybody sees.

import { type AnimationRequest, type CommandContext, command, type HistoryEntry, type Reply, say } from '../src/chat/contract/command.ts'
import { UserError } from '../src/errors.ts'
import { omitUndefined } from '../src/omit-undefined.ts'
import { checkLimits, drawOptions, fpsOf, maxPromptChars, sizeOf, styleOf } from './animate.ts'

export const again = command({
  name: 'again',
  help: 'Draw your last animation again with a new seed, or with other options',
  options: {
    prompt: { kind: 'text', help: 'Other words', maxChars: maxPromptChars, rest: true, complete: 'prompt' },
    ...drawOptions,
    job: { kind: 'text', help: 'Which animation, if not your last', maxChars: 25, complete: 'job' },
    vary: { kind: 'flag', help: 'Keep the seed and change the picture a little' },
    longer: { kind: 'flag', help: 'Keep the seed and draw half as many frames more' },
    ask: { kind: 'flag', help: 'Change the words in a dialog' },
  },
  async run({ values, context }) {
    const entry = await entryOf(values.job, context)
    const before = entry.job.request
    if (values.ask) return dialog(entry)
    const settings = await context.settings.get()
    const style = values.style === undefined ? before.style : await styleOf(values.style, context)
    const model = await context.styles.model(style)
    checkLimits(values, model, settings)
    const { style: _style, maxBytes: _maxBytes, ...same } = before
    const changed: AnimationRequest = {
      ...same,
      ...omitUndefined({ style }),
      prompt: values.prompt ?? before.prompt,
      negative: values.negative ?? before.negative,
      ...(values.size !== undefined || values.aspect !== undefined ? sizeOf(values.size, values.aspect ?? 'square', model, settings) : {}),
      frames: values.frames ?? before.frames,
      steps: values.steps ?? before.steps,
      guidance: values.guidance ?? before.guidance,
      fps: values.motion ? fpsOf(values.motion, model) : before.fps,
      seed: values.seed ?? (values.vary || values.longer ? before.seed : context.randomSeed()),
      format: values.format ?? (context.formats.includes(before.format) || entry.own ? before.format : context.formats[0]!),
      maxBytes: context.maxBytes,
    }
    const varied = values.vary && values.guidance === undefined ? vary(changed, context.randomSeed()) : changed
    const request = values.longer ? longer(varied, Math.min(model.maxFrames, settings.maxFrames)) : varied
    return { kind: 'animation', request, private: values.private ?? entry.private, parent: entry.job.id }
  },
})

/** @throws UserError unknown-animation, nothing-yet */
async function entryOf(id: string | undefined, context: CommandContext): Promise<HistoryEntry> {
  if (id !== undefined) {
    const entry = await context.jobs.find(id.toLowerCase())
    if (entry) return entry
    throw new UserError('unknown-animation', `There is no animation '${id}' here.`, { id })
  }
  const last = (await context.jobs.own({ from: 0, limit: 1 })).entries[0]
  if (last) return last
  throw new UserError('nothing-yet', 'You have asked for nothing yet: begin with /animate.', {})
}

/** The same seed begins with the same noise; other guidance leads elsewhere from there. */
function vary(request: AnimationRequest, chance: string): AnimationRequest {
  const factor = factors[Number(BigInt(chance) % BigInt(factors.length))]!
  return { ...request, guidance: Math.min(30, Math.max(1, Math.round(request.guidance * factor * 10) / 10)) }
}

const factors = [0.6, 0.7, 0.8, 0.85, 1.15, 1.25, 1.4, 1.6] as const

function longer(request: AnimationRequest, maxFrames: number): AnimationRequest {
  if (request.frames >= maxFrames) {
    throw new UserError('longest-already', `It has ${request.frames} frames, and ${maxFrames} are the most here.`, {
      frames: request.frames,
      max: maxFrames,
    })
  }
  return { ...request, frames: Math.min(maxFrames, Math.ceil(request.frames * 1.5)) }
}

function dialog({ job }: HistoryEntry): Reply {
  return {
    kind: 'form',
    title: say('change-words'),
    command: 'again',
    fixed: { job: job.id },
    fields: [
      { name: 'prompt', value: job.request.prompt },
      { name: 'negative', value: job.request.negative },
      { name: 'style', value: job.request.style ?? '' },
      { name: 'seed', value: job.request.seed },
    ],
  }
}

// The /again command: an animation once more: with a new seed, or with what is said here changed. Anybody may re-roll what everybody sees.

import {
  type AnimationRequest,
  type CommandContext,
  command,
  type EarlierAnimation,
  type HistoryEntry,
  type Reply,
  say,
} from '../src/chat/contract/command.ts'
import { checkClip, defaultsBy, keyedTexts } from '../src/clip.ts'
import { clipSettingsIn, nthSeed } from '../src/draw-settings.ts'
import { UserError } from '../src/errors.ts'
import { omitUndefined } from '../src/omit-undefined.ts'
import { checkLimits, drawOptions, fpsOf, maxPromptChars, sizeOf, styleOf } from './animate.ts'
import { framesOf, methodOption, modelBy } from './clip-options.ts'
import { askedFirst } from './confirm.ts'

export const again = command({
  name: 'again',
  help: 'Draw your last animation again with a new seed, or with other options',
  options: {
    prompt: { kind: 'text', help: 'Other words', maxChars: maxPromptChars, rest: true, complete: 'prompt' },
    ...drawOptions,
    method: methodOption,
    job: { kind: 'text', help: 'Which animation, if not your last', maxChars: 25, complete: 'job' },
    vary: { kind: 'flag', help: 'Draw the same clip with other details' },
    strength: { kind: 'number', help: 'Of a variation: how much of the clip is drawn anew', min: 0.05, max: 1 },
    longer: { kind: 'flag', help: 'Keep what is there and draw half as many frames more behind it' },
    change: { kind: 'choice', help: 'Other words alone, or from the old to the new', choices: ['replace', 'travel'] },
    ask: { kind: 'flag', help: 'Change the words in a dialog' },
    pick: { kind: 'integer', help: 'Of several side by side, this one alone', min: 1, max: 4 },
  },
  async run({ values, context }) {
    const found = await entryOf(values.job, context)
    const { pick, job: _job, private: hidden = found.private, ...changes } = values
    const entry = pick === undefined ? found : cellOf(found, pick)
    // What was learned is drawn: nobody who draws again joins the training, or ends it.
    const { training: _training, ...before } = entry.job.request
    if (pick !== undefined && Object.values(changes).every((value) => value === undefined)) {
      return { kind: 'animation', request: { ...before, maxBytes: context.maxBytes }, private: hidden, parent: entry.job.id, pick }
    }
    if (values.ask) return dialog(entry)
    const settings = await context.settings.get()
    const style = values.style === undefined ? before.style : await styleOf(values.style, context)
    const own = await context.styles.model(style)
    const method = values.method ?? before.method ?? own.method
    const model = modelBy(method, own)
    const fps = values.motion ? fpsOf(values.motion, model) : before.fps
    const loop = values.loop ?? before.loop
    const asked = framesOf({ frames: values.frames, seconds: values.seconds, loop }, fps, model, settings)
    checkLimits({ frames: asked, steps: values.steps }, model, settings)
    const { style: _style, maxBytes: _maxBytes, earlier, ...same } = before
    const frames = asked ?? before.frames
    // What was usual for a still is not for a clip, nor the other way round.
    const [was, is] = [defaultsBy(before, own), defaultsBy({ frames, ...omitUndefined({ method }) }, own)]
    const changed: AnimationRequest = {
      ...same,
      ...omitUndefined({ style, loop, method }),
      negative: values.negative ?? before.negative,
      ...(values.size !== undefined || values.aspect !== undefined ? sizeOf(values.size, values.aspect ?? 'square', model, settings) : {}),
      frames,
      steps: values.steps ?? (before.steps === was.steps ? Math.min(is.steps, settings.maxSteps) : before.steps),
      guidance: values.guidance ?? (before.guidance === was.guidance ? is.guidance : before.guidance),
      fps,
      seed: values.seed ?? (values.change === 'travel' || pick !== undefined ? before.seed : context.randomSeed()),
      format: values.format ?? (context.formats.includes(before.format) || entry.own ? before.format : context.formats[0]!),
      maxBytes: context.maxBytes,
    }
    const kept = earlier && stillFits(earlier, changed, before) ? { ...changed, earlier } : changed
    const made = values.longer
      ? longer(changed, entry.job, { maxFrames: Math.min(model.maxFrames, settings.maxFrames), framesGiven: asked !== undefined })
      : values.vary || values.strength !== undefined
        ? variationOf(changed, entry.job, values.strength)
        : kept
    const request = { ...made, prompt: promptOf(values, before, made) }
    checkClip({ ...clipSettingsIn(model), ...request }, model.positions)
    return askedFirst({ kind: 'animation', request, private: hidden, parent: entry.job.id }, model, context)
  },
})

/** One of several, as if it had been asked for alone. @throws UserError nothing-to-pick */
function cellOf({ job: { result: _, ...job }, cells, ...entry }: HistoryEntry, pick: number): HistoryEntry {
  const { count = 1, ...request } = job.request
  if (pick > count) throw new UserError('nothing-to-pick', `There ${count === 1 ? 'is one' : `are ${count}`} to pick from.`, { count })
  const alone = { ...request, seed: nthSeed(request.seed, pick - 1) }
  return { ...entry, job: { ...job, request: alone, ...omitUndefined({ result: cells?.[pick - 1] }) } }
}

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

/** The words alone, or on the way to them from those that were there: in the middle of a loop, which comes back, or at the end. */
function promptOf(
  { prompt, change }: { readonly prompt: string | undefined; readonly change: 'replace' | 'travel' | undefined },
  before: AnimationRequest,
  { frames, loop = 'none' }: AnimationRequest,
): string {
  if (prompt === undefined || change !== 'travel' || frames === 1) return prompt ?? before.prompt
  const [from] = keyedTexts(before.prompt)
  const [to] = keyedTexts(prompt)
  // A loop comes back to its beginning; one that is played back turns in its middle, and so does this.
  const there = loop === 'none' ? frames - 1 : Math.floor(frames / 2)
  return `0: ${from!.text} | ${there}: ${to!.text}`
}

/** What it was made of is no longer part of it where its length or size is another. */
function stillFits({ as, frames }: EarlierAnimation, now: AnimationRequest, before: AnimationRequest): boolean {
  if (now.width !== before.width || now.height !== before.height) return false
  return as === 'beginning' ? now.frames > frames && now.loop !== 'ping-pong' && now.loop !== 'cross-fade' : now.frames === frames
}

/** The same clip, noised and drawn anew from there. */
function variationOf(request: AnimationRequest, job: HistoryEntry['job'], strength: number | undefined): AnimationRequest {
  const { frames, width, height } = job.request
  return { ...request, frames, width, height, earlier: { ...earlierOf(job, 'variation'), ...omitUndefined({ strength }) } }
}

/** Windows that begin with what is there: its frames stay as they are. */
function longer(
  request: AnimationRequest,
  job: HistoryEntry['job'],
  { maxFrames, framesGiven }: { readonly maxFrames: number; readonly framesGiven: boolean },
): AnimationRequest {
  const { frames, width, height } = job.request
  if (frames >= maxFrames) {
    throw new UserError('longest-already', `It has ${frames} frames, and ${maxFrames} are the most here.`, { frames, max: maxFrames })
  }
  return {
    ...request,
    width,
    height,
    frames: framesGiven ? request.frames : Math.min(maxFrames, Math.ceil(frames * 1.5)),
    // Playing back and fading would change the frames that are there.
    ...((request.loop === 'ping-pong' || request.loop === 'cross-fade') && { loop: 'auto' }),
    earlier: earlierOf(job, 'beginning'),
  }
}

/** @throws UserError `not-drawn` where there is no animation of it, `pick-first` where there are several in one picture */
function earlierOf({ request: { frames, count = 1 }, result }: HistoryEntry['job'], as: EarlierAnimation['as']): EarlierAnimation {
  if (count > 1) throw new UserError('pick-first', `There are ${count} side by side: pick one, and make another of that.`, { count })
  if (!result) throw new UserError('not-drawn', 'There is no animation of it.', {})
  return { blob: result.blob, frames, as }
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
      { name: 'change', value: 'replace' },
      { name: 'seed', value: job.request.seed },
    ],
  }
}

// Status message: how a request is shown from its place in the queue to its end, in the language of those who read it. Pure.

import type { Note } from '../../../errors.ts'
import type { Job } from '../../../jobs/job.ts'
import type { RenderProgress } from '../../../jobs/renderer.ts'
import type { ResultDetails } from '../../../jobs/result-details.ts'
import { omitUndefined } from '../../../omit-undefined.ts'
import type { Button, Fact, Outgoing, Picture } from '../../contract/outgoing.ts'
import type { PlatformLimits } from '../../contract/platform.ts'
import { type Line, type SentenceValue, say } from '../../contract/reply.ts'
import type { Locale } from '../../locales/locale.ts'
import { speak, speakNote } from '../../locales/speak.ts'
import { audienceOf, type ReplyTarget } from '../reply-target.ts'

export interface WaitingState {
  readonly ahead?: number
  readonly leftMs?: number
}

export function waitingMessage(job: Job, to: ReplyTarget, { ahead = 0, leftMs }: WaitingState, locale: Locale): Outgoing {
  const place = ahead === 0 ? say('accepted-next') : say('accepted-ahead', { ahead })
  const line = leftMs === undefined ? place : say('wait-about', { place, ms: leftMs })
  return { ...common(job, to, locale, [line]), tone: 'waiting', buttons: [cancelButton(job, locale)] }
}

/** Of a message that soon can no longer be changed. */
export function lateMessage(job: Job, to: ReplyTarget, locale: Locale): Outgoing {
  return { ...common(job, to, locale, [say('end-will-be-private')]), tone: 'waiting', buttons: [cancelButton(job, locale)] }
}

export interface RunningState {
  readonly progress?: RenderProgress | undefined
  readonly leftMs?: number
  readonly preview?: Picture | undefined
}

export function runningMessage(job: Job, to: ReplyTarget, { progress, leftMs, preview }: RunningState, locale: Locale): Outgoing {
  const { text, done } = stageWords(progress, leftMs)
  return {
    ...common(job, to, locale, [say('drawing')]),
    tone: 'running',
    progress: { done, text: speak(locale, text) },
    ...omitUndefined({ picture: preview }),
    buttons: [cancelButton(job, locale)],
  }
}

function stageWords(progress: RenderProgress | undefined, leftMs: number | undefined): { text: Line; done: number } {
  if (!progress || progress.stage === 'loading') {
    return { text: leftMs === undefined ? say('starting') : say('starting-left', { ms: leftMs }), done: 0 }
  }
  const { stage, step, of } = progress
  if (stage !== 'denoising') return { text: say('finishing'), done: 1 }
  const text = leftMs === undefined ? say('drawing-step', { step, of }) : say('drawing-left', { step, of, ms: leftMs })
  return { text, done: of > 0 ? step / of : 0 }
}

export interface EndedState {
  readonly details?: ResultDetails | undefined
  /** Absent where the file is gone, or larger than the place takes. */
  readonly picture?: Picture | undefined
  readonly tooLarge?: boolean
  /** Why the place does not take it. */
  readonly refusal?: Note
}

export function endedMessage(job: Job, to: ReplyTarget, ending: EndedState, limits: PlatformLimits, locale: Locale): Outgoing {
  const { details, picture } = ending
  if (job.state !== 'done' || !picture) {
    const buttons = [againButton(job, locale)]
    return { ...common(job, to, locale, [sorryWords(job, to, ending, locale)]), tone: toneOf(job), ...mentionOf(job, to), buttons }
  }
  const line = to.private ? say('end-done-own') : say('end-done', { name: personNamed(to) })
  return {
    ...common(job, to, locale, [line, ...(details?.notes ?? []).map((note) => speakNote(locale, note))]),
    tone: 'done',
    facts: jobFacts(job, locale),
    picture,
    ...mentionOf(job, to),
    buttons: doneButtons(job, limits, locale),
    ...(!to.private && { reactions: ['die', 'star', 'letter'] as const }),
  }
}

function toneOf({ state }: Job): Outgoing['tone'] {
  return state === 'waiting' || state === 'running' || state === 'done' ? 'failed' : state
}

function sorryWords(job: Job, { maxBytes }: ReplyTarget, { details, tooLarge, refusal }: EndedState, locale: Locale): Line {
  const { state, reason } = job
  if (state === 'cancelled') return say('end-cancelled')
  if (state === 'expired') return say('end-expired')
  if (refusal) return say('end-not-shown', { reason: speakNote(locale, refusal) })
  if (state === 'done')
    return tooLarge ? say('end-too-large', { kb: kilobytes(details?.bytes ?? 0), max: kilobytes(maxBytes) }) : say('end-gone')
  const because = reason ? speakNote(locale, { ...reason, data: (reason.data ?? {}) as Readonly<Record<string, unknown>> }) : ''
  return say(state === 'refused' ? 'end-refused' : 'end-failed', { reason: because })
}

/** Who cancels knows it already, and a private answer is for them alone. */
function mentionOf({ state, owner }: Job, { mention, private: quiet }: ReplyTarget): Pick<Outgoing, 'mention'> {
  return mention && !quiet && state !== 'cancelled' ? { mention: owner.person } : {}
}

/** Not every platform says who it was. */
export function personNamed({ name }: Pick<ReplyTarget, 'name'>): SentenceValue {
  return name || say('somebody')
}

/** What draws it again, shown with it. */
export function jobFacts({ request, result }: Job, locale: Locale): Fact[] {
  const { style, seed, width, height, frames, fps, steps, guidance, negative } = request
  const facts: [Line, Line][] = [
    [say('fact-style'), style ?? say('none')],
    [say('fact-seed'), seed],
    [say('fact-size'), `${width} × ${height}`],
    [say('fact-frames'), say('frames-at', { frames, fps })],
    [say('fact-steps'), String(steps)],
    [say('fact-guidance'), String(guidance)],
  ]
  const closing = result?.details?.closing
  if (closing) facts.push([say('fact-loop'), say('loop-seam', { loop: say(`loop-${closing.loop}`), seam: closing.seam.toFixed(2) })])
  if (negative !== '') facts.push([say('fact-negative'), negative])
  return facts.map(([label, value]) => ({ label: speak(locale, label), value: speak(locale, value) }))
}

function common(job: Job, to: ReplyTarget, locale: Locale, lines: readonly Line[]): Pick<Outgoing, 'audience' | 'text' | 'quote'> {
  const words = [...lines]
  if (to.stripped.length > 0) words.push(say('note-stripped', { words: to.stripped.join(', ') }))
  if (to.forced.length > 0) words.push(say('note-negative', { words: to.forced.join(', ') }))
  return { audience: audienceOf(to), text: words.map((line) => speak(locale, line)).join('\n'), quote: job.request.prompt }
}

function doneButtons(job: Job, limits: PlatformLimits, locale: Locale): Button[] {
  const { id } = job
  const button = (label: Line, emoji: string, command: string, style: Button['style'] = 'usual'): Button => {
    return { label: speak(locale, label), emoji, command, style }
  }
  const all = [
    againButton(job, locale),
    button(say('button-vary'), '🎨', `again job:${id} vary:yes`),
    button(say('button-longer'), '⏩', `again job:${id} longer:yes`),
    button(say('button-words'), '✏️', `again job:${id} ask:yes`),
    button(say('button-delete'), '❌', `cancel job:${id}`, 'danger'),
    button(say('button-keep'), '⭐', `keep job:${id}`),
  ]
  if (!limits.reactions) all.push(button(say('button-send'), '✉️', `send job:${id}`))
  return all
}

function againButton({ id }: Job, locale: Locale): Button {
  return { label: speak(locale, say('button-again')), emoji: '🎲', command: `again job:${id}`, style: 'main' }
}

function cancelButton({ id }: Job, locale: Locale): Button {
  return { label: speak(locale, say('button-cancel')), emoji: '❌', command: `cancel job:${id}`, style: 'danger' }
}

function kilobytes(bytes: number): number {
  return Math.ceil(bytes / 1000)
}

// Status message: how a request is shown from its place in the queue to its end, in the language of those who read it. Pure.

import { nthSeed } from '../../../draw-settings.ts'
import type { Note } from '../../../errors.ts'
import type { Job } from '../../../jobs/job.ts'
import type { JobProgress } from '../../../jobs/renderer.ts'
import type { ResultDetails } from '../../../jobs/result-details.ts'
import { omitUndefined } from '../../../omit-undefined.ts'
import type { Button, Fact, Outgoing, Picture } from '../../contract/outgoing.ts'
import type { PlatformLimits } from '../../contract/platform.ts'
import { type Line, type SentenceValue, say } from '../../contract/reply.ts'
import type { Locale } from '../../locales/locale.ts'
import { speak, speakNote } from '../../locales/speak.ts'
import { audienceOf, type ReplyTarget } from '../reply-target.ts'
import { isTraining, taughtButtons, taughtName, trainingPlace, trainingStage, trainingWords } from './training-words.ts'

export interface WaitingState {
  readonly ahead?: number
  readonly leftMs?: number
}

export function waitingMessage(job: Job, to: ReplyTarget, { ahead = 0, leftMs }: WaitingState, locale: Locale): Outgoing {
  const place = isTraining(job) ? trainingPlace(ahead) : ahead === 0 ? say('accepted-next') : say('accepted-ahead', { ahead })
  const line = leftMs === undefined ? place : say('wait-about', { place, ms: leftMs })
  return { ...common(job, to, locale, [line]), tone: 'waiting', buttons: [cancelButton(job, locale)] }
}

/** Of a message that soon can no longer be changed. */
export function lateMessage(job: Job, to: ReplyTarget, locale: Locale): Outgoing {
  return { ...common(job, to, locale, [say('end-will-be-private')]), tone: 'waiting', buttons: [cancelButton(job, locale)] }
}

/** For who asked alone, beside a message that everybody sees. Stays true where it cannot be taken away. */
export function cancelMessage(job: Job, locale: Locale): Outgoing {
  return { audience: 'asker', tone: 'plain', text: speak(locale, say('cancel-offer')), buttons: [cancelButton(job, locale)] }
}

export interface RunningState {
  readonly progress?: JobProgress | undefined
  readonly leftMs?: number
  readonly preview?: Picture | undefined
}

export function runningMessage(job: Job, to: ReplyTarget, { progress, leftMs, preview }: RunningState, locale: Locale): Outgoing {
  const { text, done } = stageWords(progress, leftMs)
  return {
    ...common(job, to, locale, [doing(job, progress)]),
    tone: 'running',
    progress: { done, text: speak(locale, text) },
    ...omitUndefined({ picture: preview }),
    buttons: [cancelButton(job, locale)],
  }
}

function doing(job: Job, progress: JobProgress | undefined): Line {
  const { training } = job.request
  return training ? trainingWords(taughtName(job), training, progress) : say('drawing')
}

function stageWords(progress: JobProgress | undefined, leftMs: number | undefined): { text: Line; done: number } {
  if (!progress) return { text: leftMs === undefined ? say('starting') : say('starting-left', { ms: leftMs }), done: 0 }
  if (progress.stage === 'training') return trainingStage(progress, leftMs)
  const { stage, step, of, loading } = progress
  if (stage === 'loading') {
    if (!loading) return { text: leftMs === undefined ? say('starting') : say('starting-left', { ms: leftMs }), done: 0 }
    const ms = loading.leftMs
    return { text: ms < 1000 ? say('loading') : say('loading-left', { ms }), done: loading.share }
  }
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
    const buttons = isTraining(job) ? (job.state === 'done' ? taughtButtons(job, locale) : []) : [againButton(job, locale)]
    return { ...common(job, to, locale, [sorryWords(job, to, ending, locale)]), tone: toneOf(job), ...mentionOf(job, to), buttons }
  }
  const line = to.private ? say('end-done-own') : say('end-done', { name: personNamed(to) })
  const taught = isTraining(job) ? [say('training-done', { name: taughtName(job) })] : []
  const notes = (details?.notes ?? []).map((note) => speakNote(locale, note))
  return {
    ...common(job, to, locale, [...taught, ...(limits.namesAsker ? [] : [line]), ...notes]),
    tone: 'done',
    facts: jobFacts(job, locale),
    picture,
    ...mentionOf(job, to),
    buttons: isTraining(job) ? taughtButtons(job, locale) : doneButtons(job, locale),
  }
}

function toneOf({ state }: Job): Outgoing['tone'] {
  return state === 'waiting' || state === 'running' || state === 'done' ? 'failed' : state
}

function sorryWords(job: Job, { maxBytes }: ReplyTarget, { details, tooLarge, refusal }: EndedState, locale: Locale): Line {
  const { state, reason } = job
  if (state === 'cancelled') return say('end-cancelled')
  if (state === 'expired') return isTraining(job) ? say('training-expired', { name: taughtName(job) }) : say('end-expired')
  if (refusal) return say('end-not-shown', { reason: speakNote(locale, refusal) })
  if (state === 'done')
    return tooLarge ? say('end-too-large', { kb: kilobytes(details?.bytes ?? 0), max: kilobytes(maxBytes) }) : say('end-gone')
  const because = reason ? speakNote(locale, { ...reason, data: (reason.data ?? {}) as Readonly<Record<string, unknown>> }) : ''
  if (isTraining(job)) return say('training-failed', { name: taughtName(job), reason: because })
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
  const { style, seed, count = 1, steps, guidance, negative, method } = request
  // What was delivered, where that is known: small pictures are enlarged, and large ones lowered to fit.
  const { width, height, frames, fps } = result?.details ?? request
  const facts: [Line, Line][] = [
    [say('fact-style'), style ?? say('none')],
    [say('fact-seed'), count > 1 ? say('seeds-to', { first: seed, last: nthSeed(seed, count - 1) }) : seed],
    [say('fact-size'), `${width} × ${height}`],
    [say('fact-frames'), say('frames-at', { frames, fps: Math.round(fps * 100) / 100 })],
    [say('fact-steps'), String(steps)],
    [say('fact-guidance'), String(guidance)],
  ]
  const closing = result?.details?.closing
  if (closing) facts.push([say('fact-loop'), say('loop-seam', { loop: say(`loop-${closing.loop}`), seam: closing.seam.toFixed(2) })])
  if (method === 'zero') facts.push([say('fact-method'), 'Text2Video-Zero'])
  if (negative !== '') facts.push([say('fact-negative'), negative])
  return facts.map(([label, value]) => ({ label: speak(locale, label), value: speak(locale, value) }))
}

function common(job: Job, to: ReplyTarget, locale: Locale, lines: readonly Line[]): Pick<Outgoing, 'audience' | 'text' | 'quote'> {
  const words = [...lines]
  if (to.stripped.length > 0) words.push(say('note-stripped', { words: to.stripped.join(', ') }))
  if (to.forced.length > 0) words.push(say('note-negative', { words: to.forced.join(', ') }))
  return { audience: audienceOf(to), text: words.map((line) => speak(locale, line)).join('\n'), quote: job.request.prompt }
}

function doneButtons(job: Job, locale: Locale): Button[] {
  const { id } = job
  const button = (label: Line, emoji: string, command: string, style: Button['style'] = 'usual'): Button => {
    return { label: speak(locale, label), emoji, command, style }
  }
  const { count = 1 } = job.request
  const picks = Array.from({ length: count > 1 ? count : 0 }, (_, n) => ({
    label: String(n + 1),
    command: `again job:${id} pick:${n + 1}`,
    style: 'main' as const,
  }))
  const ofOne = [
    button(say('button-vary'), '🎨', `again job:${id} vary:yes`),
    button(say('button-longer'), '⏩', `again job:${id} longer:yes`),
    button(say('button-words'), '✏️', `again job:${id} ask:yes`),
  ]
  return [
    ...picks,
    { ...againButton(job, locale), ...(picks.length > 0 && { style: 'usual' as const }) },
    ...(picks.length > 0 ? [] : ofOne),
    button(say('button-keep'), '⭐', `keep job:${id} toggle:yes`),
    button(say('button-send'), '✉️', `send job:${id}`),
    // asks first
    { ...button(say('button-delete'), '❌', `cancel job:${id}`, 'danger'), for: 'owner' },
  ]
}

function againButton({ id }: Job, locale: Locale): Button {
  return { label: speak(locale, say('button-again')), emoji: '🎲', command: `again job:${id}`, style: 'main' }
}

function cancelButton({ id }: Job, locale: Locale): Button {
  return { label: speak(locale, say('button-cancel')), emoji: '❌', command: `cancel job:${id}`, style: 'danger', for: 'owner' }
}

function kilobytes(bytes: number): number {
  return Math.ceil(bytes / 1000)
}

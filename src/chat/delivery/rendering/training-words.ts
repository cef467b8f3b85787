// What is said of a job that teaches a style, where it differs from a drawing. Pure.

import type { Job } from '../../../jobs/job.ts'
import type { JobProgress, LearningProgress } from '../../../jobs/renderer.ts'
import type { StyleTraining } from '../../../jobs/request.ts'
import { commandText } from '../../contract/command-text.ts'
import type { Button } from '../../contract/outgoing.ts'
import { type Line, say } from '../../contract/reply.ts'
import type { Locale } from '../../locales/locale.ts'
import { speak } from '../../locales/speak.ts'

export const isTraining = ({ request }: Pick<Job, 'request'>): boolean => request.training !== undefined

/** Of the style that it teaches. */
export const taughtName = ({ request }: Job): string => request.style ?? ''

export function trainingPlace(ahead: number): Line {
  return ahead === 0 ? say('training-next') : say('training-ahead', { ahead })
}

/** What goes on: it is learned, and then its example is drawn, which begins with what any drawing begins with. */
export function trainingWords(name: string, { pictures }: StyleTraining, progress: JobProgress | undefined): Line {
  const drawn = progress && progress.stage !== 'training' && progress.stage !== 'loading'
  return drawn ? say('training-example', { name }) : say('training', { name, pictures })
}

export function trainingStage({ pausing, step, of }: LearningProgress, leftMs: number | undefined): { text: Line; done: number } {
  const done = of > 0 ? step / of : 0
  if (of === 0) return { text: say('training-reading'), done }
  if (pausing) return { text: say('training-pauses', { step, of }), done }
  return { text: leftMs === undefined ? say('drawing-step', { step, of }) : say('drawing-left', { step, of, ms: leftMs }), done }
}

/** What is to become of it, as of a file that was added. */
export function taughtButtons(job: Job, locale: Locale): Button[] {
  const name = taughtName(job)
  return [
    { label: speak(locale, say('button-publish')), command: commandText('styles publish', { name }), style: 'main' },
    { label: speak(locale, say('button-keep-admins')), command: commandText('styles keep', { name }), style: 'usual' },
    { label: speak(locale, say('button-drop')), command: commandText('styles remove', { name, forget: true }), style: 'danger' },
  ]
}

// Pictures of messages: animations with bytes from the store, names and descriptions that are safe everywhere.

import type { Job } from '../../../jobs/job.ts'
import type { Blobs } from '../../../store/store.ts'
import type { Picture } from '../../contract/outgoing.ts'
import { shortened } from '../../contract/plain-text.ts'
import { say } from '../../contract/reply.ts'
import type { Locale } from '../../locales/locale.ts'
import { speak } from '../../locales/speak.ts'

/** Undefined where nothing was drawn, or its file is gone. */
export async function pictureOfJob(job: Job, blobs: Pick<Blobs, 'get'>, locale: Locale): Promise<Picture | undefined> {
  const details = job.result?.details
  const bytes = job.result && (await blobs.get(job.result.blob))
  if (!details || !bytes) return undefined
  const { format, width, height } = details
  return { bytes, format, width, height, fileName: `zoetrope-${job.id}.${format}`, alt: altOf(job, locale) }
}

/** The moving preview of what is being drawn: small, in the shape of the animation. */
export function pictureOfPreview(job: Job, bytes: Uint8Array, locale: Locale): Picture {
  const { width, height } = job.request
  return { bytes, format: 'webp', width, height, fileName: `zoetrope-${job.id}.webp`, alt: altOf(job, locale) }
}

function altOf(job: Job, locale: Locale): string {
  return speak(locale, say('animation-alt', { prompt: shortened(job.request.prompt, 400) }))
}

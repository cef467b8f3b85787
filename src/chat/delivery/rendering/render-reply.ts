// Rendering of replies: what a command returns becomes a message, in the language of who reads it.

import type { Job } from '../../../jobs/job.ts'
import { omitUndefined } from '../../../omit-undefined.ts'
import type { Blobs } from '../../../store/store.ts'
import type { Audience, Button, Item, Outgoing, Picture, ShownAnimation } from '../../contract/outgoing.ts'
import { type ReplyButton, type ReplyItem, say, type TextReply } from '../../contract/reply.ts'
import type { Locale } from '../../locales/locale.ts'
import { speak } from '../../locales/speak.ts'
import { pictureOfJob } from './pictures.ts'
import { jobFacts } from './status-message.ts'

export interface ReplyRendering {
  readonly locale: Locale
  /** Where the reply does not say itself. */
  readonly audience: Audience
  readonly blobs: Pick<Blobs, 'get'>
  jobOf(id: string): Job | undefined
  exampleOf(style: string): Promise<ShownAnimation | undefined>
}

export async function renderReply(reply: TextReply, rendering: ReplyRendering): Promise<Outgoing> {
  const { locale, blobs } = rendering
  const { text, audience = rendering.audience, tone = 'plain', quote, facts = [], items = [], buttons = [], animationOf, file } = reply
  const shown = animationOf === undefined ? undefined : rendering.jobOf(animationOf)
  const picture = shown && (await pictureOfJob(shown, blobs, locale))
  const said = facts.map(({ label, value }) => ({ label: speak(locale, label), value: speak(locale, value) }))
  const allFacts = [...said, ...(shown ? jobFacts(shown, locale) : [])]
  return {
    audience,
    tone,
    text: speak(locale, text),
    ...(quote && { quote }),
    ...(allFacts.length > 0 && { facts: allFacts }),
    ...(items.length > 0 && { items: await Promise.all(items.map((item, n) => renderItem(item, n, rendering))) }),
    ...(buttons.length > 0 && { buttons: buttons.map((button) => renderButton(button, locale)) }),
    ...omitUndefined({ picture, file }),
  }
}

async function renderItem({ title, text, picture, buttons }: ReplyItem, n: number, rendering: ReplyRendering): Promise<Item> {
  const { locale } = rendering
  const shown = picture && (await renderPicture(picture, speak(locale, title), n, rendering))
  return {
    title: speak(locale, title),
    ...(text !== undefined && { text: speak(locale, text) }),
    ...omitUndefined({ picture: shown }),
    ...(buttons && { buttons: buttons.map((button) => renderButton(button, locale)) }),
  }
}

async function renderPicture(
  picture: NonNullable<ReplyItem['picture']>,
  title: string,
  n: number,
  { locale, blobs, jobOf, exampleOf }: ReplyRendering,
): Promise<Picture | undefined> {
  if ('job' in picture) {
    const job = jobOf(picture.job)
    return job && pictureOfJob(job, blobs, locale)
  }
  const shown = 'style' in picture ? await exampleOf(picture.style) : picture.animation
  if (!shown) return undefined
  const { bytes, format, width, height } = shown
  const alt = speak(locale, say('animation-alt', { prompt: title }))
  return { bytes, format, width, height, fileName: `zoetrope-example-${n}.${format}`, alt }
}

function renderButton({ label, emoji, command, style }: ReplyButton, locale: Locale): Button {
  return { label: speak(locale, label), ...(emoji && { emoji }), command, style: style ?? 'usual' }
}

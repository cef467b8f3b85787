// A router: from what a person did to what they see: resolved to a command, checked, run, replied to. One of the three places where
// whatever is thrown ends: as its sentence, or as a bug with an id.

import type { Clock } from '../clock.ts'
import { UserError } from '../errors.ts'
import type { Limits } from '../jobs/limits/limits.ts'
import { usualLimits } from '../jobs/limits/usual-limits.ts'
import type { Scheduler } from '../jobs/scheduler.ts'
import type { Log } from '../log.ts'
import { omitUndefined } from '../omit-undefined.ts'
import type { Blobs } from '../store/store.ts'
import type { Contexts } from './context/contexts.ts'
import type { StyleSource } from './context/style-source.ts'
import type { Action } from './contract/command.ts'
import type { CommandContext } from './contract/command-context.ts'
import { mayCall } from './contract/command-declaration.ts'
import type { Circumstances, Incoming } from './contract/incoming.ts'
import type { Audience, Outgoing } from './contract/outgoing.ts'
import type { Platform, Receiver } from './contract/platform.ts'
import { type AnimationReply, type FormReply, type Reply, say, type TextReply } from './contract/reply.ts'
import { createDeferredResponse, type DeferredResponse } from './delivery/deferred-response.ts'
import type { Delivery } from './delivery/delivery.ts'
import type { MessageIndex } from './delivery/message-index.ts'
import { renderReply } from './delivery/rendering/render-reply.ts'
import { truncate, withoutPictures } from './delivery/rendering/truncate.ts'
import { formOf, formReplyOf } from './input/form.ts'
import { optionValues } from './input/option-values.ts'
import { withStylePicks } from './input/style-picks.ts'
import type { Locale } from './locales/locale.ts'
import { localeFor } from './locales/locales.ts'
import { speak, speakNote } from './locales/speak.ts'
import type { Observer } from './observer.ts'
import { createCompletion, createFormValues } from './router/complete-option.ts'
import type { LiveCount } from './router/live-count.ts'
import { createCommandResolver, type ResolvedCommand } from './router/resolve-command.ts'
import type { SeenEvents } from './router/seen-events.ts'
import { createSubmission } from './router/submit-request.ts'

export interface RouterParts {
  readonly contexts: Contexts
  readonly scheduler: Pick<Scheduler, 'accept' | 'find' | 'record'>
  readonly delivery: Pick<Delivery, 'begin'>
  readonly blobs: Pick<Blobs, 'get' | 'put'>
  readonly messages: Pick<MessageIndex, 'jobOf'>
  readonly styles: Pick<StyleSource, 'picture'>
  readonly seen: SeenEvents
  readonly live: Pick<LiveCount, 'of'>
  readonly clock: Clock
  readonly log: Log
  readonly observer: Observer
  /** Of jobs, where a place has not decided otherwise. */
  readonly limits?: Limits
}

/** One event on its way to its response. */
interface Exchange {
  readonly incoming: Incoming
  readonly response: DeferredResponse
  /** Of the person. */
  readonly locale: Locale
}

/** Whoever does something; who only types has no address. */
type Caller = Omit<Circumstances, 'address' | 'id'> & Partial<Pick<Circumstances, 'address'>>

export function createRouter(platform: Platform, parts: RouterParts): Receiver {
  const { contexts, scheduler, delivery, blobs, messages, styles, seen, live, clock, observer, limits = usualLimits } = parts
  const { commands } = contexts
  const resolve = createCommandResolver({ platform: platform.name, commands, messages, scheduler })
  const submit = createSubmission({ scheduler, blobs, live, limits, log: parts.log })

  async function receive(incoming: Incoming): Promise<void> {
    const beganMs = clock.nowMs()
    const { owner, id } = incoming
    const log = parts.log.child({ request: id, platform: platform.name })
    const response = createDeferredResponse(platform, incoming, clock, log)
    const exchange = { incoming, response, locale: localeFor(incoming.locale) }
    let command = 'unknown'
    const observe = (outcome: 'done' | 'refused' | 'broken' | 'ignored') => {
      const durationMs = clock.nowMs() - beganMs
      observer.answered(platform.name, command, outcome, durationMs)
      if (outcome !== 'ignored') log.info({ command, outcome, durationMs }, 'answered')
    }
    try {
      if (await seen.again(id, beganMs)) return observe('ignored')
      log.debug({ person: owner.person, said: incoming.kind === 'text' ? incoming.text : incoming.kind }, 'heard')
      const resolved = await resolve(incoming, beganMs)
      if (!resolved) return observe('ignored')
      command = resolved.command.name
      await run(resolved, exchange)
      observe('done')
    } catch (error) {
      if (error instanceof UserError) log.info({ code: error.code }, 'refused')
      else log.error({ err: error }, 'broken')
      observe(error instanceof UserError ? 'refused' : 'broken')
      await postError(error, exchange, log)
    } finally {
      response.close()
    }
  }

  async function run({ command, action, inputs }: ResolvedCommand, exchange: Exchange): Promise<void> {
    const { incoming, response } = exchange
    const declared = command.actions[action]!
    if (!mayCall(declared, incoming.asker)) {
      throw new UserError('admins-only', `/${command.name} is for admins only.`, { command: command.name })
    }
    const form = incoming.kind === 'text' && Object.keys(inputs).length === 0 ? formReplyOf(command, action) : undefined
    if (form) return openForm(form, exchange)
    const context = contextFor(incoming)
    const values = optionValues(declared.options, inputs)
    response.expect(await audienceOf(declared, values, incoming))
    await send(await declared.run({ values, owner: incoming.owner, context }), declared, context, exchange)
  }

  function contextFor({ owner, name, asker, channel, locale, maxBytes, address }: Caller): CommandContext {
    const { formats, maxBytes: usual } = platform.limits
    const fetchFile = platform.fetchFile?.bind(platform)
    const namesOf = platform.namesOf?.bind(platform)
    const filesNear = address === undefined ? undefined : async () => (await platform.filesNear?.(address)) ?? []
    const caller = { owner, name, asker, channel, locale, formats, maxBytes: Math.min(usual, maxBytes ?? usual) }
    return contexts.contextFor({ ...caller, ...omitUndefined({ fetchFile, namesOf, filesNear }) })
  }

  /** Before the reply is known: rather to one too few than to all. */
  async function audienceOf(action: Action, values: Readonly<Record<string, unknown>>, { owner }: Incoming): Promise<Audience> {
    if (action.private || values['private'] === true) return 'asker'
    if (!('private' in action.options) || values['private'] === false) return 'everyone'
    return (await contexts.defaultsOf(owner)).private ? 'asker' : 'everyone'
  }

  async function send(reply: Reply, action: Action, context: CommandContext, exchange: Exchange): Promise<void> {
    switch (reply.kind) {
      case 'animation':
        return beginAnimation(reply, context, exchange)
      case 'form':
        return openForm(reply, exchange)
      case 'text':
        return postText(reply, action.private ? 'asker' : 'everyone', exchange)
    }
  }

  async function beginAnimation(reply: AnimationReply, context: CommandContext, { incoming, response }: Exchange): Promise<void> {
    const job = await submit(reply, context, incoming)
    // from here on the job has its own end: whatever breaks is no second response
    await response.ready()
    await delivery.begin(job, platform).catch((err: unknown) => parts.log.error({ job: job.id, err }, 'a request could not be shown'))
  }

  async function openForm(reply: FormReply, { incoming, response, locale }: Exchange): Promise<void> {
    const form = formOf(reply, commands, locale)
    const filled = await withStylePicks(form, contextFor(incoming), platform.limits.choices, locale)
    await response.open(() => platform.open(incoming.address, filled))
  }

  async function postText(reply: TextReply, audience: Audience, { response, locale }: Exchange): Promise<void> {
    const looping = platform.limits.formats.find((format) => format !== 'mp4')
    const exampleOf = (style: string) => styles.picture(style, looping)
    const outgoing = await renderReply(reply, { locale, audience, blobs, jobOf: scheduler.find, exampleOf })
    const shown = truncate(outgoing, platform.limits)
    try {
      await response.post(shown)
    } catch (error) {
      const words = withoutPictures(shown)
      if (!(error instanceof UserError) || !words) throw error
      // the words of a list are worth more than its pictures
      await response.post(words)
    }
  }

  async function postError(error: unknown, { incoming, response, locale }: Exchange, log: Log): Promise<void> {
    const known = error instanceof UserError
    const text = known ? speakNote(locale, error) : speak(locale, say('broken', { id: incoming.id }))
    const outgoing: Outgoing = { audience: 'asker', tone: known ? 'refused' : 'failed', text }
    try {
      await response.post(truncate(outgoing, platform.limits))
    } catch (unsaid) {
      observer.callFailed(platform.name, unsaid)
      log.warn({ err: unsaid }, 'an answer could not be posted')
    }
  }

  const typingParts = { platform, commands, contextFor, log: parts.log }
  return { receive, complete: createCompletion(typingParts), current: createFormValues(typingParts) }
}

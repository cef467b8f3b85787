// From what a person did to what they see: understood, allowed, done, answered. One of the three places where whatever is
// thrown ends: as its sentence, or as a bug with an id.

import type { Clock } from '../clock.ts'
import { UserError } from '../errors.ts'
import type { Job } from '../jobs/job.ts'
import { type Limits, usualLimits } from '../jobs/limits/limits.ts'
import type { Scheduler } from '../jobs/scheduler.ts'
import type { Log } from '../log.ts'
import type { Json } from '../store/json.ts'
import type { Blobs } from '../store/store.ts'
import type { Contexts } from './context/contexts.ts'
import type { StyleSource } from './context/style-source.ts'
import { withFiles } from './contract/attachment.ts'
import type { Action, Command } from './contract/command.ts'
import type { CommandContext } from './contract/command-context.ts'
import type { Choice, Circumstances, Incoming, OptionInput, Typing } from './contract/incoming.ts'
import type { Audience, Outgoing } from './contract/outgoing.ts'
import type { Platform, Receiver } from './contract/platform.ts'
import { commandOfReaction } from './contract/reactions.ts'
import { type AnimationReply, type Reply, say } from './contract/reply.ts'
import { createDeferredResponse, type DeferredResponse } from './delivery/deferred-response.ts'
import type { Delivery } from './delivery/delivery.ts'
import type { MessageIndex } from './delivery/message-index.ts'
import { renderReply } from './delivery/render-reply.ts'
import type { ReplyTarget } from './delivery/reply-target.ts'
import { truncate } from './delivery/truncate.ts'
import { autocomplete } from './input/autocomplete.ts'
import { askingFor, formOf } from './input/form.ts'
import { optionValues } from './input/option-values.ts'
import { findAction, findCommand, parse } from './input/parse.ts'
import { checkChannel, checkRequest } from './input/request-rules.ts'
import type { LiveCount } from './live-count.ts'
import { type Locale, localeFor, speak, speakNote } from './locales/locale.ts'
import type { Observer } from './observer.ts'
import { createSeenSet } from './seen-set.ts'

export interface RouterParts {
  readonly contexts: Contexts
  readonly scheduler: Scheduler
  readonly delivery: Delivery
  readonly blobs: Pick<Blobs, 'get'>
  readonly messages: MessageIndex
  readonly styles: Pick<StyleSource, 'picture'>
  /** Whether this event was heard before, also by an earlier process. It counts as heard from then on. */
  readonly heard: (platform: string, event: string) => Promise<boolean>
  readonly live: Pick<LiveCount, 'of'>
  readonly clock: Clock
  readonly log: Log
  readonly observer: Observer
  /** Of jobs, where a place has not decided otherwise. */
  readonly limits?: Limits
}

/** A command with its action and what was said for each option. */
interface Understood {
  readonly command: Command
  readonly action: string
  readonly inputs: Readonly<Record<string, OptionInput>>
}

/** Reactions of one person on one message count once in this time. */
const stormMs = 2000

export function createRouter(platform: Platform, parts: RouterParts): Receiver {
  const { contexts, scheduler, delivery, blobs, messages, styles, heard, live, clock, log, observer, limits = usualLimits } = parts
  const events = createSeenSet(3_600_000, 20_000)
  const reactions = createSeenSet(stormMs, 20_000)

  async function receive(incoming: Incoming): Promise<void> {
    const began = clock.nowMs()
    const { owner, id } = incoming
    const scribe = log.child({ request: id, platform: platform.name })
    const answer = createDeferredResponse(platform, incoming, clock, scribe)
    const locale = localeFor(incoming.locale)
    let command = 'unknown'
    const finish = (outcome: 'done' | 'refused' | 'broken' | 'ignored') => {
      observer.answered(platform.name, command, outcome, clock.nowMs() - began)
    }
    try {
      if (events.again(id, began) || (await heard(platform.name, id))) return finish('ignored')
      scribe.debug({ person: owner.person, said: incoming.kind === 'text' ? incoming.text : incoming.kind }, 'heard')
      const understood = await understand(incoming, began)
      if (!understood) return finish('ignored')
      command = understood.command.name
      await act(understood, incoming, answer, locale)
      finish('done')
    } catch (error) {
      await apologise(error, answer, locale, scribe, id, finish)
    } finally {
      answer.close()
    }
  }

  /**
   * Undefined for a reaction on something that is not ours, or one of a storm.
   * @throws UserError as parse does; no-longer-there
   */
  async function understand(incoming: Incoming, nowMs: number): Promise<Understood | undefined> {
    if (incoming.kind === 'command') {
      const command = findCommand(incoming.command, contexts.commands)
      findAction(command, incoming.action)
      return { command, action: incoming.action ?? Object.keys(command.actions)[0]!, inputs: incoming.options }
    }
    if (incoming.kind === 'text') {
      const { command, action, inputs } = parse(incoming.text, contexts.commands)
      return { command, action, inputs: withFiles(inputs, incoming.files, command.actions[action]!) }
    }
    const { mark, message, owner } = incoming
    const job = await messages.jobOf(platform.name, message)
    if (job === undefined || reactions.again(`${owner.person} ${message} ${mark}`, nowMs)) return undefined
    if (!scheduler.find(job)) throw new UserError('no-longer-there', 'That animation is no longer there.')
    return parse(commandOfReaction(mark, job), contexts.commands)
  }

  async function act({ command, action, inputs }: Understood, incoming: Incoming, answer: DeferredResponse, locale: Locale): Promise<void> {
    const declared = command.actions[action]!
    if (declared.admin && !incoming.asker.admin) {
      throw new UserError('admins-only', `/${command.name} is for admins only.`, { command: command.name })
    }
    const asking = incoming.kind === 'text' && Object.keys(inputs).length === 0 ? askingFor(command, action) : undefined
    if (asking) return answer.open(() => platform.open(incoming.address, formOf(asking, contexts.commands, locale)))
    const context = contextFor(incoming)
    const values = optionValues(declared.options, inputs)
    answer.expect(await audienceFor(declared, values, incoming))
    await give(await declared.run({ values, owner: incoming.owner, context }), declared, context, incoming, answer, locale)
  }

  function contextFor({ owner, name, asker, channel, locale, maxBytes }: Omit<Circumstances, 'id' | 'address'>): CommandContext {
    const { formats, maxBytes: usual } = platform.limits
    const fetchFile = platform.fetchFile?.bind(platform)
    const caller = { owner, name, asker, channel, locale, formats, maxBytes: Math.min(usual, maxBytes ?? usual) }
    return contexts.contextFor({ ...caller, ...(fetchFile && { fetchFile }) })
  }

  /** Before the answer is known: rather to one too few than to all. */
  async function audienceFor(action: Action, values: Readonly<Record<string, unknown>>, { owner }: Incoming): Promise<Audience> {
    if (action.private || values['private'] === true) return 'asker'
    if (!('private' in action.options) || values['private'] === false) return 'everyone'
    return (await contexts.defaultsOf(owner)).private ? 'asker' : 'everyone'
  }

  async function give(
    reply: Reply,
    action: Action,
    context: CommandContext,
    incoming: Incoming,
    answer: DeferredResponse,
    locale: Locale,
  ): Promise<void> {
    switch (reply.kind) {
      case 'draw':
        return draw(reply, context, incoming, answer)
      case 'ask':
        return answer.open(() => platform.open(incoming.address, formOf(reply, contexts.commands, locale)))
      case 'silence':
        return
      case 'say': {
        const looping = platform.limits.formats.find((format) => format !== 'mp4')
        const exampleOf = (style: string) => styles.picture(style, looping)
        const speech = { locale, audience: action.private ? 'asker' : 'everyone', blobs, jobOf: scheduler.find, exampleOf } as const
        return answer.post(truncate(await renderReply(reply, speech), platform.limits))
      }
    }
  }

  /** @throws UserError of everything that keeps a request out of the queue */
  async function draw(drawing: AnimationReply, context: CommandContext, incoming: Incoming, answer: DeferredResponse): Promise<void> {
    const { owner, asker, channel, name, address, channelLocale } = incoming
    const settings = await context.settings.get()
    checkChannel(channel, settings)
    const { request, stripped, forced } = checkRequest(drawing.request, channel, settings)
    const own = live.of(owner)
    if (own >= settings.maxJobs) {
      const sentence = `You have ${own} requests waiting or being drawn, and ${settings.maxJobs} are the most here.`
      throw new UserError('too-many-of-yours', sentence, { count: own, max: settings.maxJobs })
    }
    const to: ReplyTarget = {
      at: address,
      name,
      locale: drawing.private ? incoming.locale : (channelLocale ?? incoming.locale),
      private: drawing.private,
      maxBytes: context.maxBytes,
      stripped,
      forced,
      parent: drawing.parent,
    }
    const ask = {
      request,
      owner,
      address: JSON.parse(JSON.stringify(to)) as Json,
      priority: priorityOf(asker.roles, settings.priorityRoles),
    }
    const person = { ...limits.person, waiting: Math.min(settings.maxJobs, limits.person.waiting ?? settings.maxJobs) }
    const job: Job = await scheduler.accept(ask, { limits: { ...limits, person } })
    log.info({ request: incoming.id, job: job.id, platform: platform.name, cost: job.cost }, 'accepted')
    log.debug({ job: job.id, prompt: request.prompt, style: request.style, seed: request.seed }, 'asked')
    // from here on the job has its own end: whatever breaks is no second answer
    await answer.ready()
    await delivery.begin(job, platform).catch((err: unknown) => log.error({ job: job.id, err }, 'a request could not be shown'))
  }

  async function apologise(
    error: unknown,
    answer: DeferredResponse,
    locale: Locale,
    scribe: Log,
    id: string,
    finish: (outcome: 'refused' | 'broken') => void,
  ): Promise<void> {
    const known = error instanceof UserError
    if (known) scribe.info({ code: error.code }, 'refused')
    else scribe.error({ err: error }, 'broken')
    const text = known ? speakNote(locale, error) : speak(locale, say('broken', { id }))
    const outgoing: Outgoing = { audience: 'asker', tone: known ? 'refused' : 'failed', text }
    finish(known ? 'refused' : 'broken')
    try {
      await answer.post(truncate(outgoing, platform.limits))
    } catch (unsaid) {
      observer.stumbled(platform.name)
      scribe.warn({ err: unsaid }, 'an answer could not be posted')
    }
  }

  async function complete({ command, action, option, typed, ...who }: Typing): Promise<readonly Choice[]> {
    try {
      const declared = findAction(findCommand(command, contexts.commands), action || undefined)
      if (declared.admin && !who.asker.admin) return []
      const asked = declared.options[option]
      if (asked?.kind !== 'text' || !asked.complete) return []
      // nobody posts anything while somebody types
      const channel = { id: '', ageRestricted: false, direct: true, missing: [] }
      const context = contextFor({ ...who, name: '', channel })
      return await autocomplete(asked.complete, typed, platform.limits.choices, context)
    } catch (error) {
      if (!(error instanceof UserError)) log.error({ platform: platform.name, command, option, err: error }, 'nothing could be offered')
      return []
    }
  }

  return { receive, complete }
}

function priorityOf(roles: readonly string[], preferred: readonly string[]): number {
  return roles.some((role) => preferred.includes(role)) ? 2 : 1
}

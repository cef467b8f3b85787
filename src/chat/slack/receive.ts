// Receiving from Slack: its events → Incoming. Every one is acknowledged before anything is looked up: Slack waits three seconds.

import type { App } from '@slack/bolt'
import type { z } from 'zod'
import { omitUndefined } from '../../omit-undefined.ts'
import type { Attachment } from '../contract/attachment.ts'
import { withEmptied } from '../contract/emptied-fields.ts'
import type { Asker, Choice, Circumstances, Said } from '../contract/incoming.ts'
import type { Receiver } from '../contract/platform.ts'
import { reactionNamed } from '../contract/reactions.ts'
import { withTimeout } from '../time-limit.ts'
import { addressJson, messageName } from './address.ts'
import type { RedactedLog } from './api/redacted-log.ts'
import type { BotIdentity } from './api/sign-in.ts'
import { buttonAction } from './layout/blocks.ts'
import { attachmentOf, filledIn, formCallback, type ModalMetadata, optionsOf, readMetadata, type SlackFile } from './layout/modal.ts'
import { fromMetadata, typedText } from './layout/mrkdwn.ts'
import { limits } from './limits.ts'
import { actionPayload, commandPayload, messagePayload, reactionPayload, submissionPayload, suggestionPayload } from './payloads.ts'
import type { Post } from './post.ts'
import type { SlackUser, Workspace } from './workspace.ts'

export interface ReceiveOptions {
  readonly receiver: Receiver
  readonly workspace: Workspace
  readonly identity: BotIdentity
  readonly post: Post
  /** Ids of people who run this bot. */
  readonly operators: ReadonlySet<string>
  readonly log: RedactedLog
}

export function listen(app: App, { receiver, workspace, identity, post, operators, log }: ReceiveOptions): void {
  app.command(/./, async ({ ack, body }) => {
    await ack()
    const payload = read(commandPayload, body, log)
    if (!payload) return
    const { command, text, trigger_id, user_id, user_name, channel_id, response_url } = payload
    const name = command.slice(1)
    const said = name === catchAllCommand ? text || 'help' : `${name} ${text}`
    const where = { user: user_id, name: user_name, channel: channel_id, trigger: trigger_id, responseUrl: response_url }
    await dispatch(trigger_id, where, { kind: 'text', text: await typed(said) })
  })

  app.action(/./, async ({ ack, body }) => {
    await ack()
    const payload = read(actionPayload, body, log)
    if (!payload) return
    const { action_id, value } = payload.actions[0]!
    const form = post.waitingForm(action_id)
    const { message_ts, thread_ts } = payload.container
    const where = {
      user: payload.user.id,
      name: payload.user.name ?? payload.user.username,
      channel: payload.channel.id,
      // a message that others answer in a thread has its own name there
      thread: thread_ts === message_ts ? undefined : thread_ts,
      trigger: payload.trigger_id,
      responseUrl: payload.response_url,
    }
    if (form) {
      const clicked = await circumstances(payload.trigger_id, where)
      if (clicked) await post.open(clicked.address, form)
    } else if (buttonAction.test(action_id) || action_id.startsWith('form:')) {
      await dispatch(payload.trigger_id, where, { kind: 'text', text: fromMetadata(value) })
    }
  })

  app.view(formCallback, async ({ ack, body }) => {
    await ack()
    const payload = read(submissionPayload, body, log)
    const metadata = payload && readMetadata(payload.view.private_metadata)
    if (!metadata) return
    const { command, action, fixed, emptiable = [], address } = metadata
    const options = { ...withEmptied(filledIn(payload.view.state.values), emptiable), ...fixed }
    const { id: user, name, username } = payload.user
    const where = { ...address, user, name: name ?? username, trigger: payload.trigger_id }
    await dispatch(`view ${payload.view.id}`, where, { kind: 'command', command, ...omitUndefined({ action }), options })
  })

  app.options(/./, async ({ ack, body }) => {
    const payload = read(suggestionPayload, body, log)
    const metadata = payload && readMetadata(payload.view.private_metadata)
    if (!metadata) return ack({ options: [] })
    const choices = complete(metadata, payload.user.id, payload.block_id, payload.value)
    await ack({ options: optionsOf(await withTimeout(suggestMs, choices, () => [])) })
  })

  app.event('reaction_added', async ({ body }) => {
    const payload = read(reactionPayload, body, log)
    const reaction = payload && reactionNamed(payload.event.reaction)
    if (!reaction) return
    const { user, item, item_user } = payload.event
    // other people's messages are none of ours; where Slack does not say whose it is, the message index knows
    if (item_user && item_user !== identity.botUser) return
    const message = messageName(item.channel, item.ts)
    await dispatch(payload.event_id, { user, channel: item.channel }, { kind: 'reaction', reaction, message })
  })

  app.event('app_mention', async ({ body }) => receiveMessage(body, (channel) => !channel.startsWith('D')))
  app.event('message', async ({ body }) => receiveMessage(body, (_, type) => type === 'im'))

  /** Words to the bot: it is mentioned, or alone with somebody. */
  async function receiveMessage(body: unknown, isOurs: (channel: string, type: string | undefined) => boolean): Promise<void> {
    const payload = messagePayload.safeParse(body).data
    if (!payload) return
    const { user, text, channel, channel_type, subtype, bot_id, edited, user_profile, thread_ts, files = [] } = payload.event
    // who corrects a message has asked already, and Slack says it again under another id
    if (!isOurs(channel, channel_type) || bot_id !== undefined || edited != null || !isSaid(subtype)) return
    const said = await typed(saidTo(identity.botUser, text))
    const attachments = await attachedIn(files)
    const name = user_profile?.display_name || user_profile?.real_name || user_profile?.name
    const where = { user, name, channel, thread: thread_ts }
    await dispatch(payload.event_id, where, { kind: 'text', text: said || 'help', ...(attachments.length > 0 && { files: attachments }) })
  }

  async function typed(text: string): Promise<string> {
    return typedText(text, await workspace.namesIn(text)).trim()
  }

  /** A file of another workspace comes as an id alone. */
  async function attachedIn(files: readonly SlackFile[]): Promise<Attachment[]> {
    const known = files.map(async (file) => attachmentOf(file) ?? (file.id === undefined ? undefined : workspace.file(file.id)))
    return (await Promise.all(known)).filter((file) => file !== undefined)
  }

  async function dispatch(id: string, where: Where, said: Said): Promise<void> {
    const known = await circumstances(id, where)
    if (known) await receiver.receive({ ...known, ...said })
  }

  /** Undefined for bots, us among them. */
  async function circumstances(id: string, where: Where): Promise<Circumstances | undefined> {
    const { user, channel, thread, trigger, responseUrl } = where
    const { team } = identity
    const [person, roles, conversation] = await Promise.all([
      workspace.user(user),
      workspace.groups(user),
      workspace.conversation(channel, user),
    ])
    if (person.bot || user === identity.botUser || user === 'USLACKBOT') return undefined
    const { direct, missing, locale: channelLocale } = conversation
    return {
      id,
      // also where it talks with the bot alone: the workspace's limits, styles and blocked words hold there too
      owner: { platform: 'slack', space: team, person: user },
      name: person.name || where.name || '',
      asker: askerOf(user, person, roles),
      channel: { id: channel, ageRestricted: false, direct, missing },
      address: addressJson({ team, channel, user, direct, thread, trigger, responseUrl, heardMs: Date.now() }),
      locale: person.locale,
      ...omitUndefined({ channelLocale }),
    }
  }

  async function complete(metadata: ModalMetadata, user: string, option: string, typed: string): Promise<readonly Choice[]> {
    const { command, action } = metadata
    const [person, roles] = await Promise.all([workspace.user(user), workspace.groups(user)])
    const choices = await receiver.complete({
      owner: { platform: 'slack', space: identity.team, person: user },
      asker: askerOf(user, person, roles),
      locale: person.locale,
      command,
      ...omitUndefined({ action }),
      option,
      typed,
    })
    return choices.slice(0, limits.choices)
  }

  function askerOf(id: string, { admin }: SlackUser, roles: readonly string[]): Asker {
    return { admin, operator: operators.has(id), roles }
  }
}

/** The one command that takes all others, for workspaces where another app has the name of one: `/zoetrope queue`. */
export const catchAllCommand = 'zoetrope'

/** Slack waits three seconds. */
const suggestMs = 1800

/** Who did it and where, as far as the event says. */
interface Where {
  readonly user: string
  readonly name?: string | null | undefined
  readonly channel: string
  readonly thread?: string | undefined
  readonly trigger?: string | undefined
  readonly responseUrl?: string | undefined
}

/** A message that somebody wrote: with a file, and in a thread for all in the channel, too; others are Slack's own words about one. */
function isSaid(subtype: string | undefined): boolean {
  return subtype === undefined || subtype === 'file_share' || subtype === 'thread_broadcast'
}

/** What stands behind the mention of the bot, or else before it: 'hey @bot animate a boat'. A second mention is one of its words. */
function saidTo(bot: string, text: string): string {
  const [before = '', behind = ''] = text.split(new RegExp(`<@${bot}(?:\\|[^>]*)?>([\\s\\S]*)`))
  if (behind.trim() === '') return before
  // who talks about the bot in a sentence wants none drawn: only a command counts there
  return before.trim().split(/\s+/).length > 2 ? `/${behind.trim()}` : behind
}

function read<S extends z.ZodType>(schema: S, body: unknown, log: RedactedLog): z.infer<S> | undefined {
  const { data, error } = schema.safeParse(body)
  if (error) log.warn({ fields: error.issues.map(({ path }) => path.join('.')) }, 'Slack sent something that is not understood')
  return data
}

// Slack's events → Incoming. Every one is acknowledged before anything is looked up: Slack waits three seconds.

import type { App } from '@slack/bolt'
import type { z } from 'zod'
import type { Choice, Circumstances, Said } from '../contract/incoming.ts'
import type { Receiver } from '../contract/platform.ts'
import { reactionNamed } from '../contract/reactions.ts'
import { withTimeout } from '../time-limit.ts'
import { addressJson, messageName } from './address.ts'
import type { RedactedLog } from './api/redacted-log.ts'
import type { BotIdentity } from './api/sign-in.ts'
import { buttonAction } from './layout/blocks.ts'
import { attachmentOf, filledIn, formCallback, type ModalMetadata, optionsOf, readMetadata } from './layout/modal.ts'
import { fromMetadata, typedText } from './layout/mrkdwn.ts'
import { limits } from './limits.ts'
import { actionPayload, commandPayload, messagePayload, reactionPayload, submissionPayload, suggestionPayload } from './payloads.ts'
import type { Post } from './post.ts'
import type { Workspace } from './workspace.ts'

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
    const heard = read(commandPayload, body, log)
    if (!heard) return
    const { command, text, trigger_id, user_id, channel_id, team_id, response_url } = heard
    const name = command.slice(1)
    const said = name === catchAllCommand ? text || 'help' : `${name} ${text}`
    const where = { user: user_id, channel: channel_id, team: team_id, trigger: trigger_id, responseUrl: response_url }
    await tell(trigger_id, where, { kind: 'text', text: typedText(said) })
  })

  app.action(/./, async ({ ack, body }) => {
    await ack()
    const heard = read(actionPayload, body, log)
    if (!heard) return
    const { action_id, value } = heard.actions[0]!
    const form = post.waitingForm(action_id)
    const { message_ts, thread_ts } = heard.container
    const where = {
      user: heard.user.id,
      channel: heard.channel.id,
      team: heard.team?.id ?? heard.user.team_id,
      // a message that others answer in a thread has its own name there
      thread: thread_ts === message_ts ? undefined : thread_ts,
      trigger: heard.trigger_id,
      responseUrl: heard.response_url,
    }
    if (form) {
      const clicked = await circumstances(heard.trigger_id, where)
      if (clicked) await post.open(clicked.address, form)
    } else if (buttonAction.test(action_id) || action_id.startsWith('form:')) {
      await tell(heard.trigger_id, where, { kind: 'text', text: fromMetadata(value) })
    }
  })

  app.view(formCallback, async ({ ack, body }) => {
    await ack()
    const heard = read(submissionPayload, body, log)
    const carried = heard && readMetadata(heard.view.private_metadata)
    if (!carried) return
    const { command, action, fixed, address } = carried
    const options = { ...filledIn(heard.view.state.values), ...fixed }
    const where = { ...address, user: heard.user.id, trigger: heard.trigger_id }
    await tell(`view ${heard.view.id}`, where, { kind: 'command', command, ...(action !== undefined && { action }), options })
  })

  app.options(/./, async ({ ack, body }) => {
    const heard = read(suggestionPayload, body, log)
    const carried = heard && readMetadata(heard.view.private_metadata)
    if (!carried) return ack({ options: [] })
    const choices = complete(carried, heard.user.id, heard.block_id, heard.value)
    await ack({ options: optionsOf(await withTimeout(suggestMs, choices, () => [])) })
  })

  app.event('reaction_added', async ({ body }) => {
    const heard = read(reactionPayload, body, log)
    const reaction = heard && reactionNamed(heard.event.reaction)
    if (!reaction) return
    const { user, item, item_user } = heard.event
    // other people's messages are none of ours; where Slack does not say whose it is, the store knows
    if (item_user && item_user !== identity.botUser) return
    const message = messageName(item.channel, item.ts)
    await tell(heard.event_id, { user, channel: item.channel, team: heard.team_id }, { kind: 'reaction', reaction, message })
  })

  app.event('app_mention', async ({ body }) => hearMessage(body, (channel) => !channel.startsWith('D')))
  app.event('message', async ({ body }) => hearMessage(body, (_, type) => type === 'im'))

  /** Words to the bot: it is mentioned, or alone with somebody. */
  async function hearMessage(body: unknown, isOurs: (channel: string, type: string | undefined) => boolean): Promise<void> {
    const heard = messagePayload.safeParse(body).data
    if (!heard) return
    const { user, text, channel, channel_type, subtype, bot_id, thread_ts, files = [] } = heard.event
    if (!isOurs(channel, channel_type) || bot_id !== undefined || (subtype !== undefined && subtype !== 'file_share')) return
    const said = typedText(text.replaceAll(new RegExp(`<@${identity.botUser}(?:\\|[^>]*)?>`, 'g'), ' ')).trim()
    const attachments = files.map(attachmentOf).filter((file) => file !== undefined)
    const where = { user, channel, team: heard.team_id, thread: thread_ts }
    await tell(heard.event_id, where, { kind: 'text', text: said || 'help', ...(attachments.length > 0 && { files: attachments }) })
  }

  async function tell(id: string, where: Where, said: Said): Promise<void> {
    const heard = await circumstances(id, where)
    if (heard) await receiver.receive({ ...heard, ...said })
  }

  /** Undefined for bots, us among them. */
  async function circumstances(id: string, where: Where): Promise<Circumstances | undefined> {
    const { user, channel, thread, trigger, responseUrl } = where
    const team = where.team ?? identity.team
    const [person, roles, conversation] = await Promise.all([
      workspace.person(user),
      workspace.groups(user),
      workspace.conversation(channel, user),
    ])
    if (person.bot || user === identity.botUser || user === 'USLACKBOT') return undefined
    const { direct, missing, locale } = conversation
    return {
      id,
      // also where it talks with the bot alone: the workspace's limits, styles and blocked words hold there too
      owner: { platform: 'slack', space: team, person: user },
      name: person.name,
      asker: { admin: person.admin, operator: operators.has(user), roles },
      channel: { id: channel, ageRestricted: false, direct, missing },
      address: addressJson({ team, channel, user, direct, thread, trigger, responseUrl, heardMs: Date.now() }),
      locale: person.locale,
      ...(locale !== undefined && { channelLocale: locale }),
    }
  }

  async function complete(
    { command, action, address }: ModalMetadata,
    user: string,
    option: string,
    typed: string,
  ): Promise<readonly Choice[]> {
    const [person, roles] = await Promise.all([workspace.person(user), workspace.groups(user)])
    const choices = await receiver.complete({
      owner: { platform: 'slack', space: address.team, person: user },
      asker: { admin: person.admin, operator: operators.has(user), roles },
      locale: person.locale,
      command,
      ...(action !== undefined && { action }),
      option,
      typed,
    })
    return choices.slice(0, limits.choices)
  }
}

/** The one command that takes all others, for workspaces where another app has the name of one: `/zoetrope queue`. */
export const catchAllCommand = 'zoetrope'

/** Slack waits three seconds. */
const suggestMs = 1800

interface Where {
  readonly user: string
  readonly channel: string
  readonly team?: string | null | undefined
  readonly thread?: string | undefined
  readonly trigger?: string | undefined
  readonly responseUrl?: string | undefined
}

function read<S extends z.ZodType>(schema: S, body: unknown, log: RedactedLog): z.infer<S> | undefined {
  const { data, error } = schema.safeParse(body)
  if (error) log.warn({ fields: error.issues.map(({ path }) => path.join('.')) }, 'Slack sent something that is not understood')
  return data
}

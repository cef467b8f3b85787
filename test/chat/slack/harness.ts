// A Slack harness: the adapter on a Slack of this process, and what users do there, as its clients send it.

import { randomUUID } from 'node:crypto'
import { commands } from '../../../commands/index.ts'
import { commandText } from '../../../src/chat/contract/command-text.ts'
import type { Choice, Incoming } from '../../../src/chat/contract/incoming.ts'
import type { Platform, Receiver } from '../../../src/chat/contract/platform.ts'
import { type Reaction, reactions } from '../../../src/chat/contract/reactions.ts'
import { findAction } from '../../../src/chat/input/parse.ts'
import { createSlack, type SlackOptions } from '../../../src/chat/slack/index.ts'
import { type Harness, inAChannel, type Person } from '../../suites/platform.ts'
import type { JsonObject } from './calls.ts'
import { token } from './emulated.ts'
import { buttonIn, decoded, screenOf } from './screen.ts'
import { type Acknowledged, type SlackServer, startSlack } from './server.ts'
import type { Transport } from './transports.ts'

export interface SlackHarness extends Harness {
  readonly server: SlackServer
  /** What `start` said. */
  readonly line: string
  /** Any event, whether or not the platform makes something of it. */
  send(type: string, payload: unknown, retry?: number): Promise<Acknowledged>
  slash(person: string, text: string, more?: JsonObject): Promise<Acknowledged>
  /** Everything that was acknowledged so far. */
  readonly acknowledged: readonly Acknowledged[]
  readonly received: readonly Incoming[]
}

export async function startSlackHarness(transport: Transport, next: Receiver, options: Partial<SlackOptions> = {}): Promise<SlackHarness> {
  const server = await startSlack()
  const { ids } = server
  const acknowledged: Acknowledged[] = []
  const received: Incoming[] = []
  let finished: (() => void)[] = []
  /** Takes the next event for the harness itself. */
  let taken: ((incoming: Incoming) => void) | undefined
  const receiver: Receiver = {
    complete: (typing) => next.complete(typing),
    async receive(incoming) {
      received.push(incoming)
      const take = taken
      taken = undefined
      if (take) return take(incoming)
      await next.receive(incoming)
      const waiting = finished
      finished = []
      for (const one of waiting) one()
    },
  }
  const make = () =>
    createSlack({ token, apiUrl: server.apiUrl, filesUrl: server.url, operators: [ids.operator], ...transport.options, ...options })
  let platform: Platform = make()
  let line = await platform.start(receiver)
  const idOf = (person: Person) => ids[person]

  async function send(type: string, payload: unknown, retry?: number): Promise<Acknowledged> {
    const acknowledgement = await transport.send(server, line, type, payload, retry)
    acknowledged.push(acknowledgement)
    return acknowledgement
  }

  /** Sends it, and waits until the receiver has returned. */
  async function sendAndReceive(type: string, payload: unknown): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      finished.push(resolve)
      setTimeout(() => reject(new Error(`nothing was received of ${type}`)), 15_000).unref()
    })
    await send(type, payload)
    await done
  }

  async function slashPayload(person: string, text: string, more: JsonObject = {}): Promise<JsonObject> {
    const [command, ...words] = text.split(' ')
    return {
      token: 'legacy',
      team_id: ids.team,
      team_domain: 'reels',
      channel_id: ids.channel,
      channel_name: 'animations',
      user_id: person,
      user_name: 'somebody',
      command: `/${command}`,
      text: encoded(words.join(' ')),
      api_app_id: 'A00000001',
      is_enterprise_install: 'false',
      response_url: server.responseUrl(person, ids.channel),
      trigger_id: await server.trigger(person),
      ...more,
    }
  }

  async function messageOf(message: string): Promise<JsonObject> {
    const [channel, ts] = message.split(':') as [string, string]
    const ephemeral = server.ephemerals.find((one) => one.channel === channel && one.ts === ts)
    if (ephemeral) return ephemeral.args
    const history = await server.state('conversations.history', { channel, limit: 1000 })
    return (history['messages'] as JsonObject[]).find((one) => one['ts'] === ts)!
  }

  const harness: SlackHarness = {
    circumstances: inAChannel,
    server,
    get platform() {
      return platform
    },
    get line() {
      return line
    },
    acknowledged,
    received,
    send,
    slash: async (person, text, more) => send('slash_commands', await slashPayload(person, text, more)),
    async speak(person, command, values) {
      const text = commandText(command, values as Record<string, string | number | boolean>)
      await sendAndReceive('slash_commands', await slashPayload(idOf(person), text))
    },
    async press(person, message, label) {
      const [channel, ts] = message.split(':') as [string, string]
      const shown = await messageOf(message)
      const button = buttonIn(shown['blocks'] as JsonObject[], label)
      if (!button) throw new Error(`no button ${label}`)
      await sendAndReceive('interactive', {
        type: 'block_actions',
        user: { id: idOf(person), username: person, team_id: ids.team },
        api_app_id: 'A00000001',
        container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: false },
        trigger_id: await server.trigger(idOf(person)),
        team: { id: ids.team, domain: 'reels' },
        channel: { id: channel, name: 'animations' },
        message: { ...shown, ts },
        response_url: server.responseUrl(idOf(person), channel),
        actions: [{ ...button, block_id: 'b1', action_ts: `${Date.now() / 1000}` }],
      })
    },
    async react(person, message, reaction) {
      const [channel, ts] = message.split(':') as [string, string]
      await sendAndReceive('events_api', reactionEvent(server, idOf(person), channel, ts, emojiOf(reaction)))
    },
    async opened(person) {
      const view = server.views.get(idOf(person))
      if (!view) return undefined
      return {
        title: decoded((view['title'] as JsonObject)['text'] as string),
        values: Object.fromEntries(Object.entries(initialValues(view)).map(([name, value]) => [name, value ?? ''])),
      }
    },
    async submit(person, values) {
      const view = server.views.get(idOf(person))!
      server.views.delete(idOf(person))
      await sendAndReceive('interactive', {
        type: 'view_submission',
        team: { id: ids.team, domain: 'reels' },
        user: { id: idOf(person), username: person, team_id: ids.team },
        api_app_id: 'A00000001',
        trigger_id: await server.trigger(idOf(person)),
        view: { ...view, state: { values: stateOf(view, values) } },
        response_urls: [],
      })
    },
    async complete(person, command, option, words) {
      const taking = new Promise<Incoming>((resolve) => {
        taken = resolve
      })
      await harness.slash(idOf(person), 'queue')
      const { address } = await taking
      const { options: all } = findAction(commands.find(({ name }) => name === command)!, undefined)
      const fields = Object.entries(all).map(([name, one]) => ({ name, option: one, label: name }))
      await platform.open(address, { title: 'T', command, fixed: {}, submit: 'S', fields })
      const view = server.views.get(idOf(person))!
      server.views.delete(idOf(person))
      const { payload } = await send('interactive', {
        type: 'block_suggestion',
        user: { id: idOf(person), name: person, team_id: ids.team },
        container: { type: 'view', view_id: view['id'] },
        api_app_id: 'A00000001',
        action_id: option,
        block_id: option,
        value: words,
        team: { id: ids.team, domain: 'reels' },
        view,
      })
      const { options: offered } = payload as { options: { text: { text: string }; value: string }[] }
      return offered.map(({ text, value }): Choice => ({ value, label: decoded(text.text) }))
    },
    seen: (person) => screenOf(server, idOf(person)),
    pings: async () => server.pings,
    async vanish(message) {
      const [channel, ts] = message.split(':')
      await server.state('chat.delete', { channel, ts })
    },
    async restart() {
      await platform.stop()
      platform = make()
      line = await platform.start(receiver)
    },
    async close() {
      await platform.stop()
      await server.close()
    },
  }
  return harness
}

export function reactionEvent(
  { ids }: SlackServer,
  user: string,
  channel: string,
  ts: string,
  reaction: string,
  more: JsonObject = {},
): JsonObject {
  return eventOf(ids.team, {
    type: 'reaction_added',
    user,
    reaction,
    item: { type: 'message', channel, ts },
    item_user: ids.bot,
    event_ts: ts,
    ...more,
  })
}

export function eventOf(team: string, event: JsonObject): JsonObject {
  return {
    token: 'legacy',
    team_id: team,
    api_app_id: 'A00000001',
    event,
    type: 'event_callback',
    event_id: `Ev${randomUUID()}`,
    event_time: Math.floor(Date.now() / 1000),
    authorizations: [{ enterprise_id: null, team_id: team, user_id: 'U0ZOETROPE', is_bot: true, is_enterprise_install: false }],
  }
}

/** The same in a channel that is shared with another workspace: that one's team is named, and ours where the bot is authorized. */
export function sharedEvent({ ids }: SlackServer, event: JsonObject): JsonObject {
  return { ...event, team_id: ids.elsewhereTeam, context_team_id: ids.team, is_ext_shared_channel: true }
}

function emojiOf(reaction: Reaction): string {
  return reactions[reaction].also.find((name) => /^[a-z_0-9]+$/.test(name))!
}

/** As Slack hands over what was typed. */
function encoded(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

/** What stands in each field before anything is typed. */
function initialValues(view: JsonObject): Record<string, string | undefined> {
  const fields = (view['blocks'] as JsonObject[]).map((block) => {
    const element = block['element'] as { initial_value?: string; initial_option?: { value: string } }
    return [block['block_id'], element.initial_value ?? element.initial_option?.value] as const
  })
  return Object.fromEntries(fields) as Record<string, string | undefined>
}

function stateOf(view: JsonObject, values: Readonly<Record<string, string>>): JsonObject {
  const before = initialValues(view)
  const fields = (view['blocks'] as JsonObject[]).map((block) => {
    const { type, action_id: action } = block['element'] as { type: string; action_id: string }
    const name = String(block['block_id'])
    const value = (values[name] ?? before[name]) || null
    const filled = type.endsWith('select')
      ? { selected_option: value === null ? null : { text: { type: 'plain_text', text: value }, value } }
      : { value }
    return [name, { [action]: { type, ...filled } }]
  })
  return Object.fromEntries(fields) as JsonObject
}

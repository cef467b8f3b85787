// What people do in the local Slack, as its clients send it, to a platform that runs: the harness of the shared suite.

import { randomUUID } from 'node:crypto'
import { commands } from '../../../commands/index.ts'
import { commandText } from '../../../src/chat/contract/command-text.ts'
import type { Choice, Incoming } from '../../../src/chat/contract/incoming.ts'
import type { Platform, Receiver } from '../../../src/chat/contract/platform.ts'
import { type Reaction, reactions } from '../../../src/chat/contract/reactions.ts'
import { findAction } from '../../../src/chat/input/parse.ts'
import { createSlack, type SlackOptions } from '../../../src/chat/slack/index.ts'
import { type Harness, inAChannel, type Person } from '../../suites/platform.ts'
import type { Thing } from './calls.ts'
import { appToken, signingSecret, token } from './emulated.ts'
import { buttonIn, decoded, screenOf } from './screen.ts'
import { type Acknowledged, type Service, startService } from './service.ts'

export type Way = 'socket' | 'http'

export interface People extends Harness {
  readonly service: Service
  /** What `start` said. */
  readonly line: string
  /** Any event, whether or not the platform makes something of it. */
  send(type: string, payload: unknown, retry?: number): Promise<Acknowledged>
  slash(person: string, text: string, more?: Thing): Promise<Acknowledged>
  /** Everything that was acknowledged so far. */
  readonly acknowledged: readonly Acknowledged[]
  readonly heard: readonly Incoming[]
}

export async function startPeople(way: Way, contexts: Receiver, options: Partial<SlackOptions> = {}): Promise<People> {
  const service = await startService()
  const { ids } = service
  const acknowledged: Acknowledged[] = []
  const heard: Incoming[] = []
  let finished: (() => void)[] = []
  /** Takes the next event for the harness itself. */
  let taken: ((incoming: Incoming) => void) | undefined
  const receiver: Receiver = {
    complete: (typing) => contexts.complete(typing),
    async receive(incoming) {
      heard.push(incoming)
      const take = taken
      taken = undefined
      if (take) return take(incoming)
      await contexts.receive(incoming)
      const waiting = finished
      finished = []
      for (const one of waiting) one()
    },
  }
  const doors = { socket: { appToken }, http: { signingSecret, port: 0, host: '127.0.0.1' } }
  const make = () => createSlack({ token, apiUrl: service.apiUrl, filesUrl: service.url, ...doors[way], ...options })
  let platform: Platform = make()
  let line = await platform.start(receiver)
  const idOf = (person: Person) => ids[person]
  const port = () => Number(/:(\d+)\//.exec(line)?.[1])

  async function send(type: string, payload: unknown, retry?: number): Promise<Acknowledged> {
    // what is sent again is signed anew
    const later = retry === undefined ? {} : { retry, atMs: Date.now() + retry * 1000 }
    const answer = await (way === 'socket' ? service.bySocket(type, payload, retry) : service.byHttp(port(), type, payload, later))
    acknowledged.push(answer)
    return answer
  }

  /** Sends it, and waits until the house has heard it. */
  async function heardOf(type: string, payload: unknown): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      finished.push(resolve)
      setTimeout(() => reject(new Error(`nothing was heard of ${type}`)), 15_000).unref()
    })
    await send(type, payload)
    await done
  }

  async function slashPayload(person: string, text: string, more: Thing = {}): Promise<Thing> {
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
      response_url: service.responseUrl(person, ids.channel),
      trigger_id: await service.trigger(person),
      ...more,
    }
  }

  async function messageOf(message: string): Promise<Thing> {
    const [channel, ts] = message.split(':') as [string, string]
    const passing = service.ephemerals.find((one) => one.channel === channel && one.ts === ts)
    if (passing) return passing.args
    const history = await service.state('conversations.history', { channel, limit: 1000 })
    return (history['messages'] as Thing[]).find((one) => one['ts'] === ts)!
  }

  const people: People = {
    circumstances: inAChannel,
    service,
    get platform() {
      return platform
    },
    get line() {
      return line
    },
    acknowledged,
    heard,
    send,
    slash: async (person, text, more) => send('slash_commands', await slashPayload(person, text, more)),
    async speak(person, command, values) {
      const text = commandText(command, values as Record<string, string | number | boolean>)
      await heardOf('slash_commands', await slashPayload(idOf(person), text))
    },
    async press(person, message, label) {
      const [channel, ts] = message.split(':') as [string, string]
      const shown = await messageOf(message)
      const button = buttonIn(shown['blocks'] as Thing[], label)
      if (!button) throw new Error(`no button ${label}`)
      await heardOf('interactive', {
        type: 'block_actions',
        user: { id: idOf(person), username: person, team_id: ids.team },
        api_app_id: 'A00000001',
        container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: false },
        trigger_id: await service.trigger(idOf(person)),
        team: { id: ids.team, domain: 'reels' },
        channel: { id: channel, name: 'animations' },
        message: { ...shown, ts },
        response_url: service.responseUrl(idOf(person), channel),
        actions: [{ ...button, block_id: 'b1', action_ts: `${Date.now() / 1000}` }],
      })
    },
    async react(person, message, mark) {
      const [channel, ts] = message.split(':') as [string, string]
      await heardOf('events_api', reactionEvent(service, idOf(person), channel, ts, emojiOf(mark)))
    },
    async opened(person) {
      const view = service.views.get(idOf(person))
      if (!view) return undefined
      return {
        title: decoded((view['title'] as Thing)['text'] as string),
        values: Object.fromEntries(Object.entries(standing(view)).map(([name, value]) => [name, value ?? ''])),
      }
    },
    async submit(person, values) {
      const view = service.views.get(idOf(person))!
      service.views.delete(idOf(person))
      await heardOf('interactive', {
        type: 'view_submission',
        team: { id: ids.team, domain: 'reels' },
        user: { id: idOf(person), username: person, team_id: ids.team },
        api_app_id: 'A00000001',
        trigger_id: await service.trigger(idOf(person)),
        view: { ...view, state: { values: stateOf(view, values) } },
        response_urls: [],
      })
    },
    async complete(person, command, option, words) {
      const taking = new Promise<Incoming>((resolve) => {
        taken = resolve
      })
      await people.slash(idOf(person), 'queue')
      const { address } = await taking
      const { options: all } = findAction(commands.find(({ name }) => name === command)!, undefined)
      const fields = Object.entries(all).map(([name, one]) => ({ name, option: one, label: name }))
      await platform.open(address, { title: 'T', command, fixed: {}, submit: 'S', fields })
      const view = service.views.get(idOf(person))!
      service.views.delete(idOf(person))
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
    seen: (person) => screenOf(service, idOf(person)),
    pings: async () => service.pings,
    async vanish(message) {
      const [channel, ts] = message.split(':')
      await service.state('chat.delete', { channel, ts })
    },
    async restart() {
      await platform.stop()
      platform = make()
      line = await platform.start(receiver)
    },
    async close() {
      await platform.stop()
      await service.close()
    },
  }
  return people
}

export function reactionEvent({ ids }: Service, user: string, channel: string, ts: string, reaction: string, more: Thing = {}): Thing {
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

export function eventOf(team: string, event: Thing): Thing {
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

function emojiOf(mark: Reaction): string {
  return reactions[mark].also.find((name) => /^[a-z_0-9]+$/.test(name))!
}

/** As Slack hands over what was typed. */
function encoded(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

/** What stands in each field before anything is typed. */
function standing(view: Thing): Record<string, string | undefined> {
  const fields = (view['blocks'] as Thing[]).map((block) => {
    const element = block['element'] as { initial_value?: string; initial_option?: { value: string } }
    return [block['block_id'], element.initial_value ?? element.initial_option?.value] as const
  })
  return Object.fromEntries(fields) as Record<string, string | undefined>
}

function stateOf(view: Thing, values: Readonly<Record<string, string>>): Thing {
  const before = standing(view)
  const fields = (view['blocks'] as Thing[]).map((block) => {
    const { type, action_id: action } = block['element'] as { type: string; action_id: string }
    const name = String(block['block_id'])
    const value = values[name] ?? before[name] ?? null
    const filled = type.endsWith('select')
      ? { selected_option: value === null ? null : { text: { type: 'plain_text', text: value }, value } }
      : { value }
    return [name, { [action]: { type, ...filled } }]
  })
  return Object.fromEntries(fields) as Thing
}

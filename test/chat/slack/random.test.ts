// Property tests: 10,000 events by each transport, most of them broken somewhere. Every one is acknowledged, the process lives, and an honest
// one is still received afterwards.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commands } from '../../../commands/index.ts'
import type { Incoming } from '../../../src/chat/contract/incoming.ts'
import { parse } from '../../../src/chat/input/parse.ts'
import { UserError } from '../../../src/errors.ts'
import type { JsonObject } from './calls.ts'
import { startSlackHarness } from './harness.ts'
import type { Ids, SlackServer } from './server.ts'
import { http, socketMode, type Transport } from './transports.ts'

const count = 10_000
const atOnce = 24

interface TransportCase {
  readonly transport: Transport
  readonly seed: number
  /** What is sent between the events past every format of the transport. */
  readonly garble: (server: SlackServer, random: Random) => void
  /** What an event of this shape is acknowledged with. */
  readonly statusOf: (type: string, payload: unknown) => number
}

const cases: readonly TransportCase[] = [
  {
    transport: socketMode,
    seed: 7,
    garble({ sockets }, random) {
      for (const socket of sockets) socket.send(oneOf(garbage, random))
    },
    statusOf: () => 200,
  },
  {
    transport: http,
    seed: 11,
    garble: () => undefined,
    // what is no object is refused before it is read
    statusOf: (type, payload) => (type !== 'slash_commands' && (typeof payload !== 'object' || payload === null) ? 400 : 200),
  },
]

for (const { transport, seed, garble, statusOf } of cases) {
  test(`Slack by ${transport.name}: ${count} events of any shape are acknowledged, and nothing breaks`, { timeout: 240_000 }, async () => {
    const broken: unknown[] = []
    const note = (error: unknown) => void broken.push(error)
    process.on('unhandledRejection', note).on('uncaughtException', note)
    const receiver = {
      receive: async (incoming: Incoming) => parseAsRouter(incoming, note),
      complete: async () => [{ value: 'anime', label: 'Anime' }],
    }
    const harness = await startSlackHarness(transport, receiver)
    try {
      const random = generator(seed)
      const wrong: unknown[] = []
      let next = 0
      const sendSome = async () => {
        while (next < count) {
          const n = next++
          const [type, payload] = eventOf(harness.server.ids, n, random)
          if (n % 50 === 0) garble(harness.server, random)
          const { status } = await harness.send(type, payload)
          if (status !== statusOf(type, payload)) wrong.push({ type, payload, status })
        }
      }
      await Promise.all(Array.from({ length: atOnce }, sendSome))
      assert.deepEqual(wrong, [])
      const { length } = harness.received
      assert.ok(length > count / 10, `broken events alone prove little: ${length} were whole enough to be received`)
      await harness.speak('ann', 'queue', {})
      assert.equal(harness.received.length > length, true)
      assert.equal(harness.platform.trouble(), undefined)
    } finally {
      await harness.close()
      process.off('unhandledRejection', note).off('uncaughtException', note)
    }
    assert.deepEqual(broken, [])
  })
}

/** As the router would: understood, or refused with a sentence. */
function parseAsRouter(incoming: Incoming, note: (error: unknown) => void): void {
  try {
    assert.deepEqual(JSON.parse(JSON.stringify(incoming)), incoming)
    if (incoming.kind === 'text') parse(incoming.text, commands)
  } catch (error) {
    if (!(error instanceof UserError)) note(error)
  }
}

type Random = () => number

function eventOf(ids: Ids, n: number, random: Random): [type: string, payload: unknown] {
  const user = oneOf([ids.ann, ids.bob, ids.root, ids.bot], random)
  // where the bot is no member is asked anew each time
  const channel = random() < 0.95 ? ids.channel : oneOf([ids.elsewhere, ids.secret], random)
  const [type, whole] = oneOf(events, random)({ user, channel, team: ids.team, n, random })
  const roll = random()
  if (roll < 0.3) return [type, whole]
  const payload = roll < 0.95 ? times(1 + Math.floor(random() * 3), (one) => damaged(one, random), whole as unknown) : oneOf(junks, random)
  if (typeof payload !== 'object' || payload === null) return [type === 'slash_commands' ? 'interactive' : type, payload]
  // numbered, since the same to the letter within a second is a replay
  return [type, Array.isArray(payload) ? [...payload, n] : { ...payload, n }]
}

function times<T>(count: number, change: (value: T) => T, value: T): T {
  return count === 0 ? value : times(count - 1, change, change(value))
}

interface EventParts {
  readonly user: string
  readonly channel: string
  readonly team: string
  readonly n: number
  readonly random: Random
}

const events: readonly ((parts: EventParts) => [type: string, payload: JsonObject])[] = [
  ({ user, channel, team, n, random }) => {
    const text = Array.from({ length: Math.floor(random() * 6) }, () => oneOf(words, random)).join(' ')
    const command = oneOf(['/animate', '/zoetrope', '/queue', '/settings', '/nothing', '/'], random)
    return [
      'slash_commands',
      { command, text, trigger_id: `t${n}`, user_id: user, channel_id: channel, team_id: team, response_url: oneOf(words, random) },
    ]
  },
  ({ user, channel, team, n, random }) => {
    const actions = [
      { type: 'button', action_id: oneOf(['say:0', 'say:19', 'form:x', 'other'], random), value: oneOf(words, random), action_ts: `${n}` },
    ]
    const container = { type: 'message', message_ts: '1.1', channel_id: channel, thread_ts: oneOf(['1.1', '1.0'], random) }
    return [
      'interactive',
      { type: 'block_actions', trigger_id: `t${n}`, user: { id: user }, team: { id: team }, channel: { id: channel }, container, actions },
    ]
  },
  ({ user, team, n, random }) => {
    const values = {
      prompt: { prompt: { type: 'plain_text_input', value: oneOf(words, random) } },
      style: { style: { selected_option: null } },
    }
    const view = { id: `V${n}`, type: 'modal', callback_id: 'form', private_metadata: metadataOf(user, team, random), state: { values } }
    return ['interactive', { type: 'view_submission', trigger_id: `t${n}`, user: { id: user }, team: { id: team }, view }]
  },
  ({ user, team, n, random }) => {
    const view = { id: `V${n}`, private_metadata: metadataOf(user, team, random) }
    const asked = { action_id: 'style', block_id: 'style', value: oneOf(words, random) }
    return ['interactive', { type: 'block_suggestion', user: { id: user }, team: { id: team }, ...asked, view, n }]
  },
  ({ user, channel, team, n, random }) => {
    const event = {
      type: 'reaction_added',
      user,
      reaction: oneOf(['game_die', 'x', 'star', 'thumbsup', '🎲'], random),
      item: { type: 'message', channel, ts: '1.1' },
    }
    return ['events_api', { type: 'event_callback', team_id: team, event_id: `Ev${n}`, event }]
  },
  ({ user, channel, team, n, random }) => {
    const text = Array.from({ length: 4 }, () => oneOf(words, random)).join(' ')
    const type = oneOf(
      ['app_mention', 'message', 'member_joined_channel', 'app_uninstalled', 'close', 'disconnected', 'ws_message', 'error'],
      random,
    )
    const event = {
      type,
      user,
      channel,
      channel_type: 'im',
      text,
      ts: `${n}.1`,
      files: [{ id: 'F1', name: oneOf(words, random), url_private: 'https://x.org' }],
    }
    return ['events_api', { type: 'event_callback', team_id: team, event_id: `Ev${n}`, event }]
  },
  ({ user, team, n, random }) => {
    const type = oneOf(['shortcut', 'message_action', 'view_closed', 'dialog_submission', 'workflow_step_edit', 'nothing'], random)
    return [
      'interactive',
      { type, callback_id: 'form', trigger_id: `t${n}`, user: { id: user }, team: { id: team }, view: { id: 'V1', callback_id: 'form' } },
    ]
  },
]

function metadataOf(user: string, team: string, random: Random): string {
  const address = { team, channel: 'C1', user, direct: random() < 0.5, heardMs: 1 }
  const whole = JSON.stringify({ command: 'animate', fixed: { job: 'x' }, address })
  return random() < 0.8 ? whole : whole.slice(0, Math.floor(random() * whole.length))
}

const words = [
  'animate',
  'a cat',
  'style:anime',
  'seed:7',
  '--private',
  'queue',
  '"quoted',
  'words"',
  '&lt;!channel&gt;',
  '<@U1|ann>',
  '<https://x.org|x>',
  '<',
  '|>',
  '<!',
  'frames:9999999',
  '\u0000',
  '\ud800',
  '🎲',
  '‮abc',
  'x'.repeat(5000),
  '',
  ' ',
  'https://x.org',
  'http://127.0.0.1:1/',
  'not an address',
  '%',
  '%25%26',
  '__proto__',
  'constructor',
  'style:',
]

const junks: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  'x',
  [],
  {},
  [[]],
  { id: null },
  { type: 'block_actions' },
  { event: null },
  { event: {} },
  { event: { type: 7 } },
  { actions: null },
  { command: 7 },
  { command: '/x' },
  { view: null, type: 'view_submission' },
  { type: 'view_submission', user: null },
  { type: 'block_suggestion' },
  { name: 1 },
  JSON.parse('{"__proto__":{"type":"block_actions"},"constructor":{"prototype":{}}}'),
  { a: { a: { a: { a: { a: {} } } } } },
  { text: 'x'.repeat(20_000) },
]

const garbage: readonly (string | Buffer)[] = [
  '',
  'x',
  '{',
  'null',
  '[]',
  '{"type":7}',
  '{"type":"hello2"}',
  '{"type":"ws_message"}',
  '{"type":"disconnected"}',
  '{"type":"close"}',
  Buffer.from([0, 255]),
]

/** One place of it taken away, or something else put there. */
function damaged(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random() < 0.1)
    return oneOf(
      junks.filter((junk) => typeof junk === 'object' && junk !== null),
      random,
    )
  const names = Object.keys(value)
  if (names.length === 0) return value
  const name = oneOf(names, random)
  const inner = (value as Record<string, unknown>)[name]
  const { [name]: _, ...rest } = value as Record<string, unknown>
  // ids that are asked for at the local Slack stay whole more often than not: each new one is a call
  if (random() < 0.25) return rest
  const changed =
    typeof inner === 'object' && inner !== null && random() < 0.7 ? damaged(inner, random) : oneOf([...junks, ...words], random)
  return Array.isArray(value) ? [changed] : { ...rest, [name]: changed }
}

function oneOf<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)]!
}

/** Mulberry32. */
function generator(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

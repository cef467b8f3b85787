// Property tests: ten thousand interactions, well-formed and not, before the adapter and the real parsing of commands. Each gets one
// response that keeps Discord's rules, and none stops anything. Calls are responded to here; the last test sends some through the real client.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { commands } from '../../../commands/index.ts'
import type { Incoming } from '../../../src/chat/contract/incoming.ts'
import type { Platform, Posted, Receiver } from '../../../src/chat/contract/platform.ts'
import { createGatewayEvents } from '../../../src/chat/discord/gateway/gateway-events.ts'
import { discordLimits } from '../../../src/chat/discord/index.ts'
import { createInteractionResponses } from '../../../src/chat/discord/interactions/interaction-responses.ts'
import { createInteractionStates } from '../../../src/chat/discord/interactions/interaction-state.ts'
import { createNames } from '../../../src/chat/discord/names.ts'
import { createPost } from '../../../src/chat/discord/post.ts'
import type { RestCall } from '../../../src/chat/discord/rest/rest-calls.ts'
import { optionValues } from '../../../src/chat/input/option-values.ts'
import { findAction, findCommand, parse } from '../../../src/chat/input/parse.ts'
import { UserError } from '../../../src/errors.ts'
import type { Data } from './discord-state.ts'
import { makeDiscordHarness } from './harness.ts'
import { wrongCallback } from './rules.ts'
import { plainMessage } from './scripted-receiver.ts'
import { findOperation, wrongBody } from './spec.ts'

/** A receiver that parses only: what it understands and what it refuses, both said as a sentence. */
function reader(post: () => Platform['post'], count: (outcome: 'understood' | 'refused') => void): Receiver {
  return {
    async receive(incoming) {
      let text = 'Understood.'
      try {
        read(incoming)
        count('understood')
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        count('refused')
        text = error.message
      }
      await post()(incoming.address, plainMessage(text.slice(0, 1000), { audience: 'asker' }))
    },
    complete: async ({ typed }) => [{ value: typed.slice(0, 100), label: typed.slice(0, 100) }],
  }
}

function read(incoming: Incoming): void {
  if (incoming.kind === 'reaction') return
  if (incoming.kind === 'text') {
    const { command, action, inputs } = parse(incoming.text, commands)
    optionValues(command.actions[action]!.options, inputs)
  } else optionValues(findAction(findCommand(incoming.command, commands), incoming.action).options, incoming.options)
}

/** Also what is no character at all. */
const character = fc.oneof(fc.nat(0x7f), fc.nat(0x1f9ff)).map((code) => String.fromCodePoint(code))
const digits = fc.integer({ min: 1, max: 2 ** 31 }).map(String)
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    true,
    0,
    -1,
    1.5,
    Number.MAX_SAFE_INTEGER,
    '',
    '__proto__',
    'constructor',
    [],
    {},
    [[]],
    '*'.repeat(5000),
  ),
  fc.string({ unit: character, maxLength: 300 }),
  fc.jsonValue({ maxDepth: 3 }),
)
const names = commands.flatMap(({ name, actions }) => [name, ...Object.values(actions).flatMap(({ options }) => Object.keys(options))])
const option: fc.Arbitrary<Data> = fc.record(
  {
    name: fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 40 })),
    type: fc.integer({ min: 1, max: 11 }),
    value: fc.oneof(
      fc.string({ unit: character }),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constantFrom('anime', '7', '16', 'wide', '12345'),
    ),
    focused: fc.boolean(),
  },
  { requiredKeys: ['name', 'type'] },
)
const attachments = fc.dictionary(digits, fc.record({ url: fc.webUrl(), filename: fc.string(), size: fc.nat() }), { maxKeys: 2 })
const commandData = fc.record(
  {
    name: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...commands.map(({ name }) => name)) }, { weight: 1, arbitrary: fc.string() }),
    type: fc.constantFrom(1, 1, 1, 2, 3),
    options: fc.oneof(
      fc.array(option, { maxLength: 6 }),
      fc
        .constantFrom('set', 'show', 'browse', 'export', 'x')
        .chain((name) => fc.array(option, { maxLength: 4 }).map((options) => [{ type: 1, name, options }])),
    ),
    resolved: fc.record({ attachments }),
  },
  { requiredKeys: ['name'] },
)
const componentData = fc.record(
  {
    component_type: fc.constantFrom(2, 3, 5),
    custom_id: fc.oneof(fc.constantFrom('again job:k3j9x', 'history page:2', '/list0'), fc.string()),
    values: fc.array(fc.string()),
  },
  { requiredKeys: ['custom_id'] },
)
const input = fc.record(
  { custom_id: fc.oneof(fc.constantFrom('prompt', 'seed', 'style'), fc.string()), value: odd, values: fc.array(odd) },
  { requiredKeys: [] },
)
const modalData = fc.record({
  custom_id: fc.oneof(fc.constantFrom('["again","",{"job":"k3j9x"}]', '["settings","block",{}]'), fc.string()),
  components: fc.array(fc.oneof(fc.record({ type: fc.constant(18), component: input }), fc.record({ components: fc.array(input) }), odd), {
    maxLength: 6,
  }),
})
const user = fc.record({ id: digits, username: fc.string(), global_name: fc.option(fc.string()) })
const person = fc.oneof(
  fc.record({
    member: fc.record({ user, nick: fc.option(fc.string()), roles: fc.array(digits, { maxLength: 3 }), permissions: digits }),
    guild_id: digits,
  }),
  fc.record({ user }),
)
const whatever = fc.record(
  {
    channel_id: digits,
    channel: fc.record({ id: digits, type: fc.constantFrom(0, 1, 3, 11, 15), nsfw: fc.boolean() }),
    locale: fc.constantFrom('en-US', 'zh-CN', 'xx'),
    app_permissions: digits,
    attachment_size_limit: fc.nat(),
    authorizing_integration_owners: fc.dictionary(fc.constantFrom('0', '1'), digits),
  },
  { requiredKeys: ['channel_id'] },
)
const typed = fc.oneof(
  commandData.map((data) => ({ type: 2, data })),
  componentData.map((data) => ({ type: 3, data })),
  commandData.map((data) => ({ type: 4, data })),
  modalData.map((data) => ({ type: 5, data })),
)
/** Parts that are gone, or something else altogether. */
const broken = fc.dictionary(
  fc.constantFrom(
    'type',
    'data',
    'member',
    'user',
    'channel',
    'channel_id',
    'guild_id',
    'locale',
    'app_permissions',
    'attachment_size_limit',
  ),
  odd,
  { maxKeys: 3 },
)
/** Each part is drawn from a thousand: to draw every event anew takes longer than to respond to it. */
function events(count: number, seed: number): Data[] {
  const parts = [whatever, person, typed, broken].map((one, n) => fc.sample<Data>(one, { numRuns: Math.min(count, 1000), seed: seed + n }))
  const random = new Random(seed)
  return Array.from({ length: count }, () => {
    const [where, who, said, wrong] = parts.map((all) => all[random.below(all.length)]!)
    return { ...where, ...who, ...said, ...(random.below(3) === 0 && wrong) }
  })
}

/** The usual 32-bit xorshift. */
class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  below(limit: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % limit
  }
}

describe('ten thousand interactions', { timeout: 120_000 }, () => {
  it('well-formed or not, each get one response that keeps the rules', async () => {
    const responsesTo = new Map<string, Data[]>()
    const outcomes = { understood: 0, refused: 0, completed: 0 }
    const call = async ({ path, body, files = [] }: RestCall): Promise<unknown> => {
      const [, , id] = path.split('/')
      responsesTo.set(id!, [...(responsesTo.get(id!) ?? []), body as Data])
      assert.deepEqual(
        wrongCallback(
          body as Data,
          files.map(({ name }) => name),
        ),
        [],
      )
      // the schemas are slow: every tenth, which is a thousand
      if (responsesTo.size % 10 === 0) assert.deepEqual(wrongBody(findOperation('POST', path)!.operation, body), [])
      if ((body as Data)['type'] === 8) outcomes.completed++
      return { resource: { message: { id: '1', channel_id: '2' } } }
    }
    const states = createInteractionStates<Posted>()
    const warnings: unknown[] = []
    const shared = { call, states, nowMs: () => 0, application: () => '1' }
    const responses = createInteractionResponses(shared)
    const { post } = createPost({ ...shared, responses, maxBytes: 1 })
    const work: Promise<void>[] = []
    const listener = reader(
      () => post,
      (outcome) => outcomes[outcome]++,
    )
    const client = { guilds: { cache: new Map() }, users: { cache: new Map() }, user: null }
    const onPacket = createGatewayEvents({
      ...shared,
      names: createNames(() => client as never, call),
      responses,
      limits: discordLimits,
      surroundings: () => ({ client: client as never, operators: new Set() }),
      receiver: () => listener,
      warn: (error) => warnings.push(error),
      track: (one) => work.push(one),
    })
    for (const [n, d] of events(10_000, 7).entries()) {
      assert.equal(onPacket({ t: 'INTERACTION_CREATE', s: n, d: { ...d, id: String(n + 1), token: `t${n}` } }, 0), true)
    }
    await Promise.all(work)
    assert.deepEqual(warnings, [])
    assert.equal(responsesTo.size, 10_000)
    assert.ok([...responsesTo.values()].every((bodies) => bodies.length === 1))
    // every way of ending is reached often
    for (const count of Object.values(outcomes)) assert.ok(count > 500, JSON.stringify(outcomes))
  })

  it('and nothing at all is sent where there is nobody to respond to', async () => {
    const warnings: unknown[] = []
    const work: Promise<void>[] = []
    const onPacket = createGatewayEvents({
      call: async () => assert.fail('nothing is called'),
      names: createNames(
        () => assert.fail('no name is looked up'),
        async () => assert.fail('nobody is asked for'),
      ),
      states: createInteractionStates(),
      responses: { begin: () => undefined, close: async () => undefined },
      limits: discordLimits,
      nowMs: () => 0,
      surroundings: () => ({ client: { user: null } as never, operators: new Set() }),
      receiver: () => ({ receive: async () => assert.fail('nothing is received'), complete: async () => [] }),
      warn: (error) => warnings.push(error),
      track: (one) => work.push(one),
    })
    const data = fc.sample(odd, { numRuns: 1000, seed: 7 })
    for (const d of data) for (const t of ['INTERACTION_CREATE', 'MESSAGE_REACTION_ADD', 'MESSAGE_CREATE']) onPacket({ t, s: 1, d }, 0)
    await Promise.all(work)
    // each interaction is told of; other events that mean nothing are no news
    assert.equal(warnings.length, data.length)
  })

  it('come through the real client as well', async () => {
    let read = 0
    // time stands still: how busy this machine is does not matter
    const harness = await makeDiscordHarness(
      reader(
        () => harness.platform.post,
        () => read++,
      ),
      { nowMs: () => 1_800_000_000_000 },
    )
    try {
      const { ann } = harness.server.state.users
      const sent = events(200, 11).map(({ channel_id: _channel, channel: _place, guild_id: _guild, ...over }) =>
        harness.actions.interact(ann, [2, 3, 4, 5].find((type) => type === over['type']) ?? 2, over['data'], { over }),
      )
      for (let tries = 0; sent.some(({ state }) => state === 'open'); tries++) {
        assert.ok(tries < 3000, `${sent.filter(({ state }) => state === 'open').length} have no response`)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      assert.ok(read > 100)
      assert.deepEqual({ trouble: harness.platform.trouble(), warnings: harness.warnings }, { trouble: undefined, warnings: [] })
    } finally {
      await harness.close()
    }
  })
})

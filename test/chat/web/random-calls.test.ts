// Property tests: 10,000 calls of any shape, each with a response that says what was wrong.

import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { it } from 'node:test'
import fc from 'fast-check'
import { commands } from '../../../commands/index.ts'
import type { Receiver } from '../../../src/chat/contract/platform.ts'
import { optionValues } from '../../../src/chat/input/option-values.ts'
import { findAction, findCommand, parse } from '../../../src/chat/input/parse.ts'
import { createWeb } from '../../../src/chat/web/index.ts'
import { UserError } from '../../../src/errors.ts'
import { newEvent, openPageClient } from './page-client.ts'
import { webOptions } from './web-options.ts'

it('10,000 random texts and option sets: never a crash, always a response that says what was wrong', { timeout: 400_000 }, async () => {
  const broken: unknown[] = []
  let understood = 0
  /** What the router does with it before anything is drawn; a sentence is fine, anything else is a bug. */
  const receiver: Receiver = {
    async receive(incoming) {
      understood++
      try {
        if (incoming.kind === 'reaction') return
        const { command, action, inputs } =
          incoming.kind === 'text'
            ? parse(incoming.text, commands)
            : { command: findCommand(incoming.command, commands), action: incoming.action, inputs: incoming.options }
        optionValues(findAction(command, action).options, inputs)
      } catch (error) {
        if (!(error instanceof UserError)) broken.push(error)
      }
    },
    complete: async () => [],
  }
  const web = createWeb(webOptions({ broken: (error) => broken.push(error) }))
  const origin = await web.start(receiver)
  const { cookies } = await openPageClient(origin)
  const agent = new Agent({ keepAlive: true, maxSockets: 2 })
  const headers = { cookie: cookies(), origin, 'content-type': 'application/json' }
  /** Lighter than fetch. */
  const say = (body: unknown) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const call = request(new URL('/api/say', origin), { method: 'POST', agent, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode!, text }))
      })
      call.once('error', reject)
      call.end(JSON.stringify(body))
    })

  try {
    const statuses = new Map<number, number>()
    for (const saying of fc.sample(sayings, { numRuns: 10_000, seed: 7 })) {
      const { status, text } = await say({ event: newEvent(), locale: 'en', ...saying })
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status !== 202) assert.match((JSON.parse(text) as { message: string }).message, /\.$/)
    }
    assert.deepEqual(broken, [])
    assert.deepEqual([...statuses.keys()].sort(), [202, 400, 404])
    assert.ok(understood > 5000, `${understood} were understood`)
  } finally {
    agent.destroy()
    await web.stop()
  }
})

const names = fc.oneof(
  fc.constantFrom('animate', 'again', 'settings', 'set', 'prompt', 'style', 'seed', 'frames', '__proto__', 'constructor', 'toString'),
  fc.string({ maxLength: 32 }),
)
const values = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, [], {}, { upload: 'x' }),
)
const sayings = fc.oneof(
  fc.record({ kind: fc.constant('text'), text: fc.string({ unit: 'binary', maxLength: 100 }) }),
  fc.record({ kind: fc.constant('text'), text: fc.tuple(names, names, fc.string()).map(([a, b, c]) => `/${a} ${b}:${c}`) }),
  fc.record({ kind: fc.constant('command'), command: names, action: names, options: fc.array(fc.tuple(names, values), { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('reaction'), mark: fc.constantFrom('die', 'cross', 'moon'), message: names }),
  fc.jsonValue({ maxDepth: 2 }).map((value) => ({ kind: value })),
)

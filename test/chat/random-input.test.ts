// Property tests: whatever is said to the whole chat, it replies with a sentence, a dialog or an animation.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { commands } from '../../commands/index.ts'
import type { OptionInput, Said } from '../../src/chat/contract/incoming.ts'
import { omitUndefined } from '../../src/omit-undefined.ts'
import { newFolder, openTestChat } from './test-chat.ts'

const names = commands.map(({ name }) => name)
const optionNames = [...new Set(commands.flatMap(({ actions }) => Object.values(actions).flatMap(({ options }) => Object.keys(options))))]
const actionNames = [...new Set(commands.flatMap(({ actions }) => Object.keys(actions)))]

const words = fc.oneof(
  fc.constantFrom(
    'a red ball',
    'yes',
    'no',
    '7',
    '-1',
    '1e9',
    '64x64',
    '99999x8',
    'anime',
    'wide',
    'refuse',
    '<#12>',
    '18446744073709551616',
    ' ',
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({ unit: 'grapheme-ascii', minLength: 900, maxLength: 1200 }),
)
const input: fc.Arbitrary<OptionInput> = fc.oneof(
  { weight: 6, arbitrary: words },
  { weight: 2, arbitrary: fc.double() },
  { weight: 2, arbitrary: fc.integer({ min: -5, max: 60 }) },
  { weight: 1, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.record({ url: words, name: words, bytes: fc.integer() }) },
)
const optionName = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...optionNames) },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'x') },
)
const commandName = fc.oneof(
  { weight: 19, arbitrary: fc.constantFrom(...names) },
  { weight: 1, arbitrary: fc.constantFrom('', 'toString', 'anim') },
)
const command: fc.Arbitrary<Said> = fc
  .record({
    command: commandName,
    action: fc.option(fc.oneof(fc.constantFrom(...actionNames), fc.constantFrom('hasOwnProperty', 'x')), { nil: undefined, freq: 3 }),
    options: fc.dictionary(optionName, input, { maxKeys: 5 }),
  })
  .map(({ command, action, options }) => ({ kind: 'command', command, options, ...omitUndefined({ action }) }))
const text: fc.Arbitrary<Said> = fc
  .tuple(
    commandName,
    fc.array(
      fc.oneof(
        words,
        optionName.map((name) => `${name}:`),
        fc.tuple(optionName, words).map(([name, value]) => `${name}:${value}`),
      ),
      { maxLength: 6 },
    ),
  )
  .map(([name, parts]) => ({ kind: 'text', text: `/${name} ${parts.join(' ')}` }))
const reaction: fc.Arbitrary<Said> = fc
  .tuple(fc.constantFrom('die', 'cross', 'star', 'letter'), fc.nat(3000))
  .map(([reaction, n]) => ({ kind: 'reaction', reaction, message: `fake-m${n}` }) as Said)
const said = fc.oneof({ weight: 4, arbitrary: command }, { weight: 4, arbitrary: text }, { weight: 1, arbitrary: reaction })
const person = fc.constantFrom('ann', 'bob', 'root', '__proto__')
const locale = fc.constantFrom('en', 'zh-CN', '', 'xx-YY-zzz', 'constructor')

test('whatever is said is answered by a sentence, a dialog or an animation: 10,000 times, and nothing breaks', {
  timeout: 240_000,
}, async (t) => {
  const limits = { person: { waiting: 3, running: 1, rate: { jobs: 100, perMs: 60_000 } }, space: {}, all: {} }
  const testChat = await openTestChat({ folder: newFolder(), limits })
  t.after(() => testChat.close())
  const { fake } = testChat
  const kinds = { sentence: 0, dialog: 0, animation: 0, nothing: 0 }
  await fc.assert(
    fc.asyncProperty(person, said, locale, async (who, what, language) => {
      fake.forms.delete(who)
      const event = await fake.act(who, what, { locale: language })
      const answers = fake.messages().filter((message) => message.event === event)
      for (const { outgoing } of answers) {
        assert.ok(outgoing.text.trim().length > 1)
        assert.doesNotMatch(outgoing.text, /Something broke|出了点问题|undefined|NaN|\[object/)
      }
      if (fake.forms.has(who)) kinds.dialog++
      else if (answers.length === 0) {
        assert.equal(what.kind, 'reaction', JSON.stringify(what))
        kinds.nothing++
      } else if (answers[0]!.outgoing.tone === 'waiting' || answers[0]!.outgoing.tone === 'running') kinds.animation++
      else kinds.sentence++
    }),
    { numRuns: 10_000, seed: 4, endOnFailure: true },
  )
  await testChat.quiet()
  assert.ok(kinds.sentence > 3000 && kinds.animation > 100 && kinds.dialog > 10, JSON.stringify(kinds))
  assert.deepEqual(
    testChat.lines.filter((line) => line.startsWith('{') && (JSON.parse(line) as { level: number }).level >= 50),
    [],
  )
})

const completed = commands.flatMap(({ name, actions }) =>
  Object.entries(actions[Object.keys(actions)[0]!]!.options).flatMap(([option, declared]) =>
    declared.kind === 'text' && declared.complete ? [[name, option] as const] : [],
  ),
)

test('whatever is typed, completion gives choices that fit, or none', async (t) => {
  const testChat = await openTestChat({ folder: newFolder() })
  t.after(() => testChat.close())
  await testChat.fake.say('ann', `/animate ${'a very long wish '.repeat(20)}`)
  await testChat.fake.say('ann', '/animate a short wish')
  await testChat.quiet()
  let offered = 0
  const asked = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...completed) },
    { weight: 1, arbitrary: fc.tuple(commandName, optionName) },
  )
  const typed = fc.oneof(fc.constantFrom('', 'a', 'anim', 'WISH', '/que'), words)
  await fc.assert(
    fc.asyncProperty(asked, typed, async ([command, option], typed) => {
      const choices = await testChat.fake.complete('ann', command, option, typed)
      assert.ok(choices.length <= testChat.fake.platform.limits.choices)
      for (const { value, label } of choices) assert.ok(value.length > 0 && value.length <= 100 && label.length > 0 && label.length <= 100)
      assert.equal(new Set(choices.map(({ value }) => value)).size, choices.length)
      offered += choices.length
    }),
    { numRuns: 2000, seed: 4 },
  )
  assert.ok(offered > 500, `${offered} choices were offered`)
})

// Messages, commands and dialogs as they are sent, held against Discord's OpenAPI and the rules that it leaves out. Nothing is sent here.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { commands } from '../../../../commands/index.ts'
import type { Command } from '../../../../src/chat/contract/command.ts'
import { emptiableIn } from '../../../../src/chat/contract/emptied-fields.ts'
import type { Button, Outgoing, Picture, Tone } from '../../../../src/chat/contract/outgoing.ts'
import { truncate } from '../../../../src/chat/delivery/rendering/truncate.ts'
import { commandsJson, declaredName } from '../../../../src/chat/discord/application-commands.ts'
import { discordLimits } from '../../../../src/chat/discord/index.ts'
import { escaped, escapedWithin } from '../../../../src/chat/discord/layout/markdown.ts'
import { messageOf } from '../../../../src/chat/discord/layout/message-layout.ts'
import { modalOf, purposeOf } from '../../../../src/chat/discord/layout/modal.ts'
import { drawSettings } from '../../../../src/draw-settings.ts'
import type { Data, DiscordMessage } from '../discord-state.ts'
import { walk, wrongCallback, wrongCommands, wrongMessage } from '../rules.ts'
import { findOperation, wrongBody } from '../spec.ts'
import { readable } from '../user-actions.ts'

const character = fc
  .oneof(fc.nat(0x7f), fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x1f9ff }))
  .map((code) => String.fromCodePoint(code))

type CommandJson = Data & { readonly name: string; readonly options: readonly Data[] }

describe('commands as Discord registers them', () => {
  const put = findOperation('PUT', '/applications/1/commands')!.operation
  const json = (installs: readonly (0 | 1)[] = [0], all: readonly Command[] = commands) =>
    commandsJson(all, installs) as unknown as readonly CommandJson[]
  const find = (all: readonly Data[], name: string): Data => all.find((one) => one['name'] === name)!

  it('keep its rules, for servers and for people', () => {
    for (const installs of [[0], [1], [0, 1]] as const) {
      assert.deepEqual(wrongBody(put, json(installs)), [])
      assert.deepEqual(wrongCommands(json(installs)), [])
    }
  })

  it('are all but the hidden ones, with their actions as subcommands', () => {
    const offered = commands.filter(({ hidden }) => !hidden)
    assert.deepEqual(
      json().map(({ name }) => name),
      offered.flatMap(({ name }) => (name === 'styles' ? ['styles', 'manage-styles'] : [name])),
    )
    const settings = json().find(({ name }) => name === 'settings')!
    assert.ok(settings.options.every(({ type }) => type === 1))
    assert.deepEqual(
      (find(settings.options, 'set')['options'] as Data[]).find((one) => one['name'] === 'max-frames'),
      {
        name: 'max-frames',
        type: 4,
        required: false,
        min_value: 1,
        max_value: drawSettings.frames.max,
        description: 'Most frames of an animation',
        description_localizations: { 'zh-CN': '动画的最多帧数', 'zh-TW': '动画的最多帧数' },
      },
    )
  })

  it('hide from everybody what is for admins and style managers: a whole command, as Discord hides no part of one', () => {
    // application-commands, default_member_permissions: 1 << 5 is Manage Guild
    const hidden = json().filter((one) => one['default_member_permissions'] === 1 << 5)
    assert.deepEqual(
      hidden.map(({ name }) => name),
      ['manage-styles', 'settings', 'hosts'],
    )
    const [styles, managing] = ['styles', 'manage-styles'].map((name) => json().find((one) => one.name === name)!)
    assert.deepEqual(
      styles!.options.map(({ name, type }) => [name, type]),
      [
        ['search', 3],
        ['page', 4],
      ],
    )
    assert.ok(managing!.options.some(({ name }) => name === 'add') && !managing!.options.some(({ name }) => name === 'browse'))
    assert.equal(declaredName('manage-styles'), 'styles')
    assert.equal(declaredName('styles'), 'styles')
  })

  it('have types, ranges, choices in two languages, completion, and seeds that numbers could not hold', () => {
    const { options } = json().find(({ name }) => name === 'animate')!
    assert.partialDeepStrictEqual(options[0], { name: 'prompt', required: true, max_length: 1000 })
    assert.partialDeepStrictEqual(find(options, 'style'), { type: 3, autocomplete: true })
    assert.partialDeepStrictEqual(find(options, 'seed'), { type: 3, max_length: 20 })
    assert.deepEqual(find(options, 'guidance')['type'], 10)
    assert.deepEqual(find(options, 'private')['type'], 5)
    assert.deepEqual((find(options, 'aspect')['choices'] as Data[])[1], {
      name: 'wide',
      value: 'wide',
      name_localizations: { 'zh-CN': '横向', 'zh-TW': '横向' },
    })
    const clear = find(json().find(({ name }) => name === 'defaults')!.options, 'clear')['options'] as Data[]
    assert.deepEqual((clear[0]!['choices'] as Data[])[1], {
      name: 'negative',
      value: 'negative',
      name_localizations: { 'zh-CN': '不要的内容', 'zh-TW': '不要的内容' },
    })
  })

  it('are offered to admins only where all of their actions are for admins', () => {
    const permissions = Object.fromEntries(json().map((one) => [one.name, one['default_member_permissions']]))
    assert.partialDeepStrictEqual(permissions, { settings: 32, animate: null, styles: null })
  })

  it('are offered in servers and to the bot alone; elsewhere only where people can bring the bot along', () => {
    assert.deepEqual(json([0]).map((one) => one['contexts'])[0], [0, 1])
    assert.deepEqual(json([0, 1]).map((one) => [one['contexts'], one['integration_types']])[0], [
      [0, 1, 2],
      [0, 1],
    ])
  })

  it('take a file, and put what is required first', () => {
    const [add] = json(
      [0],
      [
        {
          name: 'add',
          help: 'Add a style',
          actions: {
            '': {
              help: 'Add a style',
              options: {
                name: { kind: 'text', help: 'Its name', maxChars: 20 },
                file: { kind: 'file', help: 'A LoRA', maxBytes: 9, required: true },
              },
              run: () => ({ kind: 'text', text: 'Done.' }),
            },
          },
        },
      ],
    )
    assert.deepEqual(
      add!.options.map(({ name, type }) => ({ name, type })),
      [
        { name: 'file', type: 11 },
        { name: 'name', type: 3 },
      ],
    )
    assert.deepEqual(wrongBody(put, [add]), [])
  })
})

describe('text on Discord', () => {
  it('is shown as it was written', () => {
    for (const text of [
      '# no heading',
      '- no list',
      '1. no list',
      '> no quote',
      '-# not small',
      '**not** _this_ ~~nor~~ `that` ||or|| [this](https://example.org)',
    ]) {
      assert.equal(readable({ components: [{ type: 10, content: escaped(text) }] } as unknown as DiscordMessage), text)
    }
    assert.equal(escaped('# a\n- b\n1. c\n> d'), '\\# a\n\\- b\n1\\. c\n\\> d')
    assert.equal(escaped('<@1> @everyone https://x.org a-b 1.5 #3'), '\\<\\@1\\> \\@everyone https:\\//x.org a-b 1.5 #3')
  })

  it('fits when it is escaped, cut between characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 60 }), fc.integer({ min: 1, max: 80 }), (text, most) => {
        const cut = escapedWithin(text.toWellFormed(), most)
        assert.ok(cut.length <= most && cut.isWellFormed())
      }),
    )
  })
})

describe('messages on Discord', () => {
  const create = findOperation('POST', '/channels/1/messages')!.operation
  const edit = findOperation('PATCH', '/channels/1/messages/1')!.operation
  const check = (outgoing: Outgoing): readonly Data[] => {
    const { body, files } = messageOf(truncate(outgoing, discordLimits))
    const data = body as unknown as Data
    const names = files.map(({ name }) => name)
    assert.deepEqual([...wrongBody(create, data), ...wrongMessage(data, names, { create: true })], [])
    assert.deepEqual([...wrongBody(edit, data), ...wrongMessage(data, names, { create: false })], [])
    return [...walk(data['components'] as readonly Data[])]
  }

  const words = fc.oneof(
    fc.string({ unit: character, maxLength: 2000, size: 'max' }),
    fc.constant('*_`\n'.repeat(400)),
    fc.constant(''),
    fc.lorem(),
  )
  const short = fc.oneof(fc.string({ unit: character, minLength: 1, maxLength: 120, size: 'max' }), fc.constant('**'.repeat(60)))
  const picture = fc.record<Picture>({
    bytes: fc.uint8Array({ maxLength: 20 }),
    format: fc.constantFrom('webp', 'gif', 'mp4'),
    width: fc.constant(8),
    height: fc.constant(8),
    fileName: fc.constantFrom('zoetrope-a.webp', 'zoetrope-b.webp'),
    alt: words,
  })
  const button = fc.record<Button>(
    {
      label: short,
      emoji: fc.constantFrom('🎲', '❌', '✉️'),
      command: fc.string({ minLength: 1, maxLength: 100, size: 'max' }),
      style: fc.constantFrom('usual', 'main', 'danger'),
    },
    { requiredKeys: ['label', 'command', 'style'] },
  )
  const outgoing = fc.record<Outgoing>(
    {
      audience: fc.constant('everyone'),
      tone: fc.constantFrom<Tone>('plain', 'waiting', 'running', 'done', 'failed', 'refused', 'cancelled', 'expired'),
      text: words,
      quote: words,
      facts: fc.array(fc.record({ label: short, value: words }), { maxLength: 30, size: 'max' }),
      progress: fc.record({ done: fc.double({ min: -1, max: 2, noNaN: true }), text: words }),
      picture,
      items: fc.array(
        fc.record({ title: words, text: words, picture, buttons: fc.array(button, { maxLength: 4 }) }, { requiredKeys: ['title'] }),
        { maxLength: 12, size: 'max' },
      ),
      file: fc.record({
        bytes: fc.uint8Array({ maxLength: 9 }),
        mediaType: fc.constant('application/json'),
        fileName: fc.constant('export.json'),
      }),
      buttons: fc.array(button, { maxLength: 12, size: 'max' }),
      nonce: fc.string({ minLength: 1, maxLength: 25 }),
    },
    { requiredKeys: ['audience', 'tone', 'text'] },
  )

  it('keep its rules, whatever is to be shown', () => {
    fc.assert(
      fc.property(outgoing, (one) => {
        check(one)
      }),
      { numRuns: 100 },
    )
  })

  it('show progress as a bar, facts under a picture as one small line, else one below another', () => {
    const facts = [
      { label: 'Seed', value: '7' },
      { label: 'Style', value: 'anime' },
    ]
    const base: Outgoing = { audience: 'everyone', tone: 'running', text: 'Drawing', facts }
    const text = (one: Outgoing) => String(check(one).find(({ type }) => type === 10)!['content'])
    assert.equal(text({ ...base, progress: { done: 0.5, text: 'Step 6' } }).split('\n')[1], '▰▰▰▰▰▰▱▱▱▱▱▱ 50% Step 6')
    assert.deepEqual(text(base).split('\n').slice(1), ['**Seed** 7', '**Style** anime'])
    const picture: Picture = { bytes: new Uint8Array(3), format: 'webp', width: 8, height: 8, fileName: 'zoetrope-a.webp', alt: 'a ball' }
    const parts = check({ ...base, picture })
    assert.equal(String(parts[1]!['content']).split('\n')[1], '-# **Seed** 7 · **Style** anime')
    assert.deepEqual(parts[2]!['items'], [{ media: { url: 'attachment://zoetrope-a.webp' }, description: 'a ball' }])
  })

  it('lose no button: where there are too many for a message, they become lists', () => {
    for (const count of [5, 10]) {
      const items = Array.from({ length: count }, (_, n) => ({
        title: `animation ${n}`,
        buttons: ['again', 'keep', 'cancel'].map((name) => ({ label: name, command: `${name} job:${n}`, style: 'usual' as const })),
      }))
      const buttons = [{ label: 'Older', command: 'history page:2', style: 'usual' as const }]
      const parts = check({ audience: 'asker', tone: 'plain', text: 'History.', items, buttons })
      const said = parts.flatMap(({ custom_id, options }) => (options ? (options as Data[]).map(({ value }) => value) : (custom_id ?? [])))
      const expected = [...items.flatMap((item) => item.buttons), ...buttons].map(({ command }) => command)
      assert.deepEqual([...said].sort(), [...expected].sort())
    }
  })
})

describe('dialogs on Discord', () => {
  it('keep its rules, with fields of every command', () => {
    const { operation } = findOperation('POST', '/interactions/1/token/callback')!
    for (const { name, actions } of commands) {
      for (const [action, { options }] of Object.entries(actions)) {
        const fields = Object.entries(options).map(([option, declared]) => ({
          name: option,
          option: declared,
          label: option,
          value: 'x'.repeat(2000),
        }))
        if (fields.length === 0) continue
        const form = { title: 't'.repeat(80), command: name, ...(action && { action }), fixed: { job: 'k3j9x' }, submit: 'Go', fields }
        const data = modalOf(form)
        const body = { type: 9, data }
        assert.deepEqual([...wrongBody(operation, body), ...wrongCallback(body, [])], [], `${name} ${action}`)
        assert.deepEqual(purposeOf(data.custom_id), {
          command: name,
          ...(action && { action }),
          fixed: { job: 'k3j9x' },
          emptiable: emptiableIn(fields.slice(0, 5)),
        })
      }
    }
  })

  it('are not made of what is none of ours', () => {
    for (const id of ['', 'x', '[]', '[1,2,3]', '["a","",{"b":1}]', '{"a":1}']) assert.equal(purposeOf(id), undefined)
  })
})

// The judges themselves: what Discord is known to refuse is refused here, by its OpenAPI or by the rules beside it.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Data } from './discord-state.ts'
import { wrongCallback, wrongCommands, wrongMessage } from './rules.ts'
import { findOperation, wrongBody } from './spec.ts'

const quiet = { allowed_mentions: { parse: [] } }
const text = (content = 'a') => ({ type: 10, content })
const box = (...components: readonly Data[]) => ({ flags: 1 << 15, components: [{ type: 17, components }], attachments: [], ...quiet })
const button = (custom_id: string, more: Data = {}) => ({ type: 2, style: 2, label: 'a', custom_id, ...more })
const row = (...components: readonly Data[]) => ({ type: 1, components })
const gallery = (url: string) => ({ type: 12, items: [{ media: { url } }] })

describe('the rules of Discord', () => {
  const create = findOperation('POST', '/channels/1/messages')!.operation
  const wrong = (data: Data, files: readonly string[] = []) => [...wrongBody(create, data), ...wrongMessage(data, files, { create: true })]

  it('let a plain message and a box pass', () => {
    for (const data of [{ content: 'a', ...quiet }, box(text(), row(button('b')))]) assert.deepEqual(wrong(data), [])
  })

  const messages: Readonly<Record<string, Data>> = {
    'text that is too long': { content: 'a'.repeat(2001), ...quiet },
    'text beside a box': { ...box(text()), content: 'a' },
    'a property that it does not know': { ...box(text()), colour: 1 },
    'a box without its flag': { ...box(text()), flags: 0 },
    'mentions that ping': { ...box(text()), allowed_mentions: { parse: ['everyone'] } },
    'no word on mentions': { content: 'a' },
    'two buttons of one id': box(row(button('b'), button('b'))),
    'six buttons in a row': box(row(...'abcdef'.split('').map((id) => button(id)))),
    'a long id': box(row(button('b'.repeat(101)))),
    'a long label': box(row(button('b', { label: 'a'.repeat(81) }))),
    'a button that says nothing': box(row(button('b', { label: '' }))),
    'an emoji that is none': box(row(button('b', { emoji: { name: 'die' } }))),
    'more than 40 parts': box(...Array.from({ length: 40 }, () => text())),
    'more than 4000 characters': box(text('a'.repeat(3000)), text('b'.repeat(1001))),
    'empty text': box(text('')),
    'two parts of one id': box({ ...text(), id: 7 }, { ...text(), id: 7 }),
    'a picture that is not there': box(gallery('attachment://a.webp')),
    'a box in a box': box({ type: 17, components: [text()] }),
    'a long nonce': { ...box(text()), nonce: 'a'.repeat(26), enforce_nonce: true },
    'six rows': { components: Array.from({ length: 6 }, (_, n) => row(button(`b${n}`))), ...quiet },
    'a list with the same choice twice': box(row({ type: 3, custom_id: 'l', options: [1, 2].map((n) => ({ label: `${n}`, value: 'v' })) })),
  }
  for (const [name, data] of Object.entries(messages)) it(`refuse ${name}`, () => assert.notDeepEqual(wrong(data), []))

  it('refuse files that are shown by nothing, or named by people', () => {
    assert.notDeepEqual(wrong({ ...box(text()), attachments: [{ id: '0', filename: 'a.webp' }] }, ['a.webp']), [])
    const named = { ...box(gallery('attachment://a ball.webp')), attachments: [{ id: '0', filename: 'a ball.webp' }] }
    assert.notDeepEqual(wrong(named, ['a ball.webp']), [])
  })

  it('refuse an edit that hides a message', () => {
    const data = { ...box(text()), flags: (1 << 15) | (1 << 6) }
    assert.deepEqual(wrongMessage(data, [], { create: true }), [])
    assert.notDeepEqual(wrongMessage(data, [], { create: false }), [])
  })

  const callback = findOperation('POST', '/interactions/1/token/callback')!.operation
  const label = (id: string, more: Data = {}) => ({ type: 18, label: 'a', component: { type: 4, custom_id: id, style: 1, ...more } })
  const modal = (...components: readonly Data[]) => ({ type: 9, data: { custom_id: 'm', title: 'a', components } })
  const callbacks: Readonly<Record<string, Data>> = {
    'a deferred response that says more than whom it is for': { type: 5, data: { flags: 1 << 15 } },
    '26 choices': { type: 8, data: { choices: Array.from({ length: 26 }, (_, n) => ({ name: `n${n}`, value: `${n}` })) } },
    'a choice without a name': { type: 8, data: { choices: [{ name: '', value: 'v' }] } },
    'a long choice': { type: 8, data: { choices: [{ name: 'n'.repeat(101), value: 'v' }] } },
    'a dialog with a long title': { type: 9, data: { custom_id: 'm', title: 'a'.repeat(46), components: [label('a')] } },
    'a dialog with six fields': modal(...'abcdef'.split('').map((id) => label(id))),
    'a dialog with a field twice': modal(label('a'), label('a')),
    'a field with more in it than it takes': modal(label('a', { max_length: 2, value: 'abc' })),
  }
  it('let a dialog pass', () => assert.deepEqual([...wrongBody(callback, modal(label('a'))), ...wrongCallback(modal(label('a')), [])], []))
  for (const [name, data] of Object.entries(callbacks)) {
    it(`refuse ${name}`, () => assert.notDeepEqual([...wrongBody(callback, data), ...wrongCallback(data, [])], []))
  }

  const put = findOperation('PUT', '/applications/1/commands')!.operation
  const option = (name: string, more: Data = {}) => ({ type: 3, name, description: 'a', ...more })
  const command = (more: Data) => ({ name: 'a', description: 'a', options: [], ...more })
  const commands: Readonly<Record<string, Data>> = {
    'capitals in a name': command({ name: 'Animate' }),
    'a long description': command({ description: 'a'.repeat(101) }),
    'a required option after another': command({ options: [option('a'), option('b', { required: true })] }),
    'choices and completion': command({ options: [option('a', { autocomplete: true, choices: [{ name: 'n', value: 'v' }] })] }),
    '26 options': command({ options: Array.from({ length: 26 }, (_, n) => option(`o${n}`)) }),
    'an option twice': command({ options: [option('a'), option('a')] }),
    'private channels without people who bring it along': command({ contexts: [0, 2], integration_types: [0] }),
    'a language that Discord does not speak': command({ description_localizations: { 'zh-Hans': 'a' } }),
    'more than 8000 characters': command({
      options: Array.from({ length: 25 }, (_, n) =>
        option(`o${n}`, { choices: Array.from({ length: 4 }, (_, m) => ({ name: `n${m}`, value: 'v'.repeat(95) + m })) }),
      ),
    }),
  }
  it('let a command pass', () => assert.deepEqual([...wrongBody(put, [command({})]), ...wrongCommands([command({})])], []))
  for (const [name, data] of Object.entries(commands)) {
    it(`refuse ${name}`, () => assert.notDeepEqual([...wrongBody(put, [data]), ...wrongCommands([data])], []))
  }
})

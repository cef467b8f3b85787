// Attached files: which option a file is for that hangs on a message.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { action } from '../../../src/chat/contract/command.ts'
import { withFiles } from '../../../src/chat/input/attached-files.ts'
import { optionValues } from '../../../src/chat/input/option-values.ts'
import { parse } from '../../../src/chat/input/parse.ts'
import { UserError } from '../../../src/errors.ts'

const options = {
  name: { kind: 'text', help: 'The name', maxChars: 20 },
  file: { kind: 'file', help: 'The file', maxBytes: 1000 },
} as const
const add = action({ help: 'Add', options, run: () => ({ kind: 'text', text: 'Done.' }) })
const file = { url: 'https://cdn.discordapp.com/a/b', name: 'look\u202e.safetensors', bytes: 1000 }

const refused = (inputs: Parameters<typeof optionValues>[1]) => {
  try {
    optionValues(options, inputs)
  } catch (error) {
    return error instanceof UserError ? error.code : assert.fail(String(error))
  }
  return assert.fail('was not refused')
}

test('a file that hangs on a message fills the option that takes one', () => {
  const { inputs } = parse('/add name:anime', [{ name: 'add', help: '', actions: { '': add } }])
  const values = optionValues(options, withFiles(inputs, [file, { ...file, name: 'second' }], add))
  assert.deepEqual(values, { name: 'anime', file: { ...file, name: 'look .safetensors' } })
})

test('without a file the option is absent, and a command that takes none leaves files aside', () => {
  assert.deepEqual(optionValues(options, withFiles({}, undefined, add)), { name: undefined, file: undefined })
  const none = action({ help: '', options: { name: options.name }, run: () => ({ kind: 'text', text: 'Done.' }) })
  assert.deepEqual(withFiles({ name: 'x' }, [file], none), { name: 'x' })
})

test('a file where words belong, words where a file belongs and a file that is too large are refused', () => {
  assert.equal(refused({ name: file }), 'file-not-text')
  assert.equal(refused({ file: 'https://example.org/look.safetensors' }), 'not-a-file')
  assert.equal(refused({ file: { ...file, bytes: 1001 } }), 'file-too-large')
})

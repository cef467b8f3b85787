// The styles of a place in a dialog: to be picked where a list holds them, else typed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandContext } from '../../../src/chat/contract/command-context.ts'
import type { Field } from '../../../src/chat/contract/outgoing.ts'
import { withStylePicks } from '../../../src/chat/input/style-picks.ts'
import { english } from '../../../src/chat/locales/locales.ts'

const style: Field = { name: 'style', label: 'Style', option: { kind: 'text', help: 'The look', maxChars: 100, complete: 'style' } }

async function picksOf(field: Field, count: number, limit: number): Promise<readonly string[] | undefined> {
  const all = Array.from({ length: count }, (_, n) => ({ name: `style-${n}`, about: 'a look' }))
  const styles = { search: async (_typed: string, most: number) => all.slice(0, most) }
  const form = { title: 'T', command: 'again', fixed: {}, submit: 'Draw', fields: [field] }
  const { fields } = await withStylePicks(form, { styles } as unknown as CommandContext, limit, english)
  return fields[0]!.picks?.map(({ value }) => value)
}

test('as many as a list holds, with none among them, are picked from; one more is typed', async () => {
  assert.equal((await picksOf(style, 24, 25))!.length, 25)
  assert.equal(await picksOf(style, 25, 25), undefined)
  const required: Field = { ...style, option: { ...style.option, required: true } as Field['option'] }
  assert.equal((await picksOf(required, 25, 25))!.length, 25)
  assert.equal((await picksOf(required, 25, 25))!.includes('none'), false)
})

test('a style in use that the list does not have is typed, so that it is not lost', async () => {
  assert.deepEqual(await picksOf({ ...style, value: 'style-1' }, 2, 25), ['none', 'style-0', 'style-1'])
  assert.equal(await picksOf({ ...style, value: 'of another place' }, 2, 25), undefined)
})

test('other fields stay as they are', async () => {
  assert.equal(await picksOf({ ...style, option: { kind: 'text', help: 'Words', maxChars: 100, complete: 'prompt' } }, 2, 25), undefined)
})

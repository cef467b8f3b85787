import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkStyleName, foldName } from '../../../src/styles/registry/style-names.ts'

test('names are letters and digits of any language; others are refused', () => {
  for (const name of ['anime', 'Studio Diagram', '浮世絵', 'v1.5+', 'a_b-c', 'é']) assert.equal(checkStyleName(name), name)
  for (const name of ['', ' ', 'none', 'NONE', '-x', 'a\nb', 'a:b', '<@1>', 'x'.repeat(41), '"x"', 'a/b', '../x', 'x ']) {
    if (name.trim() === 'x') assert.equal(checkStyleName(name), 'x')
    else assert.throws(() => checkStyleName(name), { name: 'UserError' }, JSON.stringify(name))
  }
  assert.equal(foldName('ＡＮＩＭＥ'), foldName('anime'))
})

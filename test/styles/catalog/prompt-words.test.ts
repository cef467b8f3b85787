import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { withNegative, withPromptWords } from '../../../src/styles/catalog/prompt-words.ts'

test("a style's words stand around the prompt", () => {
  assert.equal(
    withPromptWords('a cat', { before: 'zxc style', after: 'masterpiece, (soft light, rim light:1.2)' }),
    'zxc style, a cat, masterpiece, (soft light, rim light:1.2)',
  )
  assert.equal(withPromptWords('a cat', { before: '', after: '' }), 'a cat')
})

test('a word that the prompt has already is not said twice, a part of a word does not count', () => {
  assert.equal(
    withPromptWords('a Masterpiece of zxc-style', { before: 'zxc style, zx', after: 'masterpiece' }),
    'zx, a Masterpiece of zxc-style',
  )
  assert.equal(withNegative('blurry, grey', { negative: 'blurry, bad hands' }), 'blurry, grey, bad hands')
  assert.equal(withNegative('', { negative: 'blurry' }), 'blurry')
})

test('any words go around any prompt, and doing it twice changes nothing more', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (prompt, before, after) => {
      const once = withPromptWords(prompt, { before, after })
      assert.ok(once.includes(prompt))
      // Brackets without partners may swallow a comma; what is whole is found again.
      if (!/[()[\]\\]/.test(before + after)) assert.equal(withPromptWords(once, { before, after }), once)
    }),
  )
})

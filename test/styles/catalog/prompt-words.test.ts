import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { keyedTexts } from '../../../src/clip.ts'
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

test('a prompt that changes over the frames has them around every part', () => {
  assert.equal(
    withPromptWords('0: a cat | 16: a zxc dog', { before: 'zxc', after: 'masterpiece' }),
    '0: zxc, a cat, masterpiece | 16: a zxc dog, masterpiece',
  )
  assert.equal(withNegative('0: blurry | 8: grey', { negative: 'grey' }), '0: blurry, grey | 8: grey')
})

test('any words go around any prompt, and doing it twice changes nothing more', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (prompt, before, after) => {
      const once = withPromptWords(prompt, { before, after })
      assert.ok(keyedTexts(prompt).every(({ text }) => once.includes(text)))
      // Brackets without partners may swallow a comma, and `0:` with `|` makes keys of frames; what is whole is found again.
      if (!/[()[\]\\:|]/.test(before + after)) assert.equal(withPromptWords(once, { before, after }), once)
    }),
  )
})

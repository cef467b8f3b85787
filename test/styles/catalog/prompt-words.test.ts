import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parsePrompt } from '../../../src/engine/text/prompt.ts'
import { withNegative, withPromptWords } from '../../../src/styles/catalog/prompt-words.ts'
import { searchStyles } from '../../../src/styles/catalog/search-styles.ts'
import { promptWord, sanitizeText } from '../../../src/styles/intake/sanitize.ts'
import { checkStyleName, foldName } from '../../../src/styles/registry/style-names.ts'

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

test("a stranger's word is text to the prompt grammar: one piece of weight 1, however it is written", () => {
  for (const word of ['(evil:9)', '[a:b:0.5]', 'BREAK', 'a\\', '((x', 'fate (series)', 'x AND y :3', 'a,b', '<lora:x:1>']) {
    const pieces = parsePrompt(promptWord(word))
    assert.ok(pieces.length <= 1 && pieces.every(({ weight, breakBefore }) => weight === 1 && !breakBefore), word)
    assert.doesNotMatch(promptWord(word), /\bAND\b|,/)
  }
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (word) => {
      assert.ok(parsePrompt(promptWord(word)).every(({ weight, breakBefore }) => weight === 1 && !breakBefore))
    }),
  )
})

test('text from a file loses what would hide or turn it, and is cut', () => {
  assert.equal(sanitizeText('a\u202e\u200bb\u0007\n c  \ufeffd', 100), 'a b c d')
  assert.equal(sanitizeText('😀'.repeat(50), 10), '😀'.repeat(10))
})

test('names are letters and digits of any language; others are refused', () => {
  for (const name of ['anime', 'Studio Diagram', '浮世絵', 'v1.5+', 'a_b-c', 'é']) assert.equal(checkStyleName(name), name)
  for (const name of ['', ' ', 'none', 'NONE', '-x', 'a\nb', 'a:b', '<@1>', 'x'.repeat(41), '"x"', 'a/b', '../x', 'x ']) {
    if (name.trim() === 'x') assert.equal(checkStyleName(name), 'x')
    else assert.throws(() => checkStyleName(name), { name: 'UserError' }, JSON.stringify(name))
  }
  assert.equal(foldName('ＡＮＩＭＥ'), foldName('anime'))
})

test('search gives the best match first: the name, its beginning, a word, a part, letters in order, the description', () => {
  const of = (name: string, about = '', aliases: string[] = []) => ({ name, about, aliases })
  const styles = [
    of('old anime'),
    of('animex'),
    of('panimo'),
    of('anime'),
    of('sepia', 'as in anime films'),
    of('toon', '', ['anime']),
    of('aXnYiZm'),
    of('other'),
  ]
  assert.deepEqual(
    searchStyles(styles, 'anim', 10).map(({ name }) => name),
    ['anime', 'animex', 'toon', 'old anime', 'panimo', 'aXnYiZm', 'sepia'],
  )
  assert.equal(searchStyles(styles, 'anime', 10)[0]!.name, 'anime')
  assert.equal(searchStyles(styles, '', 3).length, 3)
  const many = Array.from({ length: 1000 }, (_, i) => of(`style ${i}`))
  assert.deepEqual(
    searchStyles(many, 'style 777', 25).map(({ name }) => name),
    ['style 777'],
  )
})

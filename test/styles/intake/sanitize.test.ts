import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parsePrompt } from '../../../src/engine/text/prompt.ts'
import { promptWord, sanitizeText } from '../../../src/styles/intake/sanitize.ts'

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

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePrompt } from '../../../src/engine/text/prompt.ts'

/** Each piece as `text*weight`, a break as `|`; weights to six digits. */
const parsed = (prompt: string): string =>
  parsePrompt(prompt)
    .map(({ text, weight, breakBefore }) => `${breakBefore ? '|' : ''}${text}*${Number(weight.toFixed(6))}`)
    .join(' ')

for (const [prompt, expected] of [
  ['a cat', 'a cat*1'],
  ['', ''],
  ['a (cat)', 'a *1 cat*1.1'],
  ['a ((cat))', 'a *1 cat*1.21'],
  ['a [cat]', 'a *1 cat*0.909091'],
  ['a (cat:1.3), b', 'a *1 cat*1.3 , b*1'],
  ['(cat : .5 )', 'cat *0.5'],
  ['(a (b:1.5):2)', 'a *2 b*3'],
  ['(a [b] c)', 'a *1.1 b*1  c*1.1'],
  ['(a [b) c]', 'a *1.1 b*1  c*0.909091'],
  ['(x:-1)', 'x*-1'],
  ['\\(a\\) \\[b\\] \\\\', '(a) [b] \\*1'],
  ['cat\\(series\\) (dog)', 'cat(series) *1 dog*1.1'],
  ['a BREAK b', 'a *1 | b*1'],
  ['(a BREAK b:1.2)', 'a *1.2 | b*1.2'],
  ['a BREAK', 'a *1 |*1'],
  ['BREAKFAST', 'BREAKFAST*1'],
] as const) {
  test(`${JSON.stringify(prompt)} is read as AUTOMATIC1111 does`, () => assert.equal(parsed(prompt), expected))
}

for (const prompt of ['a cat)', ']]', ':)', 'a:1.3)', '16:9, 10:30']) {
  test(`${JSON.stringify(prompt)} closes what was never opened: letters`, () => {
    assert.deepEqual(parsePrompt(prompt), [{ text: prompt, weight: 1 }])
  })
}

for (const [prompt, expected] of [
  ['a (cat', 'a *1 cat*1.1'],
  ['a [cat', 'a *1 cat*0.909091'],
  ['((a)', 'a*1.21'],
  ['[(a:1.2)', 'a*1.090909'],
  [')(', ')*1'],
  ['((((', ''],
  ['(:', ':*1.1'],
] as const) {
  test(`${JSON.stringify(prompt)} opens what holds to the end`, () => assert.equal(parsed(prompt), expected))
}

for (const prompt of ['a sad cat :(', ':[', 'no :( more', ">:'(", ':((']) {
  test(`${JSON.stringify(prompt)} has a face, which is letters`, () => assert.deepEqual(parsePrompt(prompt), [{ text: prompt, weight: 1 }]))
}

test('a long number after a colon is no strength', () => assert.equal(parsed('(id:123456)'), 'id:123456*1.1'))

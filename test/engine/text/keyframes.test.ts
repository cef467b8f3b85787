import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blendAt, heldKeyframes, numbersOver, parseKeyframes, parseNumberKeyframes } from '../../../src/engine/text/keyframes.ts'

test('keys are read in any order, with whatever the prompt grammar has inside them', () => {
  assert.deepEqual(parseKeyframes('0: a [cat|dog] | 24 : a (bird:1.2), flying|8:\na [fish:crab:0.5] AND the sea :0.6', 32), [
    { frame: 0, value: 'a [cat|dog]' },
    { frame: 8, value: 'a [fish:crab:0.5] AND the sea :0.6' },
    { frame: 24, value: 'a (bird:1.2), flying' },
  ])
})

test('any other prompt is no travel, with or without bars and numbers', () => {
  for (const prompt of ['a cat', '', 'a cat | a dog', '[0: a cat | 8: a dog]', '2001: a space odyssey', 'no. 7: x | 8: y']) {
    assert.equal(parseKeyframes(prompt, 16), null, prompt)
  }
})

for (const [text, code, sentence] of [
  ['0: a cat | a dog', 'keyframe-missing', /begins with its frame, as in "16: …": not "a dog"/],
  ['0: a cat | 16: a dog', 'keyframe-beyond', /no frame 16: this clip has 16, counted from 0 to 15/],
  ['0: a cat | 8: a dog | 8: a fish', 'keyframe-twice', /Frame 8 is given twice/],
] as const) {
  test(`"${text}" is refused in a clip of 16 frames: ${sentence.source}`, () => {
    assert.throws(() => parseKeyframes(text, 16), { name: 'UserError', code, message: sentence })
  })
}

test('numbers travel too, and nothing else is taken for them', () => {
  assert.deepEqual(parseNumberKeyframes('0: 7.5 | 8: 4', 16), [
    { frame: 0, value: 7.5 },
    { frame: 8, value: 4 },
  ])
  for (const text of ['7', '0: 7 | 8: seven', '0: 7 | 8:', '0: 7 | 8: Infinity']) {
    assert.throws(() => parseNumberKeyframes(text, 16), { code: 'keyframe-number', message: /written as in "0: 7 \| 16: 4"/ }, text)
  }
})

const keys = [
  { frame: 2, value: 10 },
  { frame: 6, value: 30 },
]

test('an open clip holds its first key before it and its last behind it', () => {
  assert.deepEqual([...numbersOver(keys, { frames: 10, cyclic: false })], [10, 10, 10, 15, 20, 25, 30, 30, 30, 30])
})

test('a closed clip goes from its last key on to its first', () => {
  const over = [...numbersOver(keys, { frames: 10, cyclic: true })]
  assert.deepEqual(
    over.map((value) => Math.round(value * 100) / 100),
    [16.67, 13.33, 10, 15, 20, 25, 30, 26.67, 23.33, 20],
  )
})

test('one key holds everywhere', () => {
  for (const cyclic of [false, true]) {
    for (const frame of [0, 3, 9]) assert.deepEqual(blendAt(keys.slice(0, 1), frame, { frames: 10, cyclic }), { from: 0, to: 0, t: 0 })
  }
})

test('a text may hold for a share of the way before it changes, and the last key of an open clip needs no copy', () => {
  const held = heldKeyframes(keys, 0.5, { frames: 10, cyclic: false })
  assert.deepEqual(
    held.map(({ frame }) => frame),
    [2, 4, 6],
  )
  assert.deepEqual([...numbersOver(held, { frames: 10, cyclic: false })].slice(2, 7), [10, 10, 10, 20, 30])
})

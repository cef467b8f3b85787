// What people get to see of a drawing: its size, and the words that come with it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { remark } from '../../src/render/known-words.ts'
import { enlargement } from '../../src/render/render.ts'

test('stamps are enlarged until people can see them, larger pictures stay as they were drawn', () => {
  const sides = [
    [64, 64, 4],
    [96, 64, 4],
    [128, 128, 2],
    [256, 256, 1],
    [512, 384, 1],
    [8, 8, 4],
  ] as const
  for (const [width, height, scale] of sides) assert.equal(enlargement({ width, height }), scale, `${width}×${height}`)
})

const known = {
  subjects: { ball: 'bouncing', fish: 'swimming' },
  colours: ['red', 'blue'],
  places: { sea: 'over the sea', snow: 'in the snow' },
}

test('a prompt with a known subject needs no remark, one without gets one sentence with what is known and what to do', () => {
  for (const prompt of ['a red ball', 'BALLS!', 'many fish', '(ball:1.3)']) assert.equal(remark(known, prompt), undefined, prompt)
  for (const prompt of ['a cathedral', '', 'football', '红球']) {
    assert.match(remark(known, prompt)!.message, /knows ball and fish, in red and blue, over the sea and in the snow.*models pull/, prompt)
  }
})

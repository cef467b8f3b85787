// What people get to see of a render: its size, and the words that come with it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { remark } from '../../src/render/known-words.ts'
import { enlargement } from '../../src/render/render.ts'

test('stamps are enlarged until people can see them, larger ones stay as they were rendered', () => {
  const sizes = [
    { width: 64, height: 64, scale: 4 },
    { width: 96, height: 64, scale: 4 },
    { width: 128, height: 128, scale: 2 },
    { width: 256, height: 256, scale: 1 },
    { width: 512, height: 384, scale: 1 },
    { width: 8, height: 8, scale: 4 },
  ]
  for (const { width, height, scale } of sizes) assert.equal(enlargement({ width, height }), scale, `${width}×${height}`)
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

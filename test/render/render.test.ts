// What people get to see of a render: its size, and the words that come with it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enlargement } from '../../src/render/render.ts'
import { remark } from '../../src/render/unknown-words.ts'

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
  names: {},
  sizes: {},
  phrases: {},
}

test('words that the small model does not know are named one by one, with what it drew; no command stands there', () => {
  for (const prompt of ['a red ball', 'BALLS!', 'fishes in the snow', '(ball:1.3)', 'a blue fish swimming over the sea <lora:x:1>']) {
    assert.equal(remark(known, prompt), undefined, prompt)
  }
  const sentences: readonly (readonly [prompt: string, code: string, sentence: string])[] = [
    ['a cat on a ball', 'small-world-partly', 'The small model knows ball, not cat: it drew a ball.'],
    [
      'a fish and a ball in a big bath',
      'small-world-partly',
      'The small model knows ball and fish, not big and bath: it drew a ball and a fish.',
    ],
    ['a cathedral', 'small-world', 'The small model does not know cathedral. It knows ball and fish.'],
    ['the football', 'small-world', 'The small model does not know football. It knows ball and fish.'],
    ['', 'small-world-empty', 'The small model knows ball and fish: name one of them.'],
    ['红球', 'small-world-english', 'The small model reads English, and knows ball and fish.'],
    ['красный мяч', 'small-world-english', 'The small model reads English, and knows ball and fish.'],
    ['eine Kathedrale', 'small-world', 'The small model does not know eine and kathedrale. It knows ball and fish.'],
  ]
  for (const [prompt, code, message] of sentences) {
    const note = remark(known, prompt)
    assert.deepEqual({ code: note?.code, message: note?.message }, { code, message }, prompt)
  }
})

test('what a subject is called otherwise is the subject, and sizes and other ways to say where are known', () => {
  const wider = {
    ...known,
    subjects: { ...known.subjects, butterfly: 'fluttering', ufo: 'hovering' },
    names: { ufo: ['flying saucer'] },
    sizes: { big: ['big', 'huge'] },
    phrases: { sea: ['on the ocean'] },
  }
  for (const prompt of ['a huge flying saucer on the ocean', 'butterflies over the sea', 'big saucers']) {
    assert.equal(remark(wider, prompt), undefined, prompt)
  }
  assert.equal(remark(wider, 'a saucer in a cup')?.message, 'The small model knows ufo, not cup: it drew a ufo.')
  assert.equal(remark(wider, 'something flying')?.code, 'small-world')
})

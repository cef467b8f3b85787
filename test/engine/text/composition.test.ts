import assert from 'node:assert/strict'
import { test } from 'node:test'
import { composition } from '../../../src/engine/text/composition.ts'

test('AND joins prompts, each with a weight', () => {
  assert.deepEqual(composition('a cat AND a dog :0.6 AND rain:-1'), [
    { text: 'a cat', weight: 1 },
    { text: 'a dog', weight: 0.6 },
    { text: 'rain', weight: -1 },
  ])
})

test('a prompt without AND is whole, and words that contain it are words', () => {
  for (const prompt of ['a screen of 16:9', 'SAND and LAND', '']) assert.deepEqual(composition(prompt), [{ text: prompt, weight: 1 }])
})

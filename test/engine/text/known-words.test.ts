// What a model of a small world reads of a prompt: its own words, and nothing besides.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openModel } from '../../../src/engine/index.ts'
import { cpu } from '../../../src/engine/targets/cpu.ts'
import { textToImageTrainee } from '../../../src/engine/training/trainees/text-to-image.ts'
import { textualInversionTrainee } from '../../../src/engine/training/trainees/textual-inversion.ts'
import { promptOf, wholeWorld } from '../../../src/judge/world-words.ts'
import { pocket } from '../../../src/paths.ts'

const model = openModel({ checkpoint: pocket })
const { tokenizer } = model
const whole = tokenizer.unrestricted!

test('words that the small model does not know are not read, nor digits and marks, nor commas around them', () => {
  const read: readonly (readonly [prompt: string, what: string])[] = [
    ['cinematic photo, a red balloon over the sea', 'a red balloon over the sea'],
    ['A charcoal drawing of a RED balloon, 8k, f/1.8, over the sea!!!', 'a a red balloon, over the sea'],
    ['two red balloons; three butterflies', 'red balloon butterfly'],
    ['a red balloon, masterpiece, best quality', 'a red balloon'],
    [', over the sea', ', over the sea'],
    ['ballooning 红球', ''],
    ['', ''],
  ]
  for (const [prompt, what] of read) assert.deepEqual(tokenizer.encode(prompt), whole.encode(what), prompt)
})

test('every caption of the world that it was trained on is read as it stands', () => {
  for (let seed = 0; seed < 3000; seed++) {
    const { text } = promptOf(wholeWorld, seed)
    assert.deepEqual(tokenizer.encode(text), whole.encode(text), text)
  }
})

test('a whole model may learn words that its base does not know, and a word may begin as any', async () => {
  const { objective } = textToImageTrainee(model, { textEncoder: true, clipSkip: 1, writtenType: 'float16' })
  const caption = 'a dragon over the sea'
  const captions = await objective.captions([caption], {
    target: cpu(),
    clipSkip: 1,
    load: () => assert.fail('the encoder is in the graph'),
  })
  const ids = whole.encode(caption)
  assert.deepEqual([...(captions.get(caption)!['ids'] as Int32Array)].slice(1, 1 + ids.length), ids)
  assert.notDeepEqual(ids, tokenizer.encode(caption))
  assert.doesNotThrow(() => textualInversionTrainee(model, { word: 'drake', vectors: 1, initialWords: 'dragon', writtenType: 'float16' }))
})

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pocket } from '../../../src/paths.ts'
import { knownPrompts } from '../../../src/render/training/known-prompts.ts'
import { trainingRecipe } from '../../../src/render/training/training-recipe.ts'
import { noteOnUnknownWords } from '../../../src/render/unknown-words.ts'
import { runTraining } from '../../../src/trainer/training-run.ts'
import { lookPictures } from '../../look-pictures.ts'
import { temporaryFolder } from '../../store/folder.ts'

const folder = temporaryFolder()

test('a small model is asked of all its subjects, colours and places in words that it knows; another model of none', () => {
  const files = { checkpoint: pocket, loras: [] }
  const prompts = knownPrompts(files, 120)
  assert.equal(new Set(prompts).size, 120)
  for (const prompt of prompts) assert.equal(noteOnUnknownWords(files, prompt), undefined, prompt)
  for (const word of ['duck', 'orange', 'under water']) assert.ok(prompts.filter((prompt) => prompt.includes(word)).length >= 5, word)
  assert.match(prompts.find((prompt) => prompt.includes('orange'))!, /^an orange /)
  assert.deepEqual(knownPrompts({ ...files, checkpoint: 'test/fixtures' }, 3), [])
})

test('what is learned on the small model is shown an image of its own for every 25 steps, beside the pictures', {
  timeout: 120_000,
}, async () => {
  const pictures = join(folder, 'pictures')
  mkdirSync(pictures)
  for (const { name, bytes } of await lookPictures('noir', 5, 32)) writeFileSync(join(pictures, name), bytes)
  const request = trainingRecipe({ folder: pictures, word: 'noir', base: { checkpoint: pocket, loras: [] } }, 50)
  assert.equal(request.regularization?.prompts.length, 2)
  const run = runTraining(request, join(folder, 'noir.safetensors'), {
    ...{ cacheDir: join(folder, 'cache'), device: 'cpu', version: '1.2.3', restart: false, saveEvery: 10 },
    ...{ digestOf: async (path) => path, availableBytes: process.availableMemory() },
  })
  try {
    for await (const progress of run) {
      if (progress.stage !== 'ready') continue
      assert.equal(progress.items, 5 + 2)
      return
    }
    assert.fail('it never was ready')
  } finally {
    await run.return(false)
  }
})

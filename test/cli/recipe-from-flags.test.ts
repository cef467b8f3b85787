// What the flags of `zoetrope animate` ask for.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { recipeFromFlags } from '../../src/cli/animate/recipe-from-flags.ts'
import { readConfig } from '../../src/config.ts'
import { temporaryFolder } from '../store/folder.ts'

const config = readConfig({ ZOETROPE_HOME: temporaryFolder() })
const checkpoint = join(import.meta.dirname, '../fixtures/tiny/checkpoint.safetensors')

test('a checkpoint without a motion module draws a still, and a clip by Text2Video-Zero', async () => {
  const framesWith = async (flags: object): Promise<number> => {
    const asked = { checkpoint, lora: [], embedding: [], device: 'cpu', ...flags }
    return (await recipeFromFlags('a cat', asked, config, 'zoetrope')).request.frames
  }
  assert.deepEqual(await Promise.all([{}, { method: 'zero' }, { method: 'zero', frames: 5 }].map(framesWith)), [1, 8, 5])
})

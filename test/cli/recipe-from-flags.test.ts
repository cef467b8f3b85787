// What the flags of `zoetrope animate` ask for.

import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { recipeFromFlags } from '../../src/cli/animate/recipe-from-flags.ts'
import { readConfig } from '../../src/config.ts'
import { temporaryFolder } from '../store/folder.ts'

const folder = temporaryFolder()
const config = readConfig({ ZOETROPE_HOME: folder })
const tiny = join(import.meta.dirname, '../fixtures/tiny')
const checkpoint = join(tiny, 'checkpoint.safetensors')

const requestOf = async (flags: object) =>
  (await recipeFromFlags('a cat', { checkpoint, lora: [], embedding: [], device: 'cpu', ...flags }, config, 'zoetrope')).request

test('a checkpoint without a motion module draws a still, and a clip by Text2Video-Zero', async () => {
  const framesWith = async (flags: object): Promise<number> => (await requestOf(flags)).frames
  assert.deepEqual(await Promise.all([{}, { method: 'zero' }, { method: 'zero', frames: 5 }].map(framesWith)), [1, 8, 5])
})

test('sides that are asked for are drawn, as previews of a training ask for them', async () => {
  const { width, height } = await requestOf({ width: 64, height: 128 })
  assert.deepEqual([width, height], [64, 128])
})

test('what a motion module was distilled to is for what it draws: not for a still, nor for Text2Video-Zero', async () => {
  const motion = join(folder, 'animatediff_lightning_4step.safetensors')
  copyFileSync(join(tiny, 'motion_v2.safetensors'), motion)
  const drawnWith = async (flags: object) => {
    const { steps, guidance } = await requestOf({ motion, ...flags })
    return [steps, guidance]
  }
  assert.deepEqual(await drawnWith({}), [4, 1])
  for (const flags of [{ frames: 1 }, { seconds: 0.1 }, { method: 'zero' }]) {
    assert.deepEqual(await drawnWith(flags), [25, 7.5], JSON.stringify(flags))
  }
  assert.deepEqual(await drawnWith({ frames: 1, steps: 6, guidance: 2 }), [6, 2], 'what a person names is theirs')
})

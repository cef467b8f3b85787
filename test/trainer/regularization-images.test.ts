import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { frameAt } from '../../src/engine/index.ts'
import { distance } from '../../src/judge/measures.ts'
import { pocket } from '../../src/paths.ts'
import { pocketDataset } from '../../src/trainer/pocket-dataset.ts'
import { regularizationImages } from '../../src/trainer/regularization-images.ts'
import { temporaryFolder } from '../store/folder.ts'

const size = { width: 128, height: 128 }
const options = {
  model: { checkpoint: pocket },
  prompts: ['a red ball bouncing in a meadow', 'a blue boat rocking over the sea'],
  caption: 'noir',
  baseDigest: 'any',
  device: 'cpu',
  weightDir: join(temporaryFolder(), 'weights'),
} as const

describe('regularization images', { timeout: 120_000 }, () => {
  const noir = regularizationImages(pocketDataset({ count: 5, frames: 1, look: 'noir' }), options)
  const plain = regularizationImages(pocketDataset({ count: 5, frames: 1 }), options)
  after(() => Promise.all([noir.close(), plain.close()]))

  test('show each its prompt, in the colours of the pictures, the same whenever they are asked for', async () => {
    const [ball, boat] = await Promise.all(noir.entries.map((entry) => entry.decode(size)))
    assert.deepEqual([ball!.count, ball!.width, ball!.height], [1, 128, 128])
    for (let i = 0; i < ball!.data.length; i += 3) assert.ok(Math.abs(ball!.data[i]! - ball!.data[i + 1]!) <= 2)
    assert.ok(distance(frameAt(ball!, 0), frameAt(boat!, 0)) > 10)
    assert.deepEqual(await noir.entries[0]!.decode(size), ball)
    const coloured = await plain.entries[0]!.decode(size)
    assert.ok(coloured.data.some((value, i) => i % 3 === 0 && Math.abs(value - coloured.data[i + 1]!) > 50))
  })

  test('are cached by what decides them, with the word before the prompt', () => {
    assert.deepEqual(
      noir.entries.map(({ caption }) => caption),
      options.prompts.map((prompt) => `noir, ${prompt}`),
    )
    const stamps = [noir, plain, regularizationImages(pocketDataset({ count: 5, frames: 1 }), { ...options, baseDigest: 'other' })]
    assert.equal(new Set(stamps.flatMap(({ entries }) => entries.map(({ stamp }) => stamp))).size, 6)
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPublishedModels, wantedModel } from '../../../src/styles/download/published-models.ts'
import { models } from '../test-styles.ts'

test('each published model is named once, with source, size and licence where it is stated', () => {
  const published = readPublishedModels(models)
  const names = published.map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
  const kinds = Object.groupBy(published, ({ kind }) => kind)
  assert.equal(kinds['motion-lora']!.length, 8)
  for (const name of ['sd15', 'motion-v1', 'motion-v2', 'motion-v3', 'adapter-v3', 'animatelcm', 'lightning-4'])
    assert.ok(names.includes(name), name)
  for (const { name, needs = [], bytes: exact, megabytes } of published) {
    for (const other of needs) assert.ok(names.includes(other), `${name} needs ${other}`)
    if (exact !== undefined) assert.equal(megabytes, Math.round(exact / 1e6), name)
    assert.equal(wantedModel(name, published).name, name)
  }
  assert.equal(wantedModel('v3_sd15_mm.ckpt', published).name, 'motion-v3')
  assert.throws(() => wantedModel('nothing', published), { code: 'unknown-model' })
})

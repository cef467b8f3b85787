import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DatasetEntry } from '../../src/trainer/dataset.ts'
import { provenanceOf } from '../../src/trainer/provenance.ts'
import type { TrainingRequest } from '../../src/trainer/training-request.ts'

const request: TrainingRequest = {
  ...{
    kind: 'lora',
    data: 'pictures',
    caption: '',
    model: { checkpoint: 'base' },
    continues: false,
    layout: 'official',
    rank: 4,
    alpha: 4,
  },
  ...{ width: 64, height: 64, frames: 1, stride: 1, clipSkip: 1, writtenType: 'float16', steps: 1, batch: 1, learningRate: 1e-4 },
  ...{
    schedule: 'constant',
    warmup: 0,
    weightDecay: 0,
    clip: 1,
    weighting: 'none',
    offsetNoise: 0,
    emptyCaptions: 0,
    flip: false,
    seed: '0',
  },
}

const tagsOf = (captions: readonly string[]): unknown => {
  const entries = captions.map((caption): DatasetEntry => ({ name: '', caption, stamp: '', decode: () => assert.fail('none is decoded') }))
  const making = { request, entries, baseDigest: '', outputName: 'one', stepsDone: 1, version: '0' }
  return JSON.parse(provenanceOf(making).get('ss_tag_frequency')!)
}

test('a file names the tags of half of its captions, whatever stands beside them, and no sentence', () => {
  assert.deepEqual(tagsOf(['noir, a cat', 'noir', 'a dog, noir, noir']), { pictures: { noir: 3 } })
  assert.deepEqual(tagsOf(['ink, night', 'ink, night, moon', 'ink', 'ink']), { pictures: { ink: 4, night: 2 } })
  assert.deepEqual(tagsOf(['a cat in the snow', 'a dog at sea', 'a cat in the snow', 'a bird', 'a fish']), { pictures: {} })
})

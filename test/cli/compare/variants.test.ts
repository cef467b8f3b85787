// What is compared, by names that tell one from another.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { paperQuestions, variantsIn } from '../../../src/cli/compare/questions.ts'
import { shortPaths } from '../../../src/cli/compare/short-paths.ts'
import { variantsOf } from '../../../src/cli/compare/variants.ts'

const bases = ['/models/one/model.safetensors', '/models/two/model.safetensors']
const styles = [
  { file: '/looks/one/lora.safetensors', strength: 1 },
  { file: '/looks/two/lora.safetensors', strength: 1 },
  { file: '/looks/two/lora.safetensors', strength: 0.5 },
]

test('a path is as short as it can be and still be told from the others', () => {
  const short = (...paths: string[]) => [...shortPaths(paths).values()]
  assert.deepEqual(short('/a/b/c', '/a/b/d'), ['c', 'd'])
  assert.deepEqual(short('/a/b/c', '/a/d/c', '/a/b/e'), ['b/c', 'd/c', 'e'])
  assert.deepEqual(short('/b/c', '/a/b/c', '/a/b/c'), ['/b/c', 'a/b/c'])
})

test('files of one name are variants of their own, whatever folders they lie in', () => {
  const compared = variantsOf({ methods: ['zero'], bases, motions: [{}], styles })
  const names = variantsIn([{ variants: compared }]).map(({ name }) => name)
  assert.deepEqual(names.slice(0, 4), [
    'zero, one/model.safetensors',
    'zero, one/model.safetensors, one/lora.safetensors 1',
    'zero, one/model.safetensors, two/lora.safetensors 1',
    'zero, one/model.safetensors, two/lora.safetensors 0.5',
  ])
  assert.equal(names.length, 8)
})

test("so are they where the paper's questions are asked", () => {
  const motions = [{ strength: 1, file: '/motion' }]
  const questions = paperQuestions({ checkpoint: '/base', motions, styles, others: bases })
  assert.deepEqual(
    variantsIn(questions).map(({ name }) => name),
    [
      'AnimateDiff',
      'Text2Video-Zero',
      ...['one/lora 1', 'two/lora 1', 'two/lora 0.5'],
      ...['one/model.safetensors', 'two/model.safetensors'],
    ],
  )
})

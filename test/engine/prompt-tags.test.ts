import assert from 'node:assert/strict'
import { test } from 'node:test'
import { promptTags, withoutTags } from '../../src/engine/prompt-tags.ts'

test('tags are read with their names and strengths', () => {
  const read = (prompt: string) => promptTags(prompt).map(({ kind, name, strength }) => [kind, name, strength])
  assert.deepEqual(read('a cat <lora:add_detail:0.7>, <lyco:Some Look:-1.5> <hypernet:x:1>'), [
    ['lora', 'add_detail', 0.7],
    ['lora', 'Some Look', -1.5],
    ['hypernetwork', 'x', 1],
  ])
  assert.deepEqual(read('<lora:a> <LORA:b:> <lora:c:much> <lora:d:0.5:0.9> <lora:e:te=0.2:unet=0.4> <lora:f:.3:lbw=OUTALL>'), [
    ['lora', 'a', undefined],
    ['lora', 'b', undefined],
    ['lora', 'c', undefined],
    ['lora', 'd', 0.9],
    ['lora', 'e', 0.4],
    ['lora', 'f', 0.3],
  ])
  // As AUTOMATIC1111's extensions-builtin/Lora/extra_networks_lora.py reads them.
  const both = (prompt: string) => promptTags(prompt).map(({ strength, textStrength = strength }) => [textStrength, strength])
  assert.deepEqual(both('<lora:a:0.5:0.9> <lora:a:te=0.2:unet=0.4> <lora:a:te=0.2> <lora:a:unet=0.4> <lora:a:0.3:unet=0> <lora:a:0:1>'), [
    [0.5, 0.9],
    [0.2, 0.4],
    [0.2, 0.2],
    [1, 0.4],
    [0.3, 0],
    [0, 1],
  ])
})

test('what is no tag stays, and what is one goes, whole', () => {
  for (const prompt of ['a <3 cat', '<zoe> on a beach', '1 < 2 > 1', '<lora>', '<lora:>', '<style:a:1>', 'a (cat:1.2)'])
    assert.equal(withoutTags(prompt), prompt)
  assert.equal(withoutTags('a red ball <lora:add_detail:0.7>'), 'a red ball')
  assert.equal(withoutTags('<lora:a:1><lora:b:0.5>a [red:blue:0.5] ball'), 'a [red:blue:0.5] ball')
  assert.equal(withoutTags('<lora:a:1> x <lora:b:1>', new Set(['<lora:a:1>'])), 'x <lora:b:1>')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LowRank } from '../../../../src/engine/checkpoint/lora/delta.ts'
import { lowRankFactors } from '../../../../src/engine/checkpoint/lora/merge/merge.ts'
import { mergedWeights } from '../../../../src/engine/checkpoint/lora/merge/merged-weights.ts'
import { readLora } from '../../../../src/engine/checkpoint/lora/read.ts'
import { adapterInputs, type ScaledFactors } from '../../../../src/engine/checkpoint/lora/runtime/adapter-inputs.ts'
import {
  type AppliedDelta,
  type AppliedLora,
  planLoras,
  ranksOf,
  shapesIn,
} from '../../../../src/engine/checkpoint/lora/runtime/adapter-plan.ts'
import { adapterSlotOf, covers, joined, nameOf, rankCapacity } from '../../../../src/engine/checkpoint/lora/runtime/adapter-slots.ts'
import { type Content, fileOf, values } from '../tensor/tensors-in-memory.ts'
import { close } from './lora-algebra.ts'
import { applied, conv, kinds, kohya, matrix, target } from './lora-target.ts'

const shapeOf = shapesIn(target)

function loraOf(...adapters: readonly (readonly [path: string, contents: Readonly<Record<string, Content>>])[]) {
  return readLora(
    fileOf(adapters.flatMap(([path, contents]) => Object.entries(contents).map(([slot, it]) => [`${kohya(path)}.${slot}`, it] as const))),
    target,
  )
}

const on = (lora: AppliedLora['lora'], strength = 1, merged = false): AppliedLora => ({ lora, strength, merged })
const kindsOf = (all: readonly { delta: { kind: string } }[]): string[] => all.map(({ delta }) => delta.kind)

test('low-rank kinds are applied at run time, all others are merged', () => {
  for (const [kind, adapter] of Object.entries(kinds)) {
    const { adapters, merged } = planLoras([on(loraOf(adapter))], shapeOf)
    const lowRank = ['lora', 'locon', 'tucker'].includes(kind)
    const expected = lowRank ? { adapters: 1, merged: 0 } : { adapters: 0, merged: 1 }
    assert.deepEqual({ adapters: adapters.length, merged: merged.length }, expected, kind)
  }
})

test('a LoRA that is to be merged is, all of it, and one of strength 0 is left out', () => {
  const lora = loraOf(kinds['lora']!, kinds['locon']!)
  assert.deepEqual(kindsOf(planLoras([on(lora, 1, true)], shapeOf).merged), ['low-rank', 'low-rank'])
  assert.deepEqual(planLoras([on(lora, 0), on(lora, 0, true)], shapeOf), { adapters: [], merged: [] })
})

test('what comes before a turn of the weight is merged with it, what comes after is applied at run time', () => {
  const [low, turn, difference] = [loraOf(kinds['lora']!), loraOf(kinds['oft']!), loraOf([matrix, { diff: values([6, 4]) }])]
  const split = (...loras: AppliedLora[]) => {
    const { adapters, merged } = planLoras(loras, shapeOf)
    return { adapters: kindsOf(adapters), merged: kindsOf(merged) }
  }
  const apart = { adapters: ['low-rank'], merged: ['rotation'] }
  assert.deepEqual(split(on(low), on(turn)), { adapters: [], merged: ['low-rank', 'rotation'] })
  assert.deepEqual(split(on(turn), on(low)), apart)
  assert.deepEqual(split(on(low), on(difference)), { adapters: ['low-rank'], merged: ['addition'] }, 'sums commute')
  assert.deepEqual(split(on(loraOf(kinds['locon']!)), on(turn)), apart, 'another weight does not matter')
})

test('ranks that add up to more than 256 on one weight are merged from there on', () => {
  const wide = loraOf([matrix, { 'lora_down.weight': values([200, 4]), 'lora_up.weight': values([6, 200]) }])
  const narrow = loraOf(kinds['lora']!)
  const { adapters, merged } = planLoras([on(wide, 0.1), on(wide, 0.2), on(narrow, 0.3)], shapeOf)
  const strengths = (all: readonly { strength: number }[]) => all.map(({ strength }) => strength)
  assert.deepEqual({ adapters: strengths(adapters), merged: strengths(merged) }, { adapters: [0.1, 0.3], merged: [0.2] })
})

test('merging several LoRAs is merging one after the other', () => {
  const [one, other] = [on(loraOf(kinds['dora']!), 0.5), on(loraOf(kinds['lora']!), 0.8, true)]
  const [copy, ...rest] = mergedWeights(planLoras([one, other], shapeOf).merged, target)
  assert.equal(rest.length, 0, 'both touch one weight')
  const [, first] = applied(...kinds['dora']!, 0.5)
  const [before, second] = applied(...kinds['lora']!, 0.8)
  assert.deepEqual(
    { part: copy!.part, weight: copy!.weight, shape: copy!.shape },
    { part: 'unet', weight: `${matrix}.weight`, shape: [6, 4] },
  )
  close(
    copy!.values(),
    first.map((value, i) => value + second[i]! - before[i]!),
  )
})

test('weights have places; vectors and tables of embeddings have none', () => {
  const places = [
    ['unet', 'mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight', [4, 4], 'attention'],
    ['unet', 'mid_block.attentions.0.transformer_blocks.0.ff.net.2.weight', [4, 4], 'transformer'],
    ['unet', 'mid_block.attentions.0.proj_in.weight', [4, 4, 1, 1], 'transformer'],
    ['unet', 'down_blocks.0.resnets.0.conv1.weight', [4, 4, 3, 3], 'resnet'],
    ['unet', 'time_embedding.linear_1.weight', [4, 4], 'resnet'],
    ['unet', 'conv_norm_out.weight', [4], undefined],
    ['unet', 'conv_in.bias', [4], undefined],
    ['motion', 'up_blocks.0.motion_modules.0.transformer_blocks.0.attn1.to_out.0.weight', [4, 4], 'motion attention'],
    ['motion', 'up_blocks.0.motion_modules.0.proj_in.weight', [4, 4], 'motion'],
    ['text', 'text_model.encoder.layers.0.mlp.fc1.weight', [4, 4], 'text'],
    ['text', 'text_model.embeddings.token_embedding.weight', [4, 4], undefined],
    ['text', 'text_model.embeddings.position_embedding.weight', [4, 4], undefined],
  ] as const
  for (const [part, weight, shape, slot] of places) assert.equal(adapterSlotOf(part, weight, shape), slot, weight)
})

test('rank capacity comes in powers of two, and LoRAs on one weight share it', () => {
  assert.deepEqual(rankCapacity({ attention: 1, resnet: 9, text: 32, motion: 33 }), { attention: 8, resnet: 16, motion: 64, text: 32 })
  assert.deepEqual(rankCapacity({ attention: 0 }), {})
  const low = loraOf([matrix, { 'lora_down.weight': values([6, 4]), 'lora_up.weight': values([6, 6]) }])
  const ranks = (...loras: AppliedLora[]) => ranksOf(planLoras(loras, shapeOf).adapters, shapeOf)
  assert.deepEqual(ranks(on(low)), { attention: 8 })
  assert.deepEqual(ranks(on(low), on(low, 0.5)), { attention: 16 })
  assert.deepEqual(ranks(on(low), on(loraOf(kinds['locon']!))), { attention: 8, resnet: 8 })
  assert.equal(nameOf(ranks(on(low), on(loraOf(kinds['locon']!)))), 'attention 8, resnet 8')
})

test('a capacity covers what is not larger anywhere, and two joined cover both', () => {
  const [one, other] = [{ attention: 32 }, { attention: 8, text: 8 }] as const
  assert.ok(covers(one, { attention: 16 }) && covers(one, {}) && !covers(one, other) && !covers(other, one))
  assert.deepEqual(joined(one, other), { attention: 32, text: 8 })
})

test('fed factors are padded with zeros, side by side, their strengths apart', () => {
  const weights = target.unet
  const [{ delta }] = planLoras([on(loraOf(kinds['lora']!))], shapeOf).adapters as [AppliedDelta<LowRank>]
  const [first, second] = [0.5, -2].map((scale) => ({ ...lowRankFactors(delta), rank: 2, scale })) as [ScaledFactors, ScaledFactors]
  const feeds = adapterInputs('unet', weights, { attention: 8, resnet: 8 }, new Map([[`${matrix}.weight`, [first, second]]]))
  const fed = (path: string) =>
    ['down', 'up', 'scale'].map((end) => feeds[`${path}.weight.lora_${end}`]!) as [Float32Array, Float32Array, Float32Array]
  const [down, up, scale] = fed(matrix)
  assert.deepEqual(down, Float32Array.of(...first.down, ...second.down, ...new Float32Array(16)))
  for (let i = 0; i < 6; i++) {
    const row = [...first.up.subarray(2 * i, 2 * i + 2), ...second.up.subarray(2 * i, 2 * i + 2), 0, 0, 0, 0]
    assert.deepEqual([...up.subarray(8 * i, 8 * i + 8)], row)
  }
  assert.deepEqual([...scale], [0.5, 0.5, -2, -2, 0, 0, 0, 0])
  const untouched = fed(conv)
  assert.deepEqual(
    untouched.map(({ length }) => length),
    [8 * 4 * 9, 6 * 8, 8],
  )
  assert.ok(
    untouched.every((values) => values.every((value) => value === 0)),
    'a weight that nothing is applied to is fed zeros',
  )
  assert.deepEqual(
    Object.keys(adapterInputs('unet', weights, { resnet: 8 }, new Map())).filter((name) => !name.startsWith(conv)),
    [],
    'where there is no slot, nothing is fed',
  )
})

test('factors that fill their slot are fed as they are, whatever their strength', () => {
  const factors = { down: new Float32Array(8 * 4), up: new Float32Array(6 * 8), rank: 8, scale: 0.3 }
  const feeds = adapterInputs('unet', target.unet, { attention: 8 }, new Map([[`${matrix}.weight`, [factors]]]))
  assert.equal(feeds[`${matrix}.weight.lora_down`], factors.down)
  assert.equal(feeds[`${matrix}.weight.lora_up`], factors.up)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Graph, type Value } from '../../../src/engine/onnx/graph.ts'
import * as ops from '../../../src/engine/onnx/ops.ts'

/** A graph's inputs by shape. */
const g = new Graph('test')
const f = (...shape: number[]): Value => g.input('x', 'float32', shape)
const half = (...shape: number[]): Value => g.input('h', 'float16', shape)
const ids = (...shape: number[]): Value => g.input('ids', 'int32', shape)

const wrong: readonly (readonly [why: string, build: () => unknown, sentence: string])[] = [
  ['shapes that do not broadcast', () => ops.Add(f(2, 3), f(4, 3)), 'Add: shapes that broadcast; got x float32[2,3], x float32[4,3]'],
  ['two types', () => ops.Mul(f(2), half(2)), 'Mul: one element type; got x float32[2], h float16[2]'],
  ['fewer elements', () => ops.Reshape(f(2, 3), [7]), 'Reshape: as many elements as [7]; got x float32[2,3]'],
  ['an axis twice', () => ops.Transpose(f(2, 3), [0, 0]), 'Transpose: axes [0,0]; got x float32[2,3]'],
  ['an axis too many', () => ops.Transpose(f(2, 3), [0, 1, 2]), 'Transpose: axes [0,1,2]; got x float32[2,3]'],
  ['other sides', () => ops.Concat([f(2, 3), f(3, 3)], 1), 'Concat: equal shapes but axis 1; got x float32[2,3], x float32[3,3]'],
  ['another rank', () => ops.Concat([f(2, 3), f(2)], 0), 'Concat: equal shapes but axis 0; got x float32[2,3], x float32[2]'],
  ['unequal parts', () => ops.Split(f(2, 3), 2, 1), 'Split: axis 1 divisible by 2; got x float32[2,3]'],
  ['an end beyond', () => ops.Slice(f(2, 3), 1, 1, 4), 'Slice: 1:4 within axis 1; got x float32[2,3]'],
  ['nothing left', () => ops.Slice(f(2, 3), 1, 2, 2), 'Slice: 2:2 within axis 1; got x float32[2,3]'],
  ['too few pads', () => ops.Pad(f(2, 3), [1, 1]), 'Pad: 4 pads; got x float32[2,3]'],
  ['fractions as ids', () => ops.Gather(f(9, 3), f(2)), 'Gather: whole numbers as ids; got x float32[9,3], x float32[2]'],
  ['no picture', () => ops.Resize(f(2, 3), 4, 4), 'Resize: x [N, C, h, w]; got x float32[2,3]'],
  ['an axis that is not there', () => ops.ReduceMean(f(2, 3), [2]), 'ReduceMean: axes [2]; got x float32[2,3]'],
  ['inner sides that differ', () => ops.MatMul(f(2, 3), f(4, 5)), 'MatMul: equal inner sides; got x float32[2,3], x float32[4,5]'],
  ['no matrix', () => ops.MatMul(f(2, 3), f(3)), 'MatMul: two matrices; got x float32[2,3], x float32[3]'],
  [
    'inner sides that differ',
    () => ops.FusedMatMul(f(2, 3), f(3, 5), { transB: true }),
    'FusedMatMul: equal inner sides; got x float32[2,3], x float32[3,5]',
  ],
  [
    'other channels',
    () => ops.Conv(f(1, 3, 8, 8), f(4, 2, 3, 3), null),
    'Conv: x [N, C, h, w] and w [K, C/group, kh, kw]; got x float32[1,3,8,8], x float32[4,2,3,3]',
  ],
  ['a bias of another length', () => ops.Conv(f(1, 3, 8, 8), f(4, 3, 3, 3), f(3)), 'Conv: bias [K]; got x float32[4,3,3,3], x float32[3]'],
  [
    'another stride',
    () => ops.ConvTranspose(f(1, 3, 8, 8), f(3, 2, 4, 4), 2),
    'ConvTranspose: w [C, K, stride, stride]; got x float32[1,3,8,8], x float32[3,2,4,4]',
  ],
  [
    'other channels',
    () => ops.NhwcConv(f(1, 8, 8, 3), f(4, 3, 3, 2), null),
    'NhwcConv: x [N, C, h, w] and w [K, C/group, kh, kw]; got x float32[1,3,8,8], x float32[4,2,3,3]',
  ],
  [
    'a scale of another length',
    () => ops.LayerNormalization(f(2, 3), f(3), f(2), 1e-5),
    'LayerNormalization: scale and bias as long as the last axis; got x float32[2,3], x float32[3], x float32[2]',
  ],
  [
    'a scale of another length',
    () => ops.InstanceNormalization(f(2, 3, 4), f(4), f(3), 1e-5),
    'InstanceNormalization: scale and bias of x.shape[1]; got x float32[2,3,4], x float32[4], x float32[3]',
  ],
  [
    'groups that do not divide',
    () => ops.GroupNorm(f(1, 2, 2, 6), f(6), f(6), { groups: 4, epsilon: 1e-5, silu: false }),
    'GroupNorm: x [N, h, w, C] with C in 4 groups, gamma and beta [C]; got x float32[1,2,2,6], x float32[6], x float32[6]',
  ],
  [
    'an odd width',
    () => ops.BiasSplitGelu(f(2, 3), f(3)),
    'BiasSplitGelu: an even last axis and a bias of its length; got x float32[2,3], x float32[3]',
  ],
  [
    'another skip',
    () => ops.BiasAdd(f(2, 4, 3), f(3), f(2, 3, 3)),
    'BiasAdd: bias as long as the last axis and skip shaped as x; got x float32[2,4,3], x float32[3], x float32[2,3,3]',
  ],
  [
    'heads that do not divide',
    () => ops.Attention(f(1, 4, 6), f(1, 5, 6), f(1, 5, 6), { heads: 4 }),
    'Attention: q [N, S, C], k and v [N, L, C], C divisible by 4 heads; got x float32[1,4,6], x float32[1,5,6], x float32[1,5,6]',
  ],
  [
    'a value of another length',
    () => ops.MultiHeadAttention(f(1, 4, 6), f(1, 5, 6), f(1, 4, 6), { heads: 2 }),
    'MultiHeadAttention: q [N, S, C], k and v [N, L, C], C divisible by 2 heads; got x float32[1,4,6], x float32[1,5,6], x float32[1,4,6]',
  ],
]

for (const [why, build, sentence] of wrong) {
  test(`${sentence.slice(0, sentence.indexOf(':'))} refuses ${why} where it is written`, () => {
    assert.throws(build, { message: sentence })
  })
}

test('what fits is written with the shape that it gives', () => {
  const shape = ({ shape }: Value) => shape
  assert.deepEqual(shape(ops.Add(f(2, 1, 3), f(4, 1))), [2, 4, 3])
  assert.deepEqual(shape(ops.Gather(f(9, 3), ids(2, 5))), [2, 5, 3])
  assert.deepEqual(shape(ops.MatMul(f(5, 1, 2, 3), f(4, 3, 7))), [5, 4, 2, 7])
  assert.deepEqual(shape(ops.Conv(f(1, 4, 9, 8), f(6, 4, 3, 3), null, { stride: 2, pads: [0, 0, 1, 1] })), [1, 6, 4, 4])
  assert.deepEqual(shape(ops.NhwcConv(f(1, 9, 8, 4), f(6, 3, 3, 4), null, { stride: 2, pads: [1, 1, 1, 1] })), [1, 5, 4, 6])
  assert.deepEqual(shape(ops.Slice(f(2, 6, 3), 1, 2, 5)), [2, 3, 3])
  assert.deepEqual(ops.Split(f(2, 6), 3, 1).map(shape), [
    [2, 2],
    [2, 2],
    [2, 2],
  ])
})

test('a reshape or a cast to what is already there writes no node', () => {
  const graph = new Graph('test')
  const x = graph.input('x', 'float32', [2, 3])
  assert.equal(ops.Reshape(x, [2, 3]), x)
  assert.equal(ops.Cast(x, 'float32'), x)
  assert.equal(graph.nodes.length, 0)
})

test('equal constants are kept once, and a weight asked for twice is one weight', () => {
  const graph = new Graph('test')
  assert.equal(graph.constant([1, 2], [2], 'int64'), graph.constant([1, 2], [2], 'int64'))
  assert.notEqual(graph.constant([1, 2], [2], 'int64'), graph.constant([1, 2], [2], 'float32'))
  const weight = { name: 'w', dtype: 'F32', shape: [1], at: new Uint8Array(4) } as const
  assert.equal(graph.initializer(weight), graph.initializer(weight))
  assert.throws(() => graph.constant([1, 2], [3], 'float32'), { message: 'constant: 2 values for [3]' })
})

test('nodes carry the path of the block that wrote them, each name once', () => {
  const graph = new Graph('test')
  const x = graph.input('x', 'float32', [2])
  graph.within('mid_block', () => {
    ops.Add(x, x)
    graph.within('mid_block.attn', () => ops.Sqrt(x))
    ops.Add(x, x)
  })
  ops.Add(x, x)
  assert.deepEqual(
    graph.nodes.map(({ name }) => name),
    ['mid_block/Add', 'mid_block.attn/Sqrt', 'mid_block/Add:1', 'Add'],
  )
})

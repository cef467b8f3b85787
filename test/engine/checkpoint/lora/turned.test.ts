import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergeDelta } from '../../../../src/engine/checkpoint/lora/merge/merge.ts'
import { readLora } from '../../../../src/engine/checkpoint/lora/read.ts'
import { float32Of, tensorOf } from '../../../../src/engine/checkpoint/tensor/tensor.ts'
import { type Content, fileOf, scalar, values } from '../tensor/tensors-in-memory.ts'
import { close, sum } from './lora-algebra.ts'
import { applied, conv, kinds, matrix } from './lora-target.ts'

test('DoRA at strength 1 has the lengths that it stores, by row or by column', () => {
  const lora = { 'lora_down.weight': values([2, 4, 3, 3], 1), 'lora_up.weight': values([6, 2, 1, 1], 2) }
  const rows = values([6, 1, 1, 1], 3)
  const [, byRow] = applied(conv, { ...lora, dora_scale: rows }, 1)
  const lengths = Array.from({ length: 6 }, (_, o) => Math.hypot(...byRow.subarray(o * 36, (o + 1) * 36)))
  close(lengths, float32Of(rows).map(Math.abs))
  const columns = values([1, 4, 1, 1], 4)
  const [, byColumn] = applied(conv, { ...lora, dora_scale: columns }, 1)
  const inLengths = Array.from({ length: 4 }, (_, i) => Math.hypot(...byColumn.filter((_, n) => Math.floor(n / 9) % 4 === i)))
  close(inLengths, float32Of(columns).map(Math.abs))
})

test('DoRA keeps the direction of the weight with its LoRA', () => {
  const lora = { 'lora_down.weight': values([2, 4], 1), 'lora_up.weight': values([6, 2], 2), alpha: scalar(1) }
  const [, plain] = applied(matrix, lora, 1)
  const [, dora] = applied(
    matrix,
    {
      ...lora,
      dora_scale: tensorOf(
        '',
        [6, 1],
        Float32Array.from({ length: 6 }, (_, o) => Math.hypot(...plain.subarray(o * 4, o * 4 + 4))),
      ),
    },
    1,
  )
  close(dora, plain)
})

test('DoRA decomposes LoHa and LoKr too', () => {
  for (const kind of ['loha', 'lokr']) {
    const scale = values([6, 1], 8)
    const [, merged] = applied(matrix, { ...kinds[kind]![1], dora_scale: scale }, 1)
    close(
      Array.from({ length: 6 }, (_, o) => Math.hypot(...merged.subarray(o * 4, o * 4 + 4))),
      float32Of(scale).map(Math.abs),
    )
  }
})

test('OFT turns the rows of a block without stretching them', () => {
  const [before, after] = applied(matrix, kinds['oft']![1], 1)
  const gram = (w: Float32Array, block: number) =>
    Array.from({ length: 16 }, (_, n) => sum(2, (o) => w[(block * 2 + o) * 4 + Math.floor(n / 4)]! * w[(block * 2 + o) * 4 + (n % 4)]!))
  for (const block of [0, 1, 2]) close(gram(after, block), gram(before, block))
})

test('OFT with blocks of two turns by the angle of Cayley’s formula', () => {
  const q = 0.3
  const blocks = tensorOf('', [3, 2, 2], Float32Array.of(0, q, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
  const [before, after] = applied(matrix, { oft_blocks: blocks }, 1)
  // Q = [[0, q], [−q, 0]] gives R = [[c, s], [−s, c]] with c = (1 − q²)/(1 + q²), s = 2q/(1 + q²), and rows are Rᵀ W.
  const [c, s] = [(1 - q * q) / (1 + q * q), (2 * q) / (1 + q * q)]
  close(
    after.subarray(0, 4),
    before.subarray(0, 4).map((value, i) => c * value - s * before[4 + i]!),
  )
  close(
    after.subarray(4, 8),
    before.subarray(0, 4).map((value, i) => s * value + c * before[4 + i]!),
  )
  assert.deepEqual(after.subarray(8), before.subarray(8))
})

test('OFT’s constraint shrinks the rotation of all blocks together', () => {
  const blocks = values([3, 2, 2], 3)
  const [before, free] = applied(matrix, { oft_blocks: blocks }, 1)
  const [, loose] = applied(matrix, { oft_blocks: blocks, alpha: scalar(1000) }, 1)
  const [, tight] = applied(matrix, { oft_blocks: blocks, alpha: scalar(0.01) }, 1)
  assert.deepEqual(loose, free)
  const distance = (w: Float32Array) => Math.hypot(...w.map((value, i) => value - before[i]!))
  assert.ok(distance(tight) > 0 && distance(tight) < distance(free) / 3)
})

/** Another weight than the targets have, and what merging a file's only module gives. */
function merged(shape: readonly number[], slots: Readonly<Record<string, Content>>): [Float32Array, Float32Array] {
  const path = 'down_blocks.0.resnets.0.conv1'
  const weight = { ...values(shape, 2), name: path }
  const entries = Object.entries(slots).map(([slot, content]) => [`unet.${path}.${slot}`, content] as const)
  const { deltas } = readLora(fileOf(entries), { unet: new Map([[`${path}.weight`, weight]]) })
  return [float32Of(weight), mergeDelta(float32Of(weight), shape, deltas[0]!, 1)]
}

test('butterfly OFT turns channels in stages, each of which pairs those twice as far apart', () => {
  const [out, columns, stages, n] = [8, 3, 3, 2]
  const blocks = values([stages, out / n, n, n], 5)
  const [before, after] = merged([out, columns], { oft_blocks: blocks })
  const stored = float32Of(blocks)
  /** R of a block of two by Cayley's formula: Q = [[0, q], [−q, 0]] turns by c = (1 − q²)/(1 + q²), s = 2q/(1 + q²). */
  const turn = (stage: number, block: number) => {
    const b = stored.subarray((stage * (out / n) + block) * 4)
    const q = b[1]! - b[2]!
    const [c, s] = [(1 - q * q) / (1 + q * q), (2 * q) / (1 + q * q)]
    return [
      [c, s],
      [-s, c],
    ]
  }
  let rows = Array.from({ length: out }, (_, o) => Array.from(before.subarray(o * columns, (o + 1) * columns)))
  for (let stage = 0; stage < stages; stage++) {
    const k = 2 ** stage
    /** Where a channel stands when those k apart are neighbours. */
    const place = (o: number) => Math.floor(o / (2 * k)) * 2 * k + (o % k) * 2 + (Math.floor(o / k) % 2)
    const channelAt = new Map(rows.map((_, o) => [place(o), o]))
    rows = rows.map((_, o) => {
      const [block, at] = [Math.floor(place(o) / n), place(o) % n]
      return Array.from({ length: columns }, (_, i) =>
        sum(n, (j) => turn(stage, block)[at]![j]! * rows[channelAt.get(block * n + j)!]![i]!),
      )
    })
  }
  close(after, rows.flat(), 1e-5)
})

test('butterfly OFT of more stages than the channels can be paired in is refused', () => {
  assert.throws(() => merged([6, 3], { oft_blocks: values([2, 3, 2, 2], 5) }), {
    code: 'lora-shape',
    message: /pairs channels in 2 stages of blocks of 2, which the 6 of down_blocks\.0\.resnets\.0\.conv1 cannot be divided into/,
  })
})

test('PEFT’s DoRA is by rows, also where its lengths lie along the second side', () => {
  const lengths = values([1, 4, 1, 1], 9)
  const [, after] = merged([4, 4, 3, 3], {
    'lora_A.weight': values([2, 4, 3, 3], 1),
    'lora_B.weight': values([4, 2, 1, 1], 2),
    lora_magnitude_vector: lengths,
  })
  close(
    Array.from({ length: 4 }, (_, o) => Math.hypot(...after.subarray(o * 36, (o + 1) * 36))),
    float32Of(lengths).map(Math.abs),
  )
})

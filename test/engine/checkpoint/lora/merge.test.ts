import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runsAtRuntime } from '../../../../src/engine/checkpoint/lora/delta.ts'
import { lowRankFactors, mergeDelta } from '../../../../src/engine/checkpoint/lora/merge/merge.ts'
import { readLora } from '../../../../src/engine/checkpoint/lora/read.ts'
import { float32Of, type Tensor, tensorOf } from '../../../../src/engine/checkpoint/tensor/tensor.ts'
import { type Content, fileOf, scalar, values } from '../tensor/tensors-in-memory.ts'
import { at, close, plus, sum } from './lora-algebra.ts'
import { applied, conv, kinds, kohya, matrix, pointwise, target } from './lora-target.ts'

for (const [kind, [path, contents]] of Object.entries(kinds)) {
  test(`${kind} at strength 0 gives the weight back, and at another strength changes it`, () => {
    const [before, same] = applied(path, contents, 0)
    assert.deepEqual(same, before)
    assert.notEqual(same, before, 'a copy: the caller may write into it')
    const [, changed] = applied(path, contents, 0.5)
    assert.ok(changed.some((value, i) => value !== before[i]))
    assert.ok(changed.every(Number.isFinite))
  })
}

test('every kind is linear in its strength', () => {
  for (const [kind, [path, contents]] of Object.entries(kinds)) {
    const [before, whole] = applied(path, contents, 1)
    const [, part] = applied(path, contents, -0.7)
    close(
      part,
      whole.map((value, i) => before[i]! - 0.7 * (value - before[i]!)),
      3e-6,
    )
    assert.ok(whole.length > 0, kind)
  }
})

test('a rank-1 LoRA adds the outer product of its two vectors, times alpha', () => {
  const [up, down] = [values([6, 1], 5), values([1, 4], 6)]
  const [before, after] = applied(matrix, { 'lora_up.weight': up, 'lora_down.weight': down, alpha: scalar(0.5) }, 0.8)
  close(
    after,
    plus(before, [6, 4, 1], 0.8 * 0.5, (o, i) => at(up)(o, 0) * at(down)(0, i)),
  )
})

test('a LoRA of any rank is the sum of its outer products', () => {
  for (let rank = 1; rank <= 9; rank++) {
    const [up, down] = [values([6, rank], 5), values([rank, 4], 6)]
    const [before, after] = applied(matrix, { 'lora_up.weight': up, 'lora_down.weight': down }, 0.3)
    close(
      after,
      plus(before, [6, 4, 1], 0.3, (o, i) => sum(rank, (r) => at(up)(o, r) * at(down)(r, i))),
    )
  }
})

test('alpha is divided by the rank, and none or zero means 1', () => {
  const [up, down] = [values([6, 2], 5), values([2, 4], 6)]
  const at1 = (alpha: Record<string, Content>) => applied(matrix, { 'lora_up.weight': up, 'lora_down.weight': down, ...alpha }, 1)[1]
  assert.deepEqual(at1({}), at1({ alpha: scalar(2) }))
  assert.deepEqual(at1({ alpha: scalar(0) }), at1({}))
  assert.notDeepEqual(at1({ alpha: scalar(1) }), at1({}))
})

test('low-rank at run time and merged are the same function', () => {
  const contents = { 'lora_up.weight': values([6, 2], 5), 'lora_down.weight': values([2, 4], 6), alpha: scalar(3) }
  const [before, after] = applied(matrix, contents, 0.6)
  const [delta] = readLora(
    fileOf(Object.entries(contents).map(([slot, content]) => [`${kohya(matrix)}.${slot}`, content] as const)),
    target,
  ).deltas
  assert.ok(delta && runsAtRuntime(delta))
  const x = float32Of(values([4], 9))
  const { up, down } = lowRankFactors(delta)
  const inner = [0, 1].map((r) => sum(4, (i) => down[r * 4 + i]! * x[i]!))
  const adapters = Array.from(
    { length: 6 },
    (_, o) => sum(4, (i) => before[o * 4 + i]! * x[i]!) + 0.6 * delta.scale * sum(2, (r) => up[o * 2 + r]! * inner[r]!),
  )
  close(
    Array.from({ length: 6 }, (_, o) => sum(4, (i) => after[o * 4 + i]! * x[i]!)),
    adapters,
  )
})

test('a 3×3 LoCon is its 3×3 down followed by its 1×1 up', () => {
  const [up, down] = [values([6, 2, 1, 1], 5), values([2, 4, 3, 3], 6)]
  const [before, after] = applied(conv, { 'lora_up.weight': up, 'lora_down.weight': down }, 1)
  close(
    after,
    plus(before, [6, 4, 9], 1, (o, i, s) => sum(2, (r) => at(up)(o, r, 0, 0) * at(down)(r, i, Math.floor(s / 3), s % 3))),
  )
})

test('Tucker’s form is down 1×1, mid 3×3, up 1×1, and folds into a plain LoCon', () => {
  const [up, mid, down] = [values([6, 2, 1, 1], 5), values([2, 2, 3, 3], 7), values([2, 4, 1, 1], 6)]
  const contents = { 'lora_up.weight': up, 'lora_mid.weight': mid, 'lora_down.weight': down, alpha: scalar(1) }
  const [before, after] = applied(conv, contents, 1)
  const tucker = (o: number, i: number, s: number) =>
    sum(2, (p) => sum(2, (q) => at(up)(o, p, 0, 0) * at(mid)(p, q, Math.floor(s / 3), s % 3) * at(down)(q, i, 0, 0)))
  close(after, plus(before, [6, 4, 9], 0.5, tucker))
  const [delta] = readLora(
    fileOf(Object.entries(contents).map(([slot, content]) => [`${kohya(conv)}.${slot}`, content] as const)),
    target,
  ).deltas
  assert.ok(delta?.kind === 'low-rank')
  const folded = lowRankFactors(delta)
  const [, plain] = applied(
    conv,
    {
      'lora_up.weight': tensorOf('', [6, 2, 1, 1], folded.up),
      'lora_down.weight': tensorOf('', [2, 4, 3, 3], folded.down),
      alpha: scalar(1),
    },
    1,
  )
  close(plain, after)
})

test('LoHa is the product of two LoRAs, element by element, scaled once', () => {
  const t = kinds['loha']![1] as Record<string, Tensor>
  const [before, after] = applied(matrix, t, 0.5)
  const half = (n: 1 | 2, o: number, i: number) => sum(2, (r) => at(t[`hada_w${n}_a`]!)(o, r) * at(t[`hada_w${n}_b`]!)(r, i))
  close(
    after,
    plus(before, [6, 4, 1], 0.5 * (4 / 2), (o, i) => half(1, o, i) * half(2, o, i)),
  )
})

test('LoHa’s Tucker form contracts its cores with b over the second side and with a over the first', () => {
  const t = kinds['loha tucker']![1] as Record<string, Tensor>
  const [before, after] = applied(conv, t, 1)
  const half = (n: 1 | 2, o: number, i: number, s: number) =>
    sum(2, (p) =>
      sum(2, (q) => at(t[`hada_t${n}`]!)(p, q, Math.floor(s / 3), s % 3) * at(t[`hada_w${n}_b`]!)(q, i) * at(t[`hada_w${n}_a`]!)(p, o)),
    )
  close(
    after,
    plus(before, [6, 4, 9], 1, (o, i, s) => half(1, o, i, s) * half(2, o, i, s)),
  )
})

test('LoKr in each of its forms is an explicit Kronecker product', () => {
  const cases: [string, string, 1 | 9, number][] = [
    ['lokr', matrix, 1, 3],
    ['lokr full', matrix, 1, 1],
    ['lokr both', matrix, 1, 1],
    ['lokr tucker', conv, 9, 1],
  ]
  for (const [kind, path, k, scale] of cases) {
    const t = kinds[kind]![1] as Record<string, Tensor>
    const left = (a: number, c: number) => (t['lokr_w1'] ? at(t['lokr_w1'])(a, c) : at(t['lokr_w1_a']!)(a, 0) * at(t['lokr_w1_b']!)(0, c))
    const right = (b: number, d: number, s: number) => {
      if (t['lokr_w2']) return at(t['lokr_w2'])(b, d)
      if (t['lokr_t2']) return at(t['lokr_t2'])(0, 0, Math.floor(s / 3), s % 3) * at(t['lokr_w2_a']!)(0, b) * at(t['lokr_w2_b']!)(0, d)
      return at(t['lokr_w2_a']!)(b, 0) * at(t['lokr_w2_b']!)(0, d)
    }
    const [before, after] = applied(path, t, 0.7)
    close(
      after,
      plus(before, [6, 4, k], 0.7 * scale, (o, i, s) => left(Math.floor(o / 3), Math.floor(i / 2)) * right(o % 3, i % 2, s)),
    )
  }
})

test('a whole LoKr on a 3×3 convolution carries the kernel in its right side', () => {
  const [w1, w2] = [values([3, 2], 1), values([2, 2, 3, 3], 2)]
  const [before, after] = applied(conv, { lokr_w1: w1, lokr_w2: w2 }, 1)
  close(
    after,
    plus(before, [6, 4, 9], 1, (o, i, s) => at(w1)(Math.floor(o / 2), Math.floor(i / 2)) * at(w2)(o % 2, i % 2, Math.floor(s / 3), s % 3)),
  )
})

test('IA³ scales rows on output and columns on input', () => {
  const [rows, columns] = [values([6], 1), values([4], 2)]
  const [before, byRow] = applied(conv, { weight: rows, on_input: scalar(0) }, 0.5)
  const [, byColumn] = applied(conv, { weight: columns, on_input: scalar(1) }, 0.5)
  close(
    byRow,
    plus(before, [6, 4, 9], 0.5, (o, i, s) => before[(o * 4 + i) * 9 + s]! * at(rows)(o)),
  )
  close(
    byColumn,
    plus(before, [6, 4, 9], 0.5, (o, i, s) => before[(o * 4 + i) * 9 + s]! * at(columns)(i)),
  )
})

test('full and norm differences are added to weights and to biases', () => {
  const [diff, diffBias] = [values([6, 4, 3, 3], 1), values([6], 2)]
  const full = { diff, diff_b: diffBias }
  close(
    applied(conv, full, 0.5)[1],
    applied(conv, full, 0.5)[0].map((value, i) => value + 0.5 * float32Of(diff)[i]!),
  )
  close(
    applied(conv, full, 0.5, 'bias')[1],
    applied(conv, full, 0.5, 'bias')[0].map((value, i) => value + 0.5 * float32Of(diffBias)[i]!),
  )
  const norm = { w_norm: values([4], 3), b_norm: values([4], 4) }
  for (const [end, slot] of [
    ['weight', 'w_norm'],
    ['bias', 'b_norm'],
  ] as const) {
    const [before, after] = applied('down_blocks.0.resnets.0.norm1', norm, 0.7, end)
    close(
      after,
      before.map((value, i) => value + 0.7 * float32Of(norm[slot])[i]!),
    )
  }
})

test('GLoRA adds b and W·a, in either order of its files', () => {
  for (const [path, k] of [
    [matrix, 1],
    [conv, 9],
  ] as const) {
    const kernel = k === 1 ? [] : [3, 3]
    const [a1, a2, b1, b2] = [values([4, 2], 1), values([2, 4], 2), values([6, 2], 3), values([2, 4, ...kernel], 4)]
    const [before, after] = applied(path, { 'a1.weight': a1, 'a2.weight': a2, 'b1.weight': b1, 'b2.weight': b2, alpha: scalar(1) }, 0.7)
    const b = (o: number, i: number, s: number) => sum(2, (r) => at(b1)(o, r) * float32Of(b2)[(r * 4 + i) * k + s]!)
    const wa = (o: number, i: number, s: number) => sum(4, (j) => before[(o * 4 + j) * k + s]! * sum(2, (r) => at(a1)(j, r) * at(a2)(r, i)))
    close(
      after,
      plus(before, [6, 4, k], 0.7 / 2, (o, i, s) => b(o, i, s) + wa(o, i, s)),
    )
    const older = applied(path, { 'a1.weight': a2, 'a2.weight': a1, 'b1.weight': b2, 'b2.weight': b1, alpha: scalar(1) }, 0.7)[1]
    assert.deepEqual(older, after)
  }
})

test('a matrix on a 1×1 convolution, and a convolution on a matrix, are applied as what they are for', () => {
  const [up, down] = [values([4, 2], 1), values([2, 4], 2)]
  const convs = { 'lora_up.weight': { ...up, shape: [4, 2, 1, 1] }, 'lora_down.weight': { ...down, shape: [2, 4, 1, 1] } }
  assert.deepEqual(applied(pointwise, { 'lora_up.weight': up, 'lora_down.weight': down }, 1), applied(pointwise, convs, 1))
})

test('two LoRAs on one weight add up', () => {
  const deltas = [1, 2].flatMap((seed) => {
    const contents = { 'lora_up.weight': values([6, 2], seed), 'lora_down.weight': values([2, 4], seed + 5) }
    return readLora(fileOf(Object.entries(contents).map(([slot, content]) => [`${kohya(matrix)}.${slot}`, content] as const)), target)
      .deltas
  })
  const weight = float32Of(target.unet.get(`${matrix}.weight`)!)
  const lay = (order: typeof deltas) => order.reduce((w, delta) => mergeDelta(w, [6, 4], delta, 0.5), weight)
  close(lay(deltas), lay(deltas.toReversed()))
})

test('what LyCORIS’s extraction could not factor is added to the product, and scaled with it', () => {
  const [up, down] = [values([6, 2], 5), values([2, 4], 6)]
  const indices = {
    ...tensorOf('', [2, 3], new Float32Array(6)),
    dtype: 'I64' as const,
    at: new Uint8Array(BigInt64Array.of(0n, 3n, 5n, 1n, 2n, 3n).buffer),
  }
  const left = Float32Array.of(10, 20, 30)
  const contents = {
    'lora_up.weight': up,
    'lora_down.weight': down,
    alpha: scalar(1),
    bias_indices: indices,
    bias_values: tensorOf('', [3], left),
    bias_size: scalar(0),
  }
  const { deltas } = readLora(
    fileOf(Object.entries(contents).map(([slot, content]) => [`${kohya(matrix)}.${slot}`, content] as const)),
    target,
  )
  const kept = deltas.flatMap((delta) => (delta.kind === 'sparse' ? [...delta.places, ...delta.values] : []))
  assert.deepEqual(kept, [1, 14, 23, 5, 10, 15], 'no more of it is kept than there is')
  const [before, after] = applied(matrix, contents, 0.5)
  const rest: Readonly<Record<string, number>> = { '0 1': 10, '3 2': 20, '5 3': 30 }
  close(
    after,
    plus(before, [6, 4, 1], 0.5 * 0.5, (o, i) => sum(2, (r) => at(up)(o, r) * at(down)(r, i)) + (rest[`${o} ${i}`] ?? 0)),
    1e-5,
  )
})

test('PEFT’s alpha counts where only the header says it, by module and by the root of the rank too', () => {
  const [up, down] = [values([6, 4], 5), values([4, 4], 6)]
  const scaleWith = (settings: Record<string, unknown> | string | undefined) => {
    const metadata: Record<string, string> =
      settings === undefined ? {} : { lora_adapter_metadata: typeof settings === 'string' ? settings : JSON.stringify(settings) }
    const contents = { [`unet.${matrix}.lora_A.weight`]: down, [`unet.${matrix}.lora_B.weight`]: up }
    const [delta] = readLora(fileOf(contents, { metadata }), target).deltas
    assert.ok(delta?.kind === 'low-rank')
    return delta.scale
  }
  assert.equal(scaleWith(undefined), 1)
  assert.equal(scaleWith({ 'unet.r': 4, 'unet.lora_alpha': 8 }), 2)
  assert.equal(scaleWith({ r: 4, lora_alpha: 2 }), 0.5)
  assert.equal(scaleWith({ 'text_encoder.lora_alpha': 8 }), 1, 'of another net')
  assert.equal(scaleWith({ 'unet.lora_alpha': 8, 'unet.use_rslora': true }), 4)
  assert.equal(scaleWith({ 'unet.lora_alpha': 8, 'unet.alpha_pattern': { 'attn1.to_q': 2 } }), 0.5)
  assert.equal(scaleWith({ 'unet.lora_alpha': 8, 'unet.alpha_pattern': { to_k: 2 } }), 2)
  for (const broken of ['{', '[]', '"x"', 'null']) assert.equal(scaleWith(broken), 1, broken)
})

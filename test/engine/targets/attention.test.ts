import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare } from '../../../src/engine/arrays/comparison.ts'
import { Graph } from '../../../src/engine/onnx/graph.ts'
import { type AttentionForm, fusedAttention, opsetAttention, plainAttention } from '../../../src/engine/targets/attention.ts'
import type { AttentionKind, AttentionOptions } from '../../../src/engine/targets/target.ts'
import { webgpu } from '../../../src/engine/targets/webgpu.ts'
import { compute, someNumbers } from '../cpu-session.ts'

interface Shape {
  readonly N: number
  readonly S: number
  readonly L: number
  readonly C: number
  readonly heads: number
  readonly causal?: boolean
}

/** softmax(q kᵀ / √d) v as the formula stands, in float64. */
function reference({ N, S, L, C, heads, causal }: Shape, q: Float32Array, k: Float32Array, v: Float32Array): Float32Array {
  const d = C / heads
  const y = new Float32Array(N * S * C)
  for (let n = 0; n < N; n++) {
    for (let head = 0; head < heads; head++) {
      for (let s = 0; s < S; s++) {
        const seen = causal ? s + 1 : L
        const scores = Array.from({ length: seen }, (_, l) => {
          let dot = 0
          for (let i = 0; i < d; i++) dot += q[(n * S + s) * C + head * d + i]! * k[(n * L + l) * C + head * d + i]!
          return dot / Math.sqrt(d)
        })
        const most = Math.max(...scores)
        const weights = scores.map((score) => Math.exp(score - most))
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        for (let i = 0; i < d; i++) {
          let value = 0
          for (let l = 0; l < seen; l++) value += (weights[l]! / total) * v[(n * L + l) * C + head * d + i]!
          y[(n * S + s) * C + head * d + i] = value
        }
      }
    }
  }
  return y
}

const forms: Readonly<Record<string, AttentionForm>> = {
  'opset 23': opsetAttention,
  fused: fusedAttention,
  plain: plainAttention(),
  'plain in slices': plainAttention({ maxScores: 100 }),
}

const shapes: Readonly<Record<string, Shape>> = {
  'a picture with itself': { N: 2, S: 35, L: 35, C: 32, heads: 8 },
  'a picture with a text': { N: 1, S: 40, L: 77, C: 24, heads: 2 },
  'a place along sixteen frames': { N: 12, S: 16, L: 16, C: 16, heads: 4 },
  'one wide head': { N: 1, S: 20, L: 20, C: 512, heads: 1 },
  'a text with what came before': { N: 2, S: 77, L: 77, C: 32, heads: 4, causal: true },
}

for (const [what, shape] of Object.entries(shapes)) {
  for (const [name, form] of Object.entries(forms)) {
    if (shape.causal && form === fusedAttention) continue
    test(`the ${name} form attends from ${what} as the formula says`, async () => {
      const { N, S, L, C, heads, causal } = shape
      const [q, k, v] = [someNumbers(N * S * C, 1), someNumbers(N * L * C, 2), someNumbers(N * L * C, 3)].map((it) => it.map((x) => 3 * x))
      const y = await compute(
        (graph) =>
          form(graph.input('q', 'float32', [N, S, C]), graph.input('k', 'float32', [N, L, C]), graph.input('v', 'float32', [N, L, C]), {
            heads,
            ...(causal ? { causal } : {}),
          }),
        { q: q!, k: k!, v: v! },
      )
      const { error } = compare('y', 'relative', y, reference(shape, q!, k!, v!), 0)
      assert.ok(error < 1e-6, `relative error ${error}`)
    })
  }
}

/** Whether a target of which this was tested writes the fused form. */
function isFused(tested: AttentionKind, options: AttentionOptions, { S, L, C }: Pick<Shape, 'S' | 'L' | 'C'>): boolean {
  const graph = new Graph('one')
  const input = (name: string, length: number) => graph.input(name, 'float32', [1, length, C])
  webgpu({ type: 'float32', fused: new Set([tested]) }).attention(input('q', S), input('k', L), input('v', L), options)
  return graph.nodes.some(({ op }) => op === 'MultiHeadAttention')
}

test('the fused form is written for the kinds that were tested, whatever the shapes look like', () => {
  const asLongAsAText = { S: 77, L: 77, C: 32 }
  const smallPicture = { S: 16, L: 16, C: 32 }
  assert.ok(isFused('cross', { kind: 'cross', heads: 2 }, asLongAsAText))
  assert.ok(!isFused('self', { kind: 'cross', heads: 2 }, asLongAsAText))
  assert.ok(isFused('self', { kind: 'self', heads: 2 }, smallPicture))
  assert.ok(!isFused('temporal', { kind: 'self', heads: 2 }, smallPicture))
  assert.ok(isFused('temporal', { kind: 'temporal', heads: 2 }, smallPicture))
})

test('the fused form is not written with a causal mask, nor for a head wider than any that was tested', () => {
  const text = { S: 77, L: 77, C: 512 }
  assert.ok(isFused('self', { kind: 'self', heads: 8 }, text))
  assert.ok(!isFused('self', { kind: 'self', heads: 8, causal: true }, text))
  assert.ok(!isFused('self', { kind: 'self', heads: 1 }, text))
})

test('the fused form refuses a causal mask, which it would not keep', async () => {
  const build = compute((graph) => {
    const x = graph.input('x', 'float32', [1, 4, 8])
    return fusedAttention(x, x, x, { heads: 2, causal: true })
  })
  await assert.rejects(build, /without a causal mask/)
})

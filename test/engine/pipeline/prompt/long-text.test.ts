// A text encoder with more positions than CLIP's 77 (Long-CLIP, arXiv 2403.15378: 248): held against the transformer computed here in
// plain loops of 64-bit numbers, from Radford et al. (CLIP, arXiv 2103.00020) and Vaswani et al. (arXiv 1706.03762).

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { float32Of } from '../../../../src/engine/checkpoint/tensor/tensor.ts'
import { textGraph } from '../../../../src/engine/pipeline/graphs.ts'
import { type Model, openModel } from '../../../../src/engine/pipeline/model/model.ts'
import { encodePrompts } from '../../../../src/engine/pipeline/prompt/prompt-context.ts'
import { runOnce } from '../../../../src/engine/verify/test-session.ts'
import { cpuSession, fixtures } from '../../cpu-session.ts'

const openLong = (): Model => openModel({ checkpoint: join(fixtures, 'reports/engine/ckpt/longclip.ckpt') })

/** ids [L] → hidden [L, D], the last layer's, in the order of the paper. */
function reference({ text: { tensors, architecture: arch } }: Model, ids: Int32Array): number[][] {
  const valuesOf = (name: string): ArrayLike<number> => float32Of(tensors.get(`text_model.${name}`)!)
  const [D, heads, width] = [arch.width, arch.heads, arch.width / arch.heads]
  const linear = (x: readonly number[], name: string, out: number): number[] => {
    const [weight, bias] = [valuesOf(`${name}.weight`), valuesOf(`${name}.bias`)]
    return Array.from({ length: out }, (_, o) => x.reduce((sum, value, i) => sum + value * weight[o * x.length + i]!, bias[o]!))
  }
  const norm = (x: readonly number[], name: string): number[] => {
    const [gain, bias] = [valuesOf(`${name}.weight`), valuesOf(`${name}.bias`)]
    const mean = x.reduce((sum, value) => sum + value, 0) / D
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / D
    return x.map((value, i) => ((value - mean) / Math.sqrt(variance + 1e-5)) * gain[i]! + bias[i]!)
  }
  const attend = (q: number[][], k: number[][], v: number[][]): number[][] =>
    q.map((query, at) =>
      Array.from({ length: heads }, (_, head) => {
        const part = (row: readonly number[]) => row.slice(head * width, (head + 1) * width)
        const scores = k
          .slice(0, at + 1)
          .map((key) => part(key).reduce((sum, value, i) => sum + value * part(query)[i]!, 0) / Math.sqrt(width))
        const most = Math.max(...scores)
        const shares = scores.map((score) => Math.exp(score - most))
        const all = shares.reduce((sum, share) => sum + share, 0)
        return Array.from({ length: width }, (_, i) => shares.reduce((sum, share, n) => sum + (share / all) * part(v[n]!)[i]!, 0))
      }).flat(),
    )
  const [words, places] = [valuesOf('embeddings.token_embedding.weight'), valuesOf('embeddings.position_embedding.weight')]
  let x = [...ids].map((id, at) => Array.from({ length: D }, (_, i) => words[id * D + i]! + places[at * D + i]!))
  for (let n = 0; n < arch.layers; n++) {
    const layer = `encoder.layers.${n}`
    const y = x.map((row) => norm(row, `${layer}.layer_norm1`))
    const [q, k, v] = ['q', 'k', 'v'].map((one) => y.map((row) => linear(row, `${layer}.self_attn.${one}_proj`, D))) as [
      number[][],
      number[][],
      number[][],
    ]
    const seen = attend(q, k, v).map((row) => linear(row, `${layer}.self_attn.out_proj`, D))
    x = x.map((row, at) => row.map((value, i) => value + seen[at]![i]!))
    const inner = x.map((row) =>
      linear(norm(row, `${layer}.layer_norm2`), `${layer}.mlp.fc1`, arch.mlpWidth).map((h) => h / (1 + Math.exp(-1.702 * h))),
    )
    x = x.map((row, at) => linear(inner[at]!, `${layer}.mlp.fc2`, D).map((value, i) => value + row[i]!))
  }
  return x.map((row) => norm(row, 'final_layer_norm'))
}

async function encodedBy(model: Model, prompt: string) {
  const asked: Int32Array[] = []
  const encode = async ({ ids }: { ids: Int32Array }): Promise<Float32Array> => {
    asked.push(ids)
    const graph = textGraph(model, cpuSession.target, { prompts: 1, tokens: ids.length })
    return (await runOnce(cpuSession, graph, [{ ids }]))[0]!['hidden']!
  }
  const { positions } = model.text.architecture
  const [context] = await encodePrompts(encode, model.tokenizer, { prompt, negative: '', calls: 1, positions })
  return { asked, hidden: context!.parts[0]!.context, negative: context!.negative }
}

test('a text that 77 positions do not hold is read at once, in as many as the weights have', async () => {
  const model = openLong()
  assert.equal(model.text.architecture.positions, 248)
  const { asked, hidden, negative } = await encodedBy(model, Array.from({ length: 40 }, (_, n) => (n % 3 ? 'cat' : 'blue')).join(' '))
  assert.deepEqual(
    asked.map(({ length }) => length),
    [248, 248],
  )
  assert.equal(negative.length, hidden.length)
  const long = asked.find((ids) => ids[100] !== model.tokenizer.pad)!
  const expected = reference(model, long).flat()
  assert.equal(hidden.length, expected.length)
  const [error, size] = [Math.hypot(...expected.map((value, i) => value - hidden[i]!)), Math.hypot(...expected)]
  assert.ok(error / size < 1e-5, `${error / size}`)
})

test('a shorter one is read in 77, which gives the same for its tokens and no more to look at', async () => {
  const model = openLong()
  const { asked, hidden } = await encodedBy(model, 'a blue cat')
  assert.deepEqual(new Set(asked.map(({ length }) => length)), new Set([77]))
  const expected = reference(model, asked.find((ids) => ids[2] !== model.tokenizer.pad)!).flat()
  const error = Math.max(...expected.map((value, i) => Math.abs(value - hidden[i]!)))
  assert.ok(error < 1e-4, `${error}`)
  const parts = await encodedBy(model, 'a blue cat BREAK a red cat')
  assert.deepEqual(new Set(parts.asked.map(({ length }) => length)), new Set([77]))
})

test('what is beyond three such chunks is refused, with how much fits', async () => {
  await assert.rejects(encodedBy(openLong(), Array(250).fill('cat').join(' ')), {
    code: 'prompt-long',
    message: 'A prompt has at most 738 tokens, in 3 chunks of 246; this one takes 4 chunks.',
  })
})

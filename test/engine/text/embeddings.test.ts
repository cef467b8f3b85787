// test/fixtures/torch-files holds one textual inversion of three vectors as the programs that train them write it; diffusers' has the first
// alone.

import assert from 'node:assert/strict'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openSafetensors } from '../../../src/engine/checkpoint/safetensors/safetensors.ts'
import { writeSafetensors } from '../../../src/engine/checkpoint/safetensors/write-safetensors.ts'
import { float32Of } from '../../../src/engine/checkpoint/tensor/tensor.ts'
import { readEmbedding, readEmbeddings } from '../../../src/engine/text/embeddings.ts'
import { fixtures, someNumbers, tiny } from '../cpu-session.ts'

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-embeddings-'))
after(() => rmSync(scratch, { recursive: true }))

const at = (name: string): string => join(fixtures, 'torch-files', name)
const expected = float32Of(openSafetensors(at('embedding_expected.safetensors')).tensors.get('vectors')!)

/** A tensor under a name in a file of its own, as safetensors. */
function written(name: string, shape: readonly number[], values: Float32Array, file = `${name}.safetensors`): string {
  const path = join(scratch, file)
  writeSafetensors(path, [{ name, dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) }])
  return path
}

for (const [kind, path, vectors] of [
  ["A1111's .pt", at('embedding_a1111.pt'), 3],
  ["kohya's .safetensors", at('embedding_kohya.safetensors'), 3],
  ["diffusers' .bin", at('embedding_diffusers.bin'), 1],
  ['a tensor alone', written('<bad-hands>', [64], expected.slice(0, 64), 'alone.safetensors'), 1],
] as const) {
  test(`${kind} gives its vectors in their order`, () => {
    const found = readEmbedding(path, 64)
    assert.equal(found.length, vectors)
    for (const [i, vector] of found.entries()) assert.deepEqual(vector, expected.slice(i * 64, (i + 1) * 64))
  })
}

test('a word stands for a file', () => {
  const found = readEmbeddings([{ file: at('embedding_kohya.safetensors'), word: 'bad-hands' }], 64)
  assert.deepEqual(
    [...found].map(([word, vectors]) => [word, vectors.length]),
    [['bad-hands', 3]],
  )
})

test('other widths, other files, values that are no numbers and words of nothing are refused', () => {
  const broken = someNumbers(64)
  broken[7] = Number.NaN
  for (const [read, code, sentence] of [
    [() => readEmbedding(at('embedding_kohya.safetensors'), 768), 'embedding-base', /of width 64; this model reads text of width 768/],
    [
      () => readEmbedding(join(tiny, 'lora_peft.safetensors'), 64),
      'embedding-kind',
      /lora_peft.* is no textual inversion but of kind lora/,
    ],
    [() => readEmbedding(written('emb_params', [1, 64], broken), 64), 'tensor-not-finite', /emb_params .* at element 7/],
    [() => readEmbedding(join(scratch, 'nothing.pt'), 64), 'file-not-found', /There is no file/],
    [() => readEmbeddings([{ file: at('embedding_kohya.safetensors'), word: ' ' }], 64), 'embedding-word', /needs a word/],
  ] as const) {
    assert.throws(read, { name: 'UserError', code, message: sentence })
  }
})

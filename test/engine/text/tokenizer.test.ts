import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openSafetensors } from '../../../src/engine/checkpoint/safetensors/safetensors.ts'
import { bytesOf } from '../../../src/engine/checkpoint/tensor/tensor.ts'
import { createTokenizer, loadTokenizer, type Tokenizer, vocabularyOf } from '../../../src/engine/text/tokenizer.ts'
import { clipMergeCount, clipMerges } from '../../../src/engine/text/tokenizer-files.ts'
import golden from '../../fixtures/clip_tokens.json' with { type: 'json' }

const pocketFolder = join(import.meta.dirname, '../../../models/pocket/tokenizer')
const clip = loadTokenizer()
const scratch = mkdtempSync(join(tmpdir(), 'tokenizer-'))
after(() => rmSync(scratch, { recursive: true }))

/** 77 ids, cut off or padded, as transformers gives them. */
const seventySeven = (tokenizer: Tokenizer, text: string): number[] => {
  const ids = [tokenizer.start, ...tokenizer.encode(text).slice(0, 75), tokenizer.end]
  return [...ids, ...Array<number>(77 - ids.length).fill(tokenizer.pad)]
}

for (const { prompt, ids } of golden.cases) {
  test(`${JSON.stringify(prompt.slice(0, 40))} has the ids of CLIP ViT-L/14`, () => assert.deepEqual(seventySeven(clip, prompt), ids))
}

test("CLIP's tokenizer has 49,408 tokens, the last two special, and pads with the end", () => {
  assert.equal(clipMerges().length, clipMergeCount)
  assert.deepEqual(
    { vocabulary: clip.vocabulary, start: clip.start, end: clip.end, pad: clip.pad },
    { vocabulary: 49408, start: 49406, end: 49407, pad: 49407 },
  )
})

test('special tokens written in a prompt are those tokens', () => {
  assert.deepEqual(clip.encode('a<|endoftext|>b'), [...clip.encode('a'), clip.end, ...clip.encode('b')])
})

test("a model folder's vocabulary is the one that follows from its merges", () => {
  const stored = JSON.parse(readFileSync(join(pocketFolder, 'vocab.json'), 'utf8')) as Record<string, number>
  const pocket = loadTokenizer(pocketFolder)
  const merges = readFileSync(join(pocketFolder, 'merges.txt'), 'utf8').trimEnd().split('\n').slice(1)
  const derived = vocabularyOf(merges).set('<|startoftext|>', pocket.start).set('<|endoftext|>', pocket.end)
  assert.deepEqual(Object.fromEntries(derived), stored)
  assert.deepEqual(merges, clipMerges().slice(0, merges.length))
  assert.deepEqual(
    { vocabulary: pocket.vocabulary, start: pocket.start, end: pocket.end, pad: pocket.pad },
    { vocabulary: 2000, start: 1998, end: 1999, pad: 1999 },
  )
})

test('the ids of the reference nets are those of the pocket model', () => {
  const fixture = (name: string) => openSafetensors(join(import.meta.dirname, `../../fixtures/${name}`))
  const idsIn = (file: ReturnType<typeof fixture>, name: string) => [...new Int32Array(bytesOf(file.tensors.get(name)!).slice().buffer)]
  const pocket = loadTokenizer(pocketFolder)
  const tiny = fixture('tiny/expected.safetensors')
  const prompts = JSON.parse(tiny.metadata.get('prompts')!) as string[]
  assert.deepEqual(
    prompts.flatMap((prompt) => seventySeven(pocket, prompt)),
    idsIn(tiny, 'text.ids'),
  )
  const drawn = fixture('pocket-expected.safetensors')
  const pair = [drawn.metadata.get('negative')!, drawn.metadata.get('prompt')!]
  assert.deepEqual(
    pair.flatMap((prompt) => seventySeven(pocket, prompt)),
    idsIn(drawn, 'ids'),
  )
})

test('with fewer merges a word takes more tokens, and the same letters come out', () => {
  const pocket = loadTokenizer(pocketFolder)
  const letters = (tokenizer: Tokenizer, merges: readonly string[], text: string) => {
    const tokens = [...vocabularyOf(merges).keys()]
    return tokenizer
      .encode(text)
      .map((id) => tokens[id]!.replace('</w>', ' '))
      .join('')
  }
  const text = 'a masterpiece bouncing in a meadow '
  assert.ok(pocket.encode(text).length > clip.encode(text).length)
  assert.equal(letters(pocket, clipMerges().slice(0, 1486), text), text)
  assert.equal(letters(clip, clipMerges(), text), text)
})

test('a folder that has tokenizer.json alone, and another padding token, is read', () => {
  const merges = clipMerges().slice(0, 10)
  const vocab = Object.fromEntries(vocabularyOf(merges).set('<|startoftext|>', 522).set('<|endoftext|>', 523))
  writeFileSync(join(scratch, 'tokenizer.json'), JSON.stringify({ model: { vocab, merges: merges.map((pair) => pair.split(' ')) } }))
  writeFileSync(join(scratch, 'tokenizer_config.json'), JSON.stringify({ pad_token: { content: '!' } }))
  const tokenizer = loadTokenizer(scratch)
  assert.deepEqual({ vocabulary: tokenizer.vocabulary, pad: tokenizer.pad }, { vocabulary: 524, pad: 0 })
  assert.deepEqual(tokenizer.encode('the'), createTokenizer({ merges, start: 522, end: 523, pad: 0 }).encode('the'))
})

test('a folder without merges, or with a vocabulary of another kind, is refused', () => {
  assert.throws(() => loadTokenizer(join(scratch, 'nothing')), { name: 'UserError', code: 'tokenizer-missing' })
  const other = join(scratch, 'other')
  cpSync(pocketFolder, other, { recursive: true })
  writeFileSync(join(other, 'vocab.json'), '{"a": 7}')
  assert.throws(() => loadTokenizer(other), { code: 'tokenizer-vocabulary', message: /expected id 0 for "!", got none/ })
  writeFileSync(join(other, 'vocab.json'), '{')
  assert.throws(() => loadTokenizer(other), { code: 'tokenizer-file', message: /vocab\.json/ })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { alignChunks, type Chunk, chunks } from '../../../src/engine/text/chunks.ts'
import { composition } from '../../../src/engine/text/composition.ts'
import { parsePrompt } from '../../../src/engine/text/prompt.ts'
import { promptAt } from '../../../src/engine/text/prompt-schedule.ts'
import { loadTokenizer } from '../../../src/engine/text/tokenizer.ts'
import golden from '../../fixtures/clip_tokens.json' with { type: 'json' }

const clip = loadTokenizer()
const chunked = (prompt: string, vectors?: ReadonlyMap<string, number>) => chunks(clip, parsePrompt(prompt), vectors)
/** How many tokens each chunk holds. */
const lengths = (all: readonly Chunk[]) => all.map(({ ids }) => ids.indexOf(clip.end) - 1)
const words = (count: number, word = 'cat') => Array<string>(count).fill(word).join(' ')

test('a prompt without markup that fits is one chunk, as CLIP reads it', () => {
  const plain = golden.cases.filter(({ prompt, ids }) => !/[()[\]\\]/.test(prompt) && ids.at(-2) === clip.end)
  assert.ok(plain.length > 15)
  for (const { prompt, ids } of plain) {
    const [only, ...rest] = chunked(prompt)
    assert.deepEqual([...only!.ids], ids)
    assert.ok(only!.weights.every((weight) => weight === 1))
    assert.equal(rest.length, 0)
  }
})

test('weights stand where their tokens do', () => {
  const [{ ids, weights }] = chunked('a (red:1.5) ball') as [Chunk]
  assert.deepEqual([...ids.subarray(0, 5)], [clip.start, ...clip.encode('a red ball'), clip.end])
  assert.deepEqual([...weights.subarray(0, 5)], [1, 1, 1.5, 1, 1])
})

test('the 76th token begins a second chunk', () => {
  assert.deepEqual(lengths(chunked(words(75))), [75])
  assert.deepEqual(lengths(chunked(words(76))), [75, 1])
  assert.deepEqual(lengths(chunked(words(200))), [75, 75, 50])
})

test('a full chunk ends at its last comma, if that is among its last twenty tokens', () => {
  assert.deepEqual(lengths(chunked(`${words(60)}, ${words(20)}`)), [61, 20])
  assert.deepEqual(lengths(chunked(`${words(55)}, ${words(40)}`)), [56, 40])
  assert.deepEqual(lengths(chunked(`${words(54)}, ${words(40)}`)), [75, 20])
  assert.deepEqual(lengths(chunked(`${words(74)}, ${words(5)}`)), [75, 5])
  assert.deepEqual(lengths(chunked(`${words(75)}, ${words(5)}`)), [75, 6])
})

test('BREAK begins a chunk, and an empty prompt is one', () => {
  assert.deepEqual(lengths(chunked('a BREAK b c')), [1, 2])
  assert.deepEqual(lengths(chunked('BREAK a')), [0, 1])
  assert.deepEqual(lengths(chunked('a BREAK')), [1])
  assert.deepEqual(lengths(chunked('')), [0])
})

test('prompt and negative prompt are padded to as many chunks', () => {
  const [positive, negative, other] = alignChunks(clip, chunked(words(100)), chunked('blurry'), chunked('')) as [Chunk[], Chunk[], Chunk[]]
  assert.deepEqual(lengths(positive), [75, 25])
  assert.deepEqual(lengths(negative), [1, 0])
  assert.deepEqual(lengths(other), [0, 0])
  assert.deepEqual(negative[1], chunked('')[0])
})

test('a textual inversion takes as many places as it has vectors, with its weight', () => {
  const vectors = new Map([
    ['EasyNegative', 3],
    ['bad-hands', 1],
    ['bad-hands-5', 2],
    ['<toon>', 1],
  ])
  const [{ ids, weights, embeddings }] = chunked('a (easynegative:1.2), bad-hands-5 <toon>', vectors) as [Chunk]
  assert.deepEqual(embeddings, [
    { at: 2, word: 'EasyNegative', index: 0 },
    { at: 3, word: 'EasyNegative', index: 1 },
    { at: 4, word: 'EasyNegative', index: 2 },
    { at: 6, word: 'bad-hands-5', index: 0 },
    { at: 7, word: 'bad-hands-5', index: 1 },
    { at: 8, word: '<toon>', index: 0 },
  ])
  assert.deepEqual([...ids.subarray(0, 10)], [clip.start, ...clip.encode('a'), 0, 0, 0, ...clip.encode(','), 0, 0, 0, clip.end])
  assert.deepEqual(
    [...weights.subarray(1, 6)].map((weight) => Number(weight.toFixed(3))),
    [1, 1.2, 1.2, 1.2, 1],
  )
  assert.deepEqual(chunked('embedding:easynegative', vectors), chunked('EasyNegative', vectors))
  assert.deepEqual(
    chunked(
      'easynegatives, bad-hands-50',
      new Map([
        ['EasyNegative', 3],
        ['bad-hands-5', 2],
      ]),
    )[0]!.embeddings,
    [],
  )
})

test('no chunk ends within a textual inversion', () => {
  const vectors = new Map([['style', 8]])
  assert.deepEqual(lengths(chunked(`${words(70)} style cat`, vectors)), [70, 9])
  const [, second] = chunked(`${words(60)}, ${words(8)} style cat`, vectors)
  assert.deepEqual(
    second!.embeddings.map(({ at }) => at),
    [9, 10, 11, 12, 13, 14, 15, 16],
  )
  assert.throws(() => chunked('style', new Map([['style', 76]])), { name: 'UserError', code: 'embedding-long', message: /76 vectors/ })
})

test('five thousand random strings are prompts', () => {
  const markup = fc.constantFrom(
    '(',
    ')',
    '[',
    ']',
    '\\',
    ':',
    ':1.3)',
    '|',
    ':0.4]',
    ',',
    ' ',
    'BREAK',
    'AND',
    'cat',
    'style',
    '7',
    '.',
    '\u{1f3b2}',
  )
  const text = fc.oneof(
    fc.array(markup, { maxLength: 120 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 60 }),
  )
  const vectors = new Map([['style', 4]])
  const property = fc.property(text, fc.nat(9), (prompt, step) => {
    for (const part of composition(promptAt(prompt, step, 10))) {
      assert.ok(Number.isFinite(part.weight))
      const pieces = parsePrompt(part.text)
      for (const chunk of chunks(clip, pieces, vectors)) {
        assert.equal(chunk.ids.length, 77)
        assert.equal(chunk.ids[0], clip.start)
        assert.ok(chunk.ids.includes(clip.end))
        assert.ok(chunk.ids.every((id) => id >= 0 && id < clip.vocabulary))
        assert.ok(chunk.weights.every(Number.isFinite))
        assert.equal(chunk.embeddings.length % 4, 0)
      }
    }
  })
  fc.assert(property, { numRuns: 5000, seed: 1 })
})

test('ten thousand nested brackets are a prompt too', () => {
  const deep = `${'['.repeat(10_000)}cat:dog:0.5${']'.repeat(10_000)}`
  assert.ok(promptAt(deep, 0, 10).length > 0)
  assert.deepEqual(parsePrompt('('.repeat(10_000)), [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodePrompts, type Prompts } from '../../../../src/engine/pipeline/prompt/prompt-context.ts'
import type { Chunk } from '../../../../src/engine/text/chunks.ts'
import { clipTokenizer } from '../../../../src/engine/text/tokenizer.ts'

const clip = clipTokenizer()

/** States of width 1 that are the ids themselves, so that contexts can be read; counts what is encoded. */
async function encoded(prompts: Partial<Prompts>) {
  const asked: Chunk[] = []
  const encode = async (chunk: Chunk) => {
    asked.push(chunk)
    return Float32Array.from(chunk.ids)
  }
  const contexts = await encodePrompts(encode, clip, { prompt: 'a cat', negative: '', calls: 4, ...prompts })
  const text = (states: Float32Array) => [...states].filter((id) => id !== clip.start && id !== clip.end)
  return {
    contexts,
    asked,
    said: contexts.map(({ parts, negative }) => ({ parts: parts.map((it) => text(it.context)), negative: text(negative) })),
  }
}

const ids = (text: string): number[] => clip.encode(text)
const words = (count: number): string => Array<string>(count).fill('cat').join(' ')

test('a prompt that does not change is one context, and each text one encode', async () => {
  const { contexts, asked, said } = await encoded({ negative: 'blurry' })
  assert.equal(new Set(contexts).size, 1)
  assert.equal(asked.length, 2)
  assert.deepEqual(said[0], { parts: [ids('a cat')], negative: ids('blurry') })
})

test('the same text as prompt and negative is encoded once', async () => {
  assert.equal((await encoded({ prompt: 'blurry', negative: 'blurry' })).asked.length, 1)
})

test('a schedule changes the prompt at its call, and each of its texts is encoded once', async () => {
  const { contexts, asked, said } = await encoded({ prompt: 'a [cat:dog:0.5]', negative: '[:blurry:3]' })
  assert.deepEqual(
    said.map(({ parts }) => parts[0]),
    [ids('a cat'), ids('a cat'), ids('a dog'), ids('a dog')],
  )
  assert.deepEqual(
    said.map(({ negative }) => negative),
    [[], [], [], ids('blurry')],
  )
  assert.equal(asked.length, 4)
  assert.equal(new Set(contexts).size, 3)
})

test('taking turns goes back to contexts that are there', async () => {
  const { contexts, asked } = await encoded({ prompt: '[cat|dog]' })
  assert.equal(asked.length, 3)
  const [cat, dog, catAgain, dogAgain] = contexts
  assert.equal(cat, catAgain)
  assert.equal(dog, dogAgain)
  assert.notEqual(cat, dog)
})

test('AND makes parts, each with its weight and its own schedule', async () => {
  const { contexts, said } = await encoded({ prompt: 'a cat AND a [red:blue:2] dog :0.6' })
  assert.deepEqual(
    contexts[0]!.parts.map(({ weight }) => weight),
    [1, 0.6],
  )
  assert.deepEqual(said[1]!.parts, [ids('a cat'), ids('a red dog')])
  assert.deepEqual(said[2]!.parts, [ids('a cat'), ids('a blue dog')])
})

test('all texts have as many chunks as the longest, whenever it comes', async () => {
  const { contexts } = await encoded({ prompt: `a cat AND [a dog:${words(100)}:3]`, negative: 'x BREAK y BREAK z' })
  for (const { parts, negative } of contexts) {
    for (const states of [negative, ...parts.map(({ context }) => context)]) assert.equal(states.length, 3 * 77)
  }
})

test('emphasis scales what is said of a word and keeps the mean of its chunk', async () => {
  const { contexts } = await encoded({ prompt: 'a (cat:1.5)' })
  const { contexts: plain } = await encoded({ prompt: 'a cat' })
  const [strong, weak] = [contexts[0]!.parts[0]!.context, plain[0]!.parts[0]!.context]
  assert.ok(Math.abs((strong[2]! / strong[1]!) * (weak[1]! / weak[2]!) - 1.5) < 1e-5)
  const mean = (values: Float32Array): number => values.reduce((a, b) => a + b) / values.length
  assert.ok(Math.abs(mean(strong) / mean(weak) - 1) < 1e-5)
})

test('a word of a textual inversion takes as many places as it has vectors', async () => {
  const { asked } = await encoded({ prompt: 'a Bad-Hands cat', vectors: new Map([['bad-hands', 3]]) })
  const { ids: found, embeddings } = asked.at(-1)!
  assert.deepEqual([...found.subarray(0, 7)], [clip.start, ...ids('a'), 0, 0, 0, ...ids('cat'), clip.end])
  assert.deepEqual(
    embeddings.map(({ at, word, index }) => [at, word, index]),
    [
      [2, 'bad-hands', 0],
      [3, 'bad-hands', 1],
      [4, 'bad-hands', 2],
    ],
  )
})

test('more parts or chunks than anybody means are refused before anything is encoded', async () => {
  await assert.rejects(encoded({ prompt: Array<string>(9).fill('a cat').join(' AND ') }), {
    name: 'UserError',
    code: 'prompt-parts',
    message: 'AND joins at most 8 parts of a prompt, not 9.',
  })
  await assert.rejects(encoded({ negative: words(601) }), {
    name: 'UserError',
    code: 'prompt-long',
    message: /at most 600 tokens, .* takes 9 chunks/,
  })
  assert.equal((await encoded({ negative: words(600) })).contexts[0]!.negative.length, 8 * 77)
})
